//! The login at a hub with the connection profile `mqttV5`, as the library's
//! [`presence`](defender_auth::mqtt::presence) has it.

use crate::{
    EARLY_LIMIT, Error,
    limits::{Deadline, quiet},
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
use std::time::Duration;

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
    let mut waiting = Waiting { link, quiet: quiet(keep_alive), early: Vec::new() };
    let result = waiting.subscribe(&subscribing.topic()).and_then(|()| waiting.announce(&subscribing.granted()));
    let Waiting { link, early, .. } = waiting;
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

/// The login after the CONNACK.
struct Waiting<'a> {
    link: &'a mut Link,
    /// The time without a packet after which a PINGREQ is sent.
    quiet: Duration,
    /// What has arrived beside the answers.
    early: Vec<Packet>,
}

impl Waiting<'_> {
    fn subscribe(&mut self, topic: &str) -> Result<(), Error> {
        let entry = SubEntry::new(topic, SubOpts::new().set_qos(Qos::AtLeastOnce)).map_err(unsendable("topic"))?;
        let id = self.link.mqtt.acquire_packet_id().map_err(unsendable("topic"))?;
        let packet = packets::subscribe(self.link.version, entry, id).map_err(unsendable("topic"))?;
        let answered = |packet: &Packet| packets::granted(packet).filter(|(answered, _)| *answered == id);
        match self.exchange(packet, Part::Subscription, |packet| answered(packet).map(Ok))? {
            (_, true) => Ok(()),
            (_, false) => Err(Error::NotSubscribed { place: self.link.place.clone(), topic: topic.into() }),
        }
    }

    fn announce(&mut self, announcing: &Announcing) -> Result<(), Error> {
        let packet = birth(announcing.birth()).map_err(unsendable("birth"))?;
        let answered = |packet: &Packet| {
            let message = Published::of(packet)?;
            let Published { topic, payload, .. } = message;
            let (kind, correlation) = (message.user_property(TYPE), message.correlation());
            announcing.received(&Incoming { topic, kind, correlation, payload })
        };
        self.exchange(packet, Part::Birth, |packet| answered(packet).map(|read| read.map_err(|_| Error::Presence)))
            .map(drop)
    }

    /// Sends a packet and waits for its answer, for the profile's own time.
    fn exchange<T>(
        &mut self,
        packet: Packet,
        part: Part,
        answer: impl Fn(&Packet) -> Option<Result<T, Error>>,
    ) -> Result<T, Error> {
        let limit = self.link.limits.presence;
        let deadline = Deadline::after(limit);
        self.link.begin_within(limit);
        self.link.send(packet)?;
        loop {
            let Some(left) = deadline.left() else {
                return Err(Error::NotAcknowledged { place: self.link.place.clone(), part: part.name(), limit });
            };
            self.link.begin_within(left.min(self.quiet));
            let packet = match self.link.receive() {
                // Either the whole time has passed, or it is time to show that the client is there.
                Err(Error::Silent { .. }) if deadline.left().is_none() => continue,
                Err(Error::Silent { .. }) => {
                    self.link.begin_within(left);
                    self.link.send(packets::ping(self.link.version))?;
                    continue;
                }
                received => received?,
            };
            match answer(&packet) {
                Some(answer) => return answer,
                None => self.early.push(packet),
            }
            if self.early.len() > EARLY_LIMIT {
                return Err(self.link.too_many());
            }
        }
    }
}

fn birth(birth: Birth) -> Result<Packet, MqttError> {
    let Birth { topic, kind, correlation, payload, .. } = birth;
    let properties =
        vec![CorrelationData::new(correlation.as_bytes().to_vec())?.into(), UserProperty::new(TYPE, kind)?.into()];
    packets::publish_with(&topic, payload, None, properties)
}

fn unsendable(field: &'static str) -> impl Fn(MqttError) -> Error {
    move |_| Error::Unsendable { field }
}
