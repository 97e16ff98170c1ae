use super::{issuing_topics::ANSWERS, own_topics::may_subscribe, peer::Peer, session::Session, twin::DESIRED};
use crate::journal::Entry;
use mqtt_protocol_core::mqtt::{
    packet::{Qos, SubEntry},
    result_code::SubackReturnCode,
};

impl Session<'_> {
    pub(super) fn subscribe(&mut self, entry: &SubEntry) -> SubackReturnCode {
        let filter = entry.topic_filter();
        // The provisioning service supports this subscription only.
        if matches!(self.peer, Peer::Dps(_)) && filter != "$dps/registrations/res/#" {
            return SubackReturnCode::Failure;
        }
        if let Peer::Hub(client) = &self.peer
            && !may_subscribe(&client.admission.identity, filter)
        {
            let identity = client.admission.identity.to_string();
            self.shared.note(Entry::NotGranted { identity, filter: filter.into() });
            return SubackReturnCode::Failure;
        }
        // The services do not support QoS 2.
        let (qos, granted) = match entry.sub_opts().qos() {
            Qos::AtMostOnce => (Qos::AtMostOnce, SubackReturnCode::SuccessMaximumQos0),
            _ => (Qos::AtLeastOnce, SubackReturnCode::SuccessMaximumQos1),
        };
        if !self.subscriptions.add(filter, qos) {
            return SubackReturnCode::Failure;
        }
        // What waits for a subscription is sent now.
        self.changes = 0;
        if let Peer::Hub(client) = &self.peer
            && filter == ANSWERS
            && !self.is_clean
        {
            self.shared.seen().subscribed.insert(client.admission.identity.to_string());
        }
        if filter == DESIRED {
            self.begin_following();
        }
        granted
    }
}
