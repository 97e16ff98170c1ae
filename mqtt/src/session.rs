use crate::{Dial, Error, Proof};
use defender_auth::{
    mqtt::{Connect, ConnectRefused},
    open_files,
    tls::{Roots, client_config, client_config_with},
};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, role},
    packet::{GenericPacketTrait as _, Packet, Qos, SubEntry, SubOpts, v3_1_1},
    result_code::{MqttError, SubackReturnCode},
};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long each of reaching, greeting and answering may take.
const LIMIT: Duration = Duration::from_secs(15);

/// Seconds between signs of life, as the C SDK has it.
const KEEP_ALIVE: u16 = 240;

/// The largest packet that is read, in bytes. A hub's messages are no larger.
pub const PACKET_LIMIT: usize = 256 * 1024;

/// How many packets may come before the one that is waited for. Messages among them are kept.
pub const EARLY_LIMIT: usize = 64;

/// An accepted login.
pub struct Session {
    link: Link,
}

/// What a server published.
#[derive(Debug)]
pub struct Message {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
}

impl Session {
    /// Connects, verifies the server, logs in and waits for its answer.
    ///
    /// # Errors
    /// When the server is not reached, cannot be verified, does not answer, or refuses the connection.
    pub fn open<'a>(
        login: &Connect,
        proof: impl Into<Proof<'a>>,
        dial: &Dial,
        roots: Roots<'_>,
    ) -> Result<Self, Error> {
        let proof = proof.into();
        let packet = connect_packet(login, proof)?;
        let config = match proof {
            Proof::Token(_) => client_config(roots)?,
            Proof::Certificate(certificate) => client_config_with(roots, certificate)?,
        };
        let mut link = Link::open(login, dial, config)?;
        link.send(packet.into())?;
        match link.receive()? {
            Packet::V3_1_1Connack(answer) => match ConnectRefused::from_code(answer.return_code() as u8) {
                None => Ok(Self { link }),
                Some(refused) => Err(Error::Refused(refused)),
            },
            _ => Err(link.protocol()),
        }
    }

    /// Subscribes, and waits until the server has taken note. What it publishes meanwhile is kept, up to [`EARLY_LIMIT`]
    /// messages.
    ///
    /// # Errors
    /// When the server refuses, does not answer, or publishes more than that; and when the connection breaks.
    pub fn subscribe(&mut self, topic: &str) -> Result<(), Error> {
        let unsendable = |_| Error::Unsendable { field: "topic" };
        let entry = SubEntry::new(topic, SubOpts::new().set_qos(Qos::AtLeastOnce)).map_err(unsendable)?;
        let id = self.link.mqtt.acquire_packet_id().map_err(unsendable)?;
        let packet = v3_1_1::Subscribe::builder().entries(vec![entry]).packet_id(id).build().map_err(unsendable)?;
        self.link.send(packet.into())?;
        let mut early = Vec::new();
        let answer = loop {
            match self.link.receive()? {
                Packet::V3_1_1Suback(answer) => break answer,
                _ if early.len() == EARLY_LIMIT => return Err(self.too_many()),
                other => early.push(other),
            }
        };
        early.into_iter().rev().for_each(|packet| self.link.inbox.push_front(packet));
        if answer.return_codes().contains(&SubackReturnCode::Failure) {
            return Err(Error::NotSubscribed { place: self.link.place.clone(), topic: topic.into() });
        }
        Ok(())
    }

    /// Publishes, without waiting for anything.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), Error> {
        let unsendable = |_| Error::Unsendable { field: "message" };
        let id = self.link.mqtt.acquire_packet_id().map_err(unsendable)?;
        let packet = v3_1_1::Publish::builder()
            .topic_name(topic)
            .map_err(unsendable)?
            .qos(Qos::AtLeastOnce)
            .packet_id(id)
            .payload(payload.to_vec())
            .build()
            .map_err(unsendable)?;
        self.link.send(packet.into())
    }

    /// The next message, waiting for it if need be.
    ///
    /// # Errors
    /// When none comes in time, but [`EARLY_LIMIT`] packets that are none; when one is larger than [`PACKET_LIMIT`]; and
    /// when the connection breaks.
    pub fn next_message(&mut self) -> Result<Message, Error> {
        for _ in 0..=EARLY_LIMIT {
            if let Packet::V3_1_1Publish(message) = self.link.receive()? {
                let payload = message.payload().as_slice().to_vec();
                return Ok(Message { topic: message.topic_name().into(), payload });
            }
        }
        Err(self.too_many())
    }

    /// A server that sends so many other packets does not answer.
    pub(crate) fn too_many(&self) -> Error {
        Error::TooMany { place: self.link.place.clone(), limit: EARLY_LIMIT }
    }

    /// Says goodbye. A connection that is gone by then is as good as closed.
    pub fn close(mut self) {
        if let Ok(packet) = v3_1_1::Disconnect::builder().build() {
            let _ = self.link.send(packet.into());
        }
        self.link.stream.conn.send_close_notify();
        let _ = self.link.stream.flush();
    }
}

fn connect_packet(login: &Connect, proof: Proof<'_>) -> Result<v3_1_1::Connect, Error> {
    let unsendable = |field| move |_| Error::Unsendable { field };
    let builder = v3_1_1::Connect::builder()
        .client_id(login.client_id.as_str())
        .map_err(unsendable("client id"))?
        .user_name(login.user_name.as_str())
        .map_err(unsendable("user name"))?
        .clean_session(true)
        .keep_alive(KEEP_ALIVE);
    let builder = match proof {
        Proof::Token(token) => builder.password(token.expose()).map_err(unsendable("password"))?,
        Proof::Certificate(_) => builder,
    };
    builder.build().map_err(unsendable("CONNECT"))
}

/// MQTT packets over TLS.
struct Link {
    stream: StreamOwned<ClientConnection, TcpStream>,
    mqtt: Connection<role::Client>,
    /// What has come and was not asked for yet.
    inbox: VecDeque<Packet>,
    place: String,
}

impl Link {
    fn open(login: &Connect, dial: &Dial, config: ClientConfig) -> Result<Self, Error> {
        let place = dial.place().to_owned();
        let untrusted = |place: &str, reason: String| Error::Untrusted { place: place.into(), reason };
        let name = ServerName::try_from(login.host.as_str().to_owned())
            .map_err(|_| untrusted(&place, "no certificate can bear this host name".into()))?;
        let mut tls =
            ClientConnection::new(Arc::new(config), name).map_err(|error| untrusted(&place, error.to_string()))?;
        let unreachable = |error| {
            let place = place.clone();
            if open_files::are_too_many(&error) {
                Error::TooManyOpen { place }
            } else {
                Error::Unreachable { place, error }
            }
        };
        let mut tcp = dial.connect(LIMIT).map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        tcp.set_read_timeout(Some(LIMIT)).map_err(unreachable)?;
        tcp.set_write_timeout(Some(LIMIT)).map_err(unreachable)?;
        // The handshake by itself, so that what goes wrong in it is not taken for something else.
        while tls.is_handshaking() {
            tls.complete_io(&mut tcp).map_err(|error| broken(&place, error))?;
        }
        let limit = u32::try_from(PACKET_LIMIT).unwrap_or(u32::MAX);
        let options = ConnectionOptions::new().maximum_packet_size_recv(limit);
        let mqtt = Connection::with_options(Version::V3_1_1, options);
        Ok(Self { stream: StreamOwned::new(tls, tcp), mqtt, inbox: VecDeque::new(), place })
    }

    fn protocol(&self) -> Error {
        Error::Protocol { place: self.place.clone() }
    }

    fn send(&mut self, packet: Packet) -> Result<(), Error> {
        let events = self.mqtt.send(packet);
        self.act(events)
    }

    /// The next packet from the server.
    fn receive(&mut self) -> Result<Packet, Error> {
        let deadline = Instant::now() + LIMIT;
        let mut buffer = [0; 4096];
        while self.inbox.is_empty() && Instant::now() < deadline {
            let read = self.stream.read(&mut buffer).map_err(|error| broken(&self.place, error))?;
            if read == 0 {
                return Err(Error::Closed { place: self.place.clone() });
            }
            let mut cursor = Cursor::new(buffer.get(..read).unwrap_or_default());
            while cursor.position() < read as u64 {
                let events = self.mqtt.recv(&mut cursor);
                self.act(events)?;
            }
        }
        self.inbox.pop_front().ok_or_else(|| Error::Silent { place: self.place.clone(), limit: LIMIT })
    }

    /// Not left to the engine, which does not survive the packet identifier 0. Nothing is subscribed to at `QoS` 2.
    fn acknowledge(&mut self, publish: &v3_1_1::Publish) -> Result<(), Error> {
        match (publish.qos(), publish.packet_id()) {
            (Qos::AtMostOnce, _) => Ok(()),
            (Qos::AtLeastOnce, Some(id)) => {
                let answer = v3_1_1::Puback::builder().packet_id(id).build();
                self.send(answer.map_err(|_| self.protocol())?.into())
            }
            _ => Err(self.protocol()),
        }
    }

    fn act(&mut self, events: Vec<Event>) -> Result<(), Error> {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    let sent = self.stream.write_all(&packet.to_continuous_buffer());
                    sent.and_then(|()| self.stream.flush()).map_err(|error| broken(&self.place, error))?;
                }
                Event::NotifyPacketReceived(packet) => {
                    if let Packet::V3_1_1Publish(publish) = &packet {
                        self.acknowledge(publish)?;
                    }
                    self.inbox.push_back(packet);
                }
                Event::NotifyError(MqttError::PacketTooLarge) => {
                    return Err(Error::TooLarge { place: self.place.clone(), limit: PACKET_LIMIT });
                }
                Event::NotifyError(_) => return Err(self.protocol()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a failed read or write means.
fn broken(place: &str, error: io::Error) -> Error {
    let place = place.into();
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        // With TLS 1.3 it comes when the handshake has ended on this side.
        Some(reason @ rustls::Error::AlertReceived(_)) => return Error::Rejected { place, reason: reason.to_string() },
        Some(reason) => return Error::Untrusted { place, reason: reason.to_string() },
        None => {}
    }
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::Silent { place, limit: LIMIT },
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Error::Closed { place },
        _ => Error::Unreachable { place, error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, Error as Tls};

    #[test]
    fn a_connection_that_breaks_says_who_broke_it() {
        let of = |kind: ErrorKind| broken("h:8883", kind.into());
        for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
            assert!(matches!(of(kind), Error::Silent { .. }), "{kind}");
        }
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe] {
            assert!(matches!(of(kind), Error::Closed { .. }), "{kind}");
        }
        assert!(matches!(of(ErrorKind::HostUnreachable), Error::Unreachable { .. }));
        let tls = |error: Tls| broken("h:8883", io::Error::new(ErrorKind::InvalidData, error));
        assert!(matches!(tls(Tls::AlertReceived(AlertDescription::BadCertificate)), Error::Rejected { .. }));
        assert!(matches!(tls(Tls::NoCertificatesPresented), Error::Untrusted { .. }));
    }
}
