use super::{Peer, Session};
use mqtt_protocol_core::mqtt::{
    packet::{Qos, SubEntry},
    result_code::SubackReturnCode,
};

/// As many filters are kept.
const LIMIT: usize = 64;

/// The filters that a client has subscribed to.
#[derive(Default)]
pub(crate) struct Subscriptions(Vec<(String, Qos)>);

impl Subscriptions {
    /// `false` when there are too many.
    pub(crate) fn add(&mut self, filter: &str, qos: Qos) -> bool {
        self.remove(filter);
        let has_room = self.0.len() < LIMIT;
        if has_room {
            self.0.push((filter.into(), qos));
        }
        has_room
    }

    pub(crate) fn remove(&mut self, filter: &str) {
        self.0.retain(|(known, _)| known != filter);
    }

    /// The quality of service that a message on this topic has, if anybody wants it.
    pub(crate) fn granted(&self, topic: &str) -> Option<Qos> {
        let found = self.0.iter().find(|(filter, _)| match filter.strip_suffix('#') {
            Some(prefix) if prefix.ends_with('/') => topic.starts_with(prefix),
            _ => filter == topic,
        });
        found.map(|(_, qos)| *qos)
    }
}

impl Session<'_> {
    pub(super) fn subscribe(&mut self, entry: &SubEntry) -> SubackReturnCode {
        let filter = entry.topic_filter();
        // The provisioning service has one thing to subscribe to.
        if matches!(self.peer, Peer::Dps(_)) && filter != "$dps/registrations/res/#" {
            return SubackReturnCode::Failure;
        }
        // The services know no higher quality than this one.
        let (qos, granted) = match entry.sub_opts().qos() {
            Qos::AtMostOnce => (Qos::AtMostOnce, SubackReturnCode::SuccessMaximumQos0),
            _ => (Qos::AtLeastOnce, SubackReturnCode::SuccessMaximumQos1),
        };
        if !self.subscriptions.add(filter, qos) {
            return SubackReturnCode::Failure;
        }
        if filter == super::twin::DESIRED {
            self.begin_following();
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_what_lies_below_them() {
        let mut subscriptions = Subscriptions::default();
        assert!(subscriptions.add("$iothub/twin/res/#", Qos::AtLeastOnce));
        assert!(subscriptions.add("a", Qos::AtMostOnce));
        assert_eq!(subscriptions.granted("$iothub/twin/res/200/?$rid=1"), Some(Qos::AtLeastOnce));
        assert_eq!(subscriptions.granted("a"), Some(Qos::AtMostOnce));
        assert_eq!(subscriptions.granted("a/b"), None);
        subscriptions.remove("a");
        assert_eq!(subscriptions.granted("a"), None);
        for i in 0..2 * LIMIT {
            assert_eq!(subscriptions.add(&i.to_string(), Qos::AtMostOnce), i < LIMIT - 1);
        }
    }
}
