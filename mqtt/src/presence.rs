//! The login at a hub with the connection profile `mqttV5`, as the library's
//! [`presence`](defender_auth::mqtt::presence) has it.

use crate::{
    EARLY_LIMIT, Error,
    link::Link,
    packets::{self, Published},
};
use defender_auth::{
    identity::Identity,
    mqtt::{
        ReasonCode,
        presence::{Announcing, Birth, Connecting, Correlation, Incoming, SESSION_EXPIRY, TYPE},
    },
};
use mqtt_protocol_core::mqtt::{
    packet::{CorrelationData, Packet, Property, Qos, SessionExpiryInterval, SubEntry, SubOpts, UserProperty, v5_0},
    result_code::MqttError,
};

/// The part of a login that the hub has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Subscription,
    Birth,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Birth => "birth",
        }
    }
}

/// Logs in until the hub has acknowledged the birth. Messages that arrive before that are kept. Returns the keep-alive interval
/// in seconds, which the hub may set.
pub(crate) fn log_in(link: &mut Link, identity: &Identity, entropy: [u8; 16], keep_alive: u16) -> Result<u16, Error> {
    let correlation = Correlation::from_entropy(entropy);
    let connecting = Connecting::new(identity, correlation).ok_or(Error::ProfileWithoutModules)?;
    link.send(connect(&connecting, keep_alive).map_err(unsendable("CONNECT"))?)?;
    let (session_present, keep_alive) = match link.receive()? {
        Packet::V5_0Connack(answer) => {
            let reason = ReasonCode::new(answer.reason_code() as u8);
            if reason.is_error() {
                return Err(Error::Rejected { place: link.place.clone(), reason });
            }
            let own = answer.props().iter().find_map(|property| match property {
                Property::ServerKeepAlive(seconds) => Some(seconds.val()),
                _ => None,
            });
            (answer.session_present(), own.unwrap_or(keep_alive))
        }
        _ => return Err(link.protocol()),
    };
    let subscribing = connecting.accepted(session_present);
    let mut early = Vec::new();
    let result = subscribe(link, &subscribing.topic(), &mut early)
        .and_then(|()| announce(link, &subscribing.granted(), &mut early));
    early.into_iter().rev().for_each(|packet| link.inbox.push_front(packet));
    result.map(|()| keep_alive)
}

fn connect(connecting: &Connecting, keep_alive: u16) -> Result<Packet, MqttError> {
    let connect = v5_0::Connect::builder()
        .client_id(connecting.client_id.as_str())?
        .user_name(connecting.user_name.as_str())?
        .clean_start(false)
        .keep_alive(keep_alive)
        .props(vec![SessionExpiryInterval::new(SESSION_EXPIRY)?.into()]);
    Ok(connect.build()?.into())
}

fn subscribe(link: &mut Link, topic: &str, early: &mut Vec<Packet>) -> Result<(), Error> {
    let entry = SubEntry::new(topic, SubOpts::new().set_qos(Qos::AtLeastOnce)).map_err(unsendable("topic"))?;
    let id = link.mqtt.acquire_packet_id().map_err(unsendable("topic"))?;
    let packet = packets::subscribe(link.version, entry, id).map_err(unsendable("topic"))?;
    let answered = |packet: &Packet| packets::granted(packet).filter(|(answered, _)| *answered == id);
    match exchange(link, packet, Part::Subscription, early, |packet| answered(packet).map(Ok))? {
        (_, true) => Ok(()),
        (_, false) => Err(Error::NotSubscribed { place: link.place.clone(), topic: topic.into() }),
    }
}

fn announce(link: &mut Link, announcing: &Announcing, early: &mut Vec<Packet>) -> Result<(), Error> {
    let packet = birth(announcing.birth()).map_err(unsendable("birth"))?;
    let answered = |packet: &Packet| {
        let message = Published::of(packet)?;
        let Published { topic, payload, .. } = message;
        let (kind, correlation) = (message.user_property(TYPE), message.correlation());
        announcing.received(&Incoming { topic, kind, correlation, payload })
    };
    exchange(link, packet, Part::Birth, early, |packet| answered(packet).map(|read| read.map_err(|_| Error::Presence)))
        .map(drop)
}

fn birth(birth: Birth) -> Result<Packet, MqttError> {
    let Birth { topic, kind, correlation, payload, .. } = birth;
    let properties =
        vec![CorrelationData::new(correlation.as_bytes().to_vec())?.into(), UserProperty::new(TYPE, kind)?.into()];
    packets::publish_with(&topic, payload, None, properties)
}

/// Sends a packet and waits for its answer, for the profile's own time.
fn exchange<T>(
    link: &mut Link,
    packet: Packet,
    part: Part,
    early: &mut Vec<Packet>,
    answer: impl Fn(&Packet) -> Option<Result<T, Error>>,
) -> Result<T, Error> {
    link.begin_within(link.limits.presence);
    link.send(packet)?;
    loop {
        let packet = link.receive().map_err(|error| match error {
            Error::Silent { place, limit } => Error::NotAcknowledged { place, part: part.name(), limit },
            other => other,
        })?;
        match answer(&packet) {
            Some(answer) => return answer,
            None => early.push(packet),
        }
        if early.len() > EARLY_LIMIT {
            return Err(link.too_many());
        }
    }
}

fn unsendable(field: &'static str) -> impl Fn(MqttError) -> Error {
    move |_| Error::Unsendable { field }
}
