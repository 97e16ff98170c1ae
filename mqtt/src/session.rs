use crate::{
    Dial, Error, Login, Proof, Transport,
    link::Link,
    packets::{self, Published},
    presence,
};
use defender_auth::{
    identity::Identity,
    mqtt::{Connect, ConnectRefused},
    tls::{Roots, client_config, client_config_with},
};
use mqtt_protocol_core::mqtt::{
    Version,
    packet::{Packet, Qos, v3_1_1},
};
use rustls::ClientConfig;

/// The largest packet that is read, in bytes. A hub's messages are no larger.
pub const PACKET_LIMIT: usize = 256 * 1024;

/// How many packets may arrive before the one that is waited for. Messages among them are kept.
pub const EARLY_LIMIT: usize = 64;

/// An accepted login.
pub struct Session {
    pub(crate) link: Link,
    transport: Transport,
    /// In seconds; 0 without one.
    #[cfg_attr(not(feature = "driver"), expect(dead_code, reason = "a driver sends the packets that keep it alive"))]
    pub(crate) keep_alive: u16,
}

/// What a server published.
#[derive(Debug)]
pub struct Message {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
}

impl Message {
    /// The message of a packet, if it is one.
    pub(crate) fn of(packet: &Packet) -> Option<Self> {
        let Published { topic, payload, .. } = Published::of(packet)?;
        Some(Self { topic: topic.into(), payload: payload.to_vec() })
    }
}

impl Session {
    /// Connects, verifies the server, logs in and waits for its answer; at a hub with the profile `mqttV5`, until it has
    /// acknowledged the birth.
    ///
    /// # Errors
    /// When the server is not reached, cannot be verified, does not answer in time, or refuses the connection; and when the
    /// profile has no login by this proof.
    pub fn open<'a, 'b>(
        login: impl Into<Login<'a>>,
        proof: impl Into<Proof<'b>>,
        dial: &Dial,
        roots: Roots<'_>,
    ) -> Result<Self, Error> {
        let (login, proof) = (login.into(), proof.into());
        login.check(proof)?;
        let packet = match login {
            Login::Classic(connect) => Greeting::Classic(connect_packet(connect, proof, dial.keep_alive)?),
            Login::MqttV5(identity) => Greeting::MqttV5(identity),
        };
        let config = match proof {
            Proof::Token(_) => client_config(roots)?,
            Proof::Certificate(certificate) => client_config_with(roots, certificate)?,
        };
        Self::reach(login.host().as_str(), &packet, dial, &config).map_err(|error| match (error, proof) {
            (Error::TlsFailed { place, failure }, Proof::Certificate(certificate)) => {
                Error::TlsFailed { place, failure: failure.with_client_certificate(certificate, dial.now()) }
            }
            (error, _) => error,
        })
    }

    /// By the transport that is set, or by one after the other.
    fn reach(host: &str, greeting: &Greeting<'_>, dial: &Dial, config: &ClientConfig) -> Result<Self, Error> {
        if dial.transport != Transport::Auto {
            return Self::greet(host, greeting, dial, config);
        }
        let half = |transport| dial.clone().with_transport(transport).with_limits(dial.limits.halved());
        let mut result = Self::greet(host, greeting, &half(Transport::Mqtt), config).or_else(|mqtt| {
            if !mqtt.is_about_the_way() {
                return Err(mqtt);
            }
            Self::greet(host, greeting, &half(Transport::WebSocket), config).map_err(|error| {
                if !error.is_about_the_way() {
                    return error;
                }
                Error::NoTransport { mqtt: Box::new(mqtt), websocket: Box::new(error) }
            })
        });
        if let Ok(session) = &mut result {
            session.link.limits = dial.limits;
        }
        result
    }

    fn greet(host: &str, greeting: &Greeting<'_>, dial: &Dial, config: &ClientConfig) -> Result<Self, Error> {
        let transport = dial.transport;
        let packet = match greeting {
            Greeting::Classic(packet) => packet,
            Greeting::MqttV5(identity) => {
                let mut entropy = [0; 16];
                let filled = config.crypto_provider().secure_random.fill(&mut entropy);
                filled.map_err(|_| Error::NoEntropy)?;
                let mut link = Link::open(host, dial, config.clone(), Version::V5_0)?;
                let keep_alive = presence::log_in(&mut link, identity, entropy, dial.keep_alive)?;
                return Ok(Self { link, transport, keep_alive });
            }
        };
        let mut link = Link::open(host, dial, config.clone(), Version::V3_1_1)?;
        link.send(packet.clone().into())?;
        match link.receive()? {
            Packet::V3_1_1Connack(answer) => match ConnectRefused::from_code(answer.return_code() as u8) {
                None => Ok(Self { link, transport, keep_alive: dial.keep_alive }),
                Some(refused) => Err(Error::Refused(refused)),
            },
            _ => Err(link.protocol()),
        }
    }

    /// What carries it: never [`Transport::Auto`].
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Subscribes at `QoS` 1, and waits for the acknowledgement. What is published meanwhile is kept, up to [`EARLY_LIMIT`]
    /// messages.
    ///
    /// # Errors
    /// When the server refuses, does not answer, or publishes more than that; and when the connection breaks.
    pub fn subscribe(&mut self, topic: &str) -> Result<(), Error> {
        self.subscribe_at(topic, Qos::AtLeastOnce)
    }

    /// Publishes at `QoS` 1, without waiting for the acknowledgement.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), Error> {
        let (packet, _) = self.publication(topic, payload, Qos::AtLeastOnce)?;
        self.link.begin();
        self.link.send(packet)
    }

    /// The next message. If none has arrived yet, it is waited for.
    ///
    /// # Errors
    /// When none arrives in time, or [`EARLY_LIMIT`] other packets do; when one is larger than [`PACKET_LIMIT`]; and when
    /// the connection breaks.
    pub fn next_message(&mut self) -> Result<Message, Error> {
        self.link.begin();
        self.wait_for_message()
    }

    /// The same, within a time limit that has begun.
    pub(crate) fn wait_for_message(&mut self) -> Result<Message, Error> {
        for _ in 0..=EARLY_LIMIT {
            if let Some(message) = Message::of(&self.link.receive()?) {
                return Ok(message);
            }
        }
        Err(self.link.too_many())
    }

    /// Disconnects. A connection that is already broken counts as closed.
    pub fn close(mut self) {
        self.link.begin();
        if let Ok(packet) = packets::disconnect(self.link.version) {
            let _ = self.link.send(packet);
        }
        self.link.close();
    }
}

/// What begins a login.
enum Greeting<'a> {
    Classic(v3_1_1::Connect),
    MqttV5(&'a Identity),
}

fn connect_packet(login: &Connect, proof: Proof<'_>, keep_alive: u16) -> Result<v3_1_1::Connect, Error> {
    let unsendable = |field| move |_| Error::Unsendable { field };
    let builder = v3_1_1::Connect::builder()
        .client_id(login.client_id.as_str())
        .map_err(unsendable("client id"))?
        .user_name(login.user_name.as_str())
        .map_err(unsendable("user name"))?
        .clean_session(true)
        .keep_alive(keep_alive);
    let builder = match proof {
        Proof::Token(token) => builder.password(token.expose()).map_err(unsendable("password"))?,
        Proof::Certificate(_) => builder,
    };
    builder.build().map_err(unsendable("CONNECT"))
}
