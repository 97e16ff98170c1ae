use crate::{Dial, Error, Proof, Transport, link::Link};
use defender_auth::{
    error::PlanError,
    mqtt::{Connect, ConnectRefused},
    tls::{Roots, client_config, client_config_with},
};
use mqtt_protocol_core::mqtt::packet::{Packet, Qos, v3_1_1};
use rustls::ClientConfig;

/// The largest packet that is read, in bytes. A hub's messages are no larger.
pub const PACKET_LIMIT: usize = 256 * 1024;

/// How many packets may arrive before the one that is waited for. Messages among them are kept.
pub const EARLY_LIMIT: usize = 64;

/// An accepted login.
pub struct Session {
    pub(crate) link: Link,
    transport: Transport,
}

/// What a server published.
#[derive(Debug)]
pub struct Message {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
}

impl From<&v3_1_1::Publish> for Message {
    fn from(packet: &v3_1_1::Publish) -> Self {
        Self { topic: packet.topic_name().into(), payload: packet.payload().as_slice().to_vec() }
    }
}

impl Session {
    /// Connects, verifies the server, logs in and waits for its answer.
    ///
    /// # Errors
    /// When the server is not reached, cannot be verified, does not answer in time, or refuses the connection.
    pub fn open<'a>(
        login: &Connect,
        proof: impl Into<Proof<'a>>,
        dial: &Dial,
        roots: Roots<'_>,
    ) -> Result<Self, Error> {
        let proof = proof.into();
        let packet = connect_packet(login, proof, dial.keep_alive)?;
        let config = match proof {
            Proof::Token(_) => client_config(roots)?,
            Proof::Certificate(certificate) => client_config_with(roots, certificate)?,
        };
        Self::reach(login, &packet, dial, &config).map_err(|error| match (error, proof) {
            (Error::TlsFailed { place, failure }, Proof::Certificate(certificate)) => {
                Error::TlsFailed { place, failure: failure.with_client_certificate(certificate, dial.now()) }
            }
            (error, _) => error,
        })
    }

    /// By the transport that is set, or by one after the other.
    fn reach(login: &Connect, packet: &v3_1_1::Connect, dial: &Dial, config: &ClientConfig) -> Result<Self, Error> {
        if dial.transport != Transport::Auto {
            return Self::greet(login, packet, dial, config);
        }
        let half = |transport| dial.clone().with_transport(transport).with_limits(dial.limits.halved());
        let mut result = Self::greet(login, packet, &half(Transport::Mqtt), config).or_else(|mqtt| {
            if !mqtt.is_about_the_way() {
                return Err(mqtt);
            }
            Self::greet(login, packet, &half(Transport::WebSocket), config).map_err(|error| {
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

    fn greet(login: &Connect, packet: &v3_1_1::Connect, dial: &Dial, config: &ClientConfig) -> Result<Self, Error> {
        PlanError::of_host(&login.host).map_or(Ok(()), Err)?;
        let mut link = Link::open(login.host.as_str(), dial, config.clone())?;
        link.send(packet.clone().into())?;
        match link.receive()? {
            Packet::V3_1_1Connack(answer) => match ConnectRefused::from_code(answer.return_code() as u8) {
                None => Ok(Self { link, transport: dial.transport }),
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
            if let Packet::V3_1_1Publish(message) = self.link.receive()? {
                return Ok(Message::from(&message));
            }
        }
        Err(self.too_many())
    }

    /// A server that sends so many other packets does not answer.
    pub(crate) fn too_many(&self) -> Error {
        Error::TooMany { place: self.link.place.clone(), limit: EARLY_LIMIT }
    }

    /// Disconnects. A connection that is already broken counts as closed.
    pub fn close(mut self) {
        self.link.begin();
        if let Ok(packet) = v3_1_1::Disconnect::builder().build() {
            let _ = self.link.send(packet.into());
        }
        self.link.close();
    }
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
