//! Clients of a hub with the profile `mqttV5`: MQTT 5, a login by certificate, a subscription, and a birth that is
//! acknowledged.

use super::{
    keep_alive::patience,
    peer::{Client, Peer, Presence},
    protobuf::{Birth, acknowledgement},
    session::{Next, Session},
};
use crate::{
    fault::{Fault, Operation},
    hub::{self, Certified, Identity},
    journal::{Entry, Refusal},
    service::{Message, Standing},
};
use mqtt_protocol_core::mqtt::{
    packet::{CorrelationData, Packet, Property, Qos, UserProperty, v5_0},
    prelude::PropertyValueAccess as _,
    result_code::{ConnectReasonCode, DisconnectReasonCode, MqttError, SubackReasonCode, UnsubackReasonCode},
};

/// The user property that tells what a message is.
const TYPE: &str = "type";

impl Session<'_> {
    /// A packet of MQTT 5.
    pub(super) fn received_v5(&mut self, packet: Packet) -> Result<Next, String> {
        match packet {
            Packet::V5_0Connect(connect) => self.connect_v5(&connect),
            Packet::V5_0Subscribe(subscribe) => self.subscribe_v5(&subscribe),
            Packet::V5_0Unsubscribe(unsubscribe) => self.unsubscribe_v5(&unsubscribe),
            Packet::V5_0Publish(publish) => self.published_v5(&publish),
            Packet::V5_0Disconnect(_) => Ok(Next::Close),
            _ => Ok(Next::Listen),
        }
    }

    fn connect_v5(&mut self, connect: &v5_0::Connect) -> Result<Next, String> {
        let (client_id, chain, server_name) = (connect.client_id(), self.wire.certificates(), self.wire.server_name());
        self.patience = patience(connect.keep_alive());
        let fault = self.shared.meet(Operation::Connect, &format!("connect {client_id}"));
        match fault {
            Some(Fault::Status(_) | Fault::StatusRetryAfter(..)) => return self.answer_v5(0x88, false),
            Some(Fault::Connack(code)) => return self.answer_v5(code, false),
            Some(Fault::Truncated | Fault::ResetMidBody) => {
                self.answered = true;
                // The first half of a CONNACK.
                self.wire.write(&[0x20, 3])?;
                return Ok(Next::Close);
            }
            Some(Fault::Stall(time)) => self.shared.wait(time),
            _ => {}
        }
        let login = Certified {
            server_name: server_name.as_deref(),
            client_id,
            user_name: connect.user_name(),
            password: connect.password(),
            chain: &chain,
        };
        let now = self.shared.clock.now().seconds();
        let decision = {
            let state = self.shared.seen();
            let is_dps = |name: &str| state.dps.as_ref().is_some_and(|dps| dps.host_name.eq_ignore_ascii_case(name));
            match server_name.as_deref().filter(|name| is_dps(name)) {
                Some(_) => Err(Refusal::Profile),
                None => hub::log_in_certified(&state.hubs, now, &login),
            }
        };
        // The journal first: a client that has the answer finds the entry.
        match decision {
            Err(reason) => {
                let code = reason.reason_code();
                self.shared.note(Entry::Rejected { client_id: client_id.into(), code, reason });
                self.answer_v5(code, false)
            }
            Ok((admission, nonce)) => {
                let owner = admission.identity.to_string();
                let expiry = u64::from(session_expiry(connect));
                let kept = self.shared.seen().sessions.remove(&owner);
                let session = kept.filter(|(until, _)| *until > now && !connect.clean_start());
                self.presence = Some(Presence {
                    nonce,
                    session_present: session.is_some(),
                    expiry,
                    subscribed: session.is_some_and(|(_, subscribed)| subscribed),
                });
                self.peer = self.admit(admission);
                self.answer_v5(0, session.is_some())
            }
        }
    }

    fn answer_v5(&mut self, code: u8, session_present: bool) -> Result<Next, String> {
        self.answered = true;
        let Ok(reason_code) = ConnectReasonCode::try_from(code) else {
            // A code that the standard does not have for a CONNACK.
            self.wire.write(&[0x20, 3, 0, code, 0])?;
            return Ok(Next::Close);
        };
        let answer = v5_0::Connack::builder().session_present(session_present).reason_code(reason_code).build();
        self.send(answer.map_err(wrong)?.into())?;
        Ok(if code == 0 { Next::Listen } else { Next::Close })
    }

    fn subscribe_v5(&mut self, subscribe: &v5_0::Subscribe) -> Result<Next, String> {
        let Some(identity) = self.identity() else { return Ok(Next::Close) };
        let own = format!("ih/{}/dev/", identity.device);
        let fault = self.shared.meet(Operation::Subscribe, &format!("subscribe of {identity}"));
        let refusal = match fault {
            Some(Fault::NoAnswer) => return Ok(Next::Listen),
            Some(Fault::Disconnect(code)) => return self.disconnect_v5(code, "it was requested"),
            Some(Fault::Suback(code)) => Some(code),
            Some(Fault::Stall(time)) => {
                self.shared.wait(time);
                None
            }
            _ => None,
        };
        let mut codes = Vec::new();
        for entry in subscribe.entries() {
            let filter = entry.topic_filter();
            let code = match refusal {
                Some(code) => code,
                // Of a hub's topics these are the ones for the device.
                None if !filter.starts_with(&own) => 0x87,
                None => entry.sub_opts().qos().min(Qos::AtLeastOnce) as u8,
            };
            let rest = filter.strip_prefix(&own);
            let covers = code < 0x80 && matches!(rest, Some("#" | "presence"));
            if let Some(presence) = self.presence.as_mut().filter(|_| covers) {
                presence.subscribed = true;
            }
            codes.push(SubackReasonCode::try_from(code).map_err(|_| "a SUBACK has no such code")?);
        }
        let answer = v5_0::Suback::builder().packet_id(subscribe.packet_id()).reason_codes(codes).build();
        self.send(answer.map_err(wrong)?.into())
    }

    fn unsubscribe_v5(&mut self, unsubscribe: &v5_0::Unsubscribe) -> Result<Next, String> {
        let codes = unsubscribe.entries().iter().map(|_| UnsubackReasonCode::Success).collect();
        if let Some(presence) = &mut self.presence {
            presence.subscribed = false;
        }
        let answer = v5_0::Unsuback::builder().packet_id(unsubscribe.packet_id()).reason_codes(codes).build();
        self.send(answer.map_err(wrong)?.into())
    }

    fn published_v5(&mut self, publish: &v5_0::Publish) -> Result<Next, String> {
        let Some(identity) = self.identity() else { return Ok(Next::Close) };
        let topic = publish.topic_name();
        let Some(rest) = topic.strip_prefix(&format!("ih/{}/srv/", identity.device)) else {
            return self.disconnect_v5(0x90, &format!("it published to {topic:?}, which is not a topic of its own"));
        };
        match (publish.qos(), publish.packet_id()) {
            (Qos::AtMostOnce, _) => {}
            (Qos::AtLeastOnce, Some(id)) => {
                let answer = v5_0::Puback::builder().packet_id(id).build();
                self.send(answer.map_err(wrong)?.into())?;
            }
            _ => return self.disconnect_v5(0x9b, "it published at QoS 2, which hubs do not support"),
        }
        if rest == "presence" {
            return self.birth(&identity, publish);
        }
        let payload = publish.payload().as_slice().to_vec();
        let (properties, bytes) = (rest.to_owned(), payload.len());
        let now = self.shared.clock.now();
        self.shared.seen().messages.add(&identity, Message::new(properties.clone(), payload), now);
        self.shared.note(Entry::Received { identity: identity.to_string(), properties, bytes });
        Ok(Next::Listen)
    }

    fn birth(&mut self, identity: &Identity, publish: &v5_0::Publish) -> Result<Next, String> {
        let kind = publish.props().iter().filter_map(Property::as_key_value).find(|(name, _)| *name == TYPE);
        let kind = kind.map_or("", |(_, kind)| kind);
        let version = match kind.strip_prefix("birth") {
            Some("") => "",
            Some(version) if version.starts_with(':') => version,
            // Any other message of presence.
            _ => return Ok(Next::Listen),
        };
        let correlation = publish.props().iter().find_map(|property| match property {
            Property::CorrelationData(data) => Some(data.val()),
            _ => None,
        });
        let Some(presence) = &mut self.presence else { return Ok(Next::Close) };
        if correlation != Some(presence.nonce.as_slice()) {
            return self.disconnect_v5(0x82, "its birth has another correlation than its user name");
        }
        let payload = publish.payload().as_slice();
        let Some(birth) = Birth::read(payload).filter(|it| !it.session_present || presence.session_present) else {
            return self
                .disconnect_v5(0x99, "the payload of its birth cannot be read, or claims a session that it has not");
        };
        if !presence.subscribed {
            let topic = format!("ih/{}/dev/presence", identity.device);
            self.shared.note(Entry::Unheard { topic });
            return Ok(Next::Listen);
        }
        let mut nonce = presence.nonce;
        let fault = self.shared.meet(Operation::Birth, &format!("birth of {identity}"));
        match &fault {
            Some(Fault::NoAnswer) => return Ok(Next::Listen),
            Some(Fault::Disconnect(code)) => return self.disconnect_v5(*code, "it was requested"),
            Some(Fault::OtherCorrelation) => {
                let [.., last] = &mut nonce;
                *last ^= 1;
            }
            Some(Fault::Stall(time)) => self.shared.wait(*time),
            _ => {}
        }
        let versions =
            self.shared.seen().twin_mut(identity).map(|twin| (twin.desired_version(), twin.reported_version()));
        let (desired, reported) = versions.unwrap_or((1, 1));
        let mut answer = acknowledgement(desired, reported);
        if fault == Some(Fault::Truncated) {
            answer.pop();
        }
        let said = match payload {
            [] => "no payload".to_owned(),
            _ => format!("session present {}, push {:?}", birth.session_present, birth.push),
        };
        self.shared.note(Entry::Acknowledged { identity: identity.to_string(), birth: format!("{kind}, {said}") });
        let topic = format!("ih/{}/dev/presence", identity.device);
        let properties = vec![
            UserProperty::new(TYPE, format!("birth-ack{version}").as_str()).map_err(wrong)?.into(),
            CorrelationData::new(nonce.to_vec()).map_err(wrong)?.into(),
        ];
        let publish = v5_0::Publish::builder().topic_name(topic.as_str()).map_err(wrong)?.qos(Qos::AtMostOnce);
        self.send(publish.payload(answer).props(properties).build().map_err(wrong)?.into())
    }

    /// Ends the connection of a client whose standing has changed.
    pub(super) fn follow_v5(&mut self, client: &Client) -> Result<Next, String> {
        let identity = &client.admission.identity;
        let standing = self.shared.seen().connections.standing(client.number);
        let is_there = self.shared.seen().twin_mut(identity).is_some();
        match standing {
            Standing::Replaced => self.disconnect_v5(0x8e, "a later connection has the same client ID"),
            Standing::Closing => self.disconnect_v5(0x98, "it was requested"),
            Standing::Open if !is_there => self.disconnect_v5(0x87, "it was removed or disabled"),
            Standing::Open => Ok(Next::Listen),
        }
    }

    /// Ends the connection with a reason code, and writes the reason to the journal.
    pub(super) fn disconnect_v5(&mut self, code: u8, reason: &str) -> Result<Next, String> {
        if let Some(identity) = self.identity() {
            self.end(&identity, format!("{reason} (DISCONNECT 0x{code:02X})"));
        }
        match DisconnectReasonCode::try_from(code) {
            Ok(code) => {
                let packet = v5_0::Disconnect::builder().reason_code(code).build().map_err(wrong)?;
                self.send(packet.into())?;
            }
            // A code that the standard does not have for a DISCONNECT.
            Err(_) => self.wire.write(&[0xe0, 1, code])?,
        }
        Ok(Next::Close)
    }

    /// Keeps the session of a client that has ended, for as long as it has asked.
    pub(super) fn keep_session(&self, identity: &Identity) {
        if let Some(presence) = self.presence.as_ref().filter(|presence| presence.expiry > 0) {
            let until = self.shared.clock.now().seconds().saturating_add(presence.expiry);
            self.shared.seen().sessions.insert(identity.to_string(), (until, presence.subscribed));
        }
    }

    fn identity(&self) -> Option<Identity> {
        match &self.peer {
            Peer::Hub(client) => Some(client.admission.identity.clone()),
            Peer::Dps(_) | Peer::Nobody => None,
        }
    }
}

/// The session expiry interval in seconds.
fn session_expiry(connect: &v5_0::Connect) -> u32 {
    let expiry = connect.props().iter().find_map(|property| match property {
        Property::SessionExpiryInterval(seconds) => Some(seconds.val()),
        _ => None,
    });
    expiry.unwrap_or(0)
}

fn wrong(error: MqttError) -> String {
    format!("{error:?}")
}
