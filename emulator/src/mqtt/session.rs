//! One MQTT connection: TLS, a CONNECT, its answer, and then requests to a hub or to the provisioning service.

use super::{
    issuing_topics::{ANSWERS, Placed},
    peer::{Peer, Presence},
    subscriptions::Subscriptions,
};
use crate::{
    journal::Entry,
    service::{Letter, Message, Shared},
    wire::{Came, PATIENCE, Wire},
};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, role},
    packet::{GenericPacketTrait as _, Packet, Qos, SubEntry, v3_1_1},
    result_code::MqttError,
};
use std::time::{Duration, Instant};

/// The largest packet that is read, as of the service's messages.
const PACKET_LIMIT: u32 = 256 * 1024;

/// How many messages may be without an acknowledgement.
const UNACKNOWLEDGED: usize = 64;

/// Serves one connection to its end. An error is the reason why there was no login.
pub(crate) fn serve(wire: Box<dyn Wire + '_>, shared: &Shared) -> Result<(), String> {
    Session::new(wire, shared).run()
}

pub(super) struct Session<'a> {
    pub(super) wire: Box<dyn Wire + 'a>,
    mqtt: Connection<role::Server>,
    pub(super) shared: &'a Shared,
    pub(super) peer: Peer,
    pub(super) subscriptions: Subscriptions,
    /// Whether the CONNECT was answered, with a refusal or without.
    pub(super) answered: bool,
    /// The version of the desired properties that the client was sent last.
    pub(super) desired: u64,
    /// Where a `$version` stands in the topics of a renewal.
    pub(super) version: Placed,
    /// Whether the session ends with its connection.
    pub(super) is_clean: bool,
    /// Of a client by MQTT 5.
    pub(super) presence: Option<Presence>,
    /// The message of its will, until it disconnects in order.
    pub(super) will: Option<Message>,
    /// The messages from the cloud that wait for an acknowledgement, in their order.
    pub(super) letters: Vec<(u16, Letter)>,
    /// The count of changes of the state when it was looked at last.
    pub(super) changes: u64,
    unacknowledged: usize,
    /// How long the client may send nothing.
    pub(super) patience: Duration,
    /// When the client must have sent something.
    deadline: Instant,
}

/// Whether to continue.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Next {
    Listen,
    Close,
}

impl<'a> Session<'a> {
    fn new(wire: Box<dyn Wire + 'a>, shared: &'a Shared) -> Self {
        let options = ConnectionOptions::new().maximum_packet_size_recv(PACKET_LIMIT);
        let mut mqtt = Connection::with_options(Version::Undetermined, options);
        mqtt.set_auto_ping_response(true);
        Self {
            wire,
            mqtt,
            shared,
            peer: Peer::Nobody,
            subscriptions: Subscriptions::default(),
            answered: false,
            desired: 0,
            version: Placed::default(),
            is_clean: true,
            presence: None,
            will: None,
            letters: Vec::new(),
            changes: 0,
            unacknowledged: 0,
            patience: PATIENCE,
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// Ends without an error once the CONNECT was answered.
    fn run(mut self) -> Result<(), String> {
        let mut buffer = [0; 8192];
        let reason = loop {
            if self.shared.stops() {
                break "the emulator stops".into();
            }
            if Instant::now() >= self.deadline {
                const SILENT: &str = "it sent nothing for one and a half times its keep-alive";
                match &self.peer {
                    Peer::Hub(_) if self.presence.is_some() => drop(self.disconnect_v5(0x8d, SILENT)),
                    Peer::Hub(client) => drop(self.end(&client.admission.identity, SILENT)),
                    Peer::Dps(_) | Peer::Nobody => {}
                }
                break "the client sent nothing for too long".into();
            }
            let next = match self.wire.read(&mut buffer) {
                Ok(Came::Bytes(count)) => self.take(buffer.get(..count).unwrap_or_default()),
                Ok(Came::Nothing) => Ok(Next::Listen),
                Err(reason) => Err(reason),
            };
            match next.and_then(|next| if next == Next::Close { Ok(next) } else { self.tick() }) {
                Ok(Next::Listen) => {}
                Ok(Next::Close) => break "the client disconnected before its login".into(),
                Err(reason) => break reason,
            }
        };
        self.leave();
        self.wire.close();
        if self.answered { Ok(()) } else { Err(reason) }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Next, String> {
        let mut cursor = Cursor::new(bytes);
        while cursor.position() < bytes.len() as u64 {
            let events = self.mqtt.recv(&mut cursor);
            if self.act(events)? == Next::Close {
                return Ok(Next::Close);
            }
        }
        Ok(Next::Listen)
    }

    fn act(&mut self, events: Vec<Event>) -> Result<Next, String> {
        let mut next = Next::Listen;
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => self.wire.write(&packet.to_continuous_buffer())?,
                Event::NotifyPacketReceived(packet) => {
                    next = next.max(self.received(packet)?);
                    self.deadline = Instant::now() + self.patience;
                }
                Event::NotifyError(MqttError::UnsupportedProtocolVersion) if !self.answered => {
                    // A CONNACK of MQTT 3.1.1: the version is not supported.
                    self.wire.write(&[0x20, 2, 0, 1])?;
                    return Err("the client speaks neither MQTT 3.1.1 nor MQTT 5".into());
                }
                Event::NotifyError(error) => return Err(format!("this is neither MQTT 3.1.1 nor MQTT 5: {error:?}")),
                Event::RequestClose => next = Next::Close,
                _ => {}
            }
        }
        Ok(next)
    }

    fn received(&mut self, packet: Packet) -> Result<Next, String> {
        self.shared.asked(named(&packet));
        let next = self.taken(packet);
        self.shared.asked(None);
        next
    }

    fn taken(&mut self, packet: Packet) -> Result<Next, String> {
        match packet {
            Packet::V3_1_1Connect(connect) => self.connect(&connect),
            Packet::V3_1_1Subscribe(subscribe) => {
                let granted = subscribe.entries().iter().map(|entry| self.subscribe(entry)).collect();
                let answer = v3_1_1::Suback::builder().packet_id(subscribe.packet_id()).return_codes(granted).build();
                self.send(answer.map_err(|error| format!("{error:?}"))?.into())
            }
            Packet::V3_1_1Unsubscribe(unsubscribe) => {
                for filter in unsubscribe.entries() {
                    self.subscriptions.remove(filter.as_str());
                    if let Peer::Hub(client) = &self.peer
                        && filter.as_str() == ANSWERS
                    {
                        self.shared.seen().subscribed.remove(&client.admission.identity.to_string());
                    }
                }
                let answer = v3_1_1::Unsuback::builder().packet_id(unsubscribe.packet_id()).build();
                self.send(answer.map_err(|error| format!("{error:?}"))?.into())
            }
            Packet::V3_1_1Publish(publish) => match &self.peer {
                Peer::Hub(client) => self.published(&client.clone(), &publish),
                Peer::Dps(_) => {
                    self.acknowledge(&publish)?;
                    self.provision(&publish)
                }
                Peer::Nobody => Ok(Next::Listen),
            },
            Packet::V3_1_1Puback(puback) => {
                self.unacknowledged = self.unacknowledged.saturating_sub(1);
                self.letters.retain(|(id, _)| *id != puback.packet_id());
                // There is room for another one.
                self.changes = 0;
                Ok(Next::Listen)
            }
            Packet::V3_1_1Disconnect(_) => {
                self.will = None;
                Ok(Next::Close)
            }
            other => self.received_v5(other),
        }
    }

    /// The engine's own acknowledgement panics for the packet identifier 0. A PUBLISH at `QoS` 2 ends the connection.
    pub(super) fn acknowledge(&mut self, publish: &v3_1_1::Publish) -> Result<Next, String> {
        match (publish.qos(), publish.packet_id()) {
            (Qos::AtMostOnce, _) => Ok(Next::Listen),
            (Qos::AtLeastOnce, Some(id)) => {
                let answer = v3_1_1::Puback::builder().packet_id(id).build();
                self.send(answer.map_err(|error| format!("{error:?}"))?.into())
            }
            _ => Err("the services do not support QoS 2".into()),
        }
    }

    /// Sends what the client has not requested.
    fn tick(&mut self) -> Result<Next, String> {
        match &self.peer {
            Peer::Hub(client) if self.presence.is_some() => self.follow_v5(&client.clone()),
            Peer::Hub(client) => self.follow(&client.clone()),
            Peer::Dps(_) | Peer::Nobody => Ok(Next::Listen),
        }
    }

    /// Publishes if the client has subscribed to the topic.
    pub(super) fn publish(&mut self, topic: &str, payload: &str) -> Result<Next, String> {
        let Some(qos) = self.subscriptions.granted(topic) else {
            self.shared.note(Entry::Unheard { topic: topic.into() });
            return Ok(Next::Listen);
        };
        self.publish_at(qos, topic, payload.as_bytes()).map(|_| Next::Listen)
    }

    /// Publishes, and returns the packet identifier if it is to be acknowledged.
    pub(super) fn publish_at(&mut self, qos: Qos, topic: &str, payload: &[u8]) -> Result<Option<u16>, String> {
        let wrong = |error| format!("{error:?}");
        let publish = v3_1_1::Publish::builder().topic_name(topic).map_err(wrong)?.payload(payload.to_vec()).qos(qos);
        if qos == Qos::AtMostOnce {
            return self.send(publish.build().map_err(wrong)?.into()).map(|_| None);
        }
        self.unacknowledged += 1;
        if self.unacknowledged > UNACKNOWLEDGED {
            return Err("the client does not acknowledge messages".into());
        }
        let id = self.mqtt.acquire_packet_id().map_err(wrong)?;
        self.send(publish.packet_id(id).build().map_err(wrong)?.into())?;
        Ok(Some(id))
    }

    pub(super) fn send(&mut self, packet: Packet) -> Result<Next, String> {
        let events = self.mqtt.send(packet);
        self.act(events)
    }
}

/// What a packet is called in the journal. Those that carry nothing but an acknowledgement have no entry.
fn named(packet: &Packet) -> Option<String> {
    let filters = |word: &str, filters: Vec<&str>| Some(format!("{word} {}", filters.join(" ")));
    match packet {
        Packet::V3_1_1Connect(connect) => Some(format!("CONNECT {}", connect.client_id())),
        Packet::V5_0Connect(connect) => Some(format!("CONNECT {}", connect.client_id())),
        Packet::V3_1_1Publish(publish) => Some(format!("PUBLISH {}", publish.topic_name())),
        Packet::V5_0Publish(publish) => Some(format!("PUBLISH {}", publish.topic_name())),
        Packet::V3_1_1Subscribe(subscribe) => {
            filters("SUBSCRIBE", subscribe.entries().iter().map(SubEntry::topic_filter).collect())
        }
        Packet::V5_0Subscribe(subscribe) => {
            filters("SUBSCRIBE", subscribe.entries().iter().map(SubEntry::topic_filter).collect())
        }
        _ => None,
    }
}
