//! MQTT packets over TLS.

use crate::{
    Dial, EARLY_LIMIT, Error, PACKET_LIMIT, Transport,
    dial::without_brackets,
    limits::{Deadline, Limits},
    packets::{Published, ended},
    reach::{behind, broken, reach},
    socket::Socket,
    websocket::{Broken, MESSAGE_LIMIT, Opening, WebSocket},
};
use defender_auth::{error::TlsFailure, tls::alert_behind};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, role},
    packet::{GenericPacketTrait as _, Packet},
    result_code::MqttError,
};
use rustls::{
    ClientConfig, ClientConnection, StreamOwned,
    pki_types::{ServerName, UnixTime},
    time_provider::TimeProvider,
};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read as _, Write as _},
    sync::Arc,
    time::Duration,
};

/// The connection to a server, after the TLS handshake.
pub(crate) struct Link {
    pub(crate) stream: StreamOwned<ClientConnection, Socket>,
    pub(crate) mqtt: Connection<role::Client>,
    pub(crate) version: Version,
    /// Packets that have arrived and were not taken yet.
    pub(crate) inbox: VecDeque<Packet>,
    /// What the packets are in, if they are not in TLS itself.
    websocket: Option<WebSocket>,
    pub(crate) place: String,
    pub(crate) limits: Limits,
}

impl Link {
    pub(crate) fn open(host: &str, dial: &Dial, config: ClientConfig, version: Version) -> Result<Self, Error> {
        let (stream, place) = secured(host, dial, config)?;
        let limit = u32::try_from(PACKET_LIMIT).unwrap_or(u32::MAX);
        let options = ConnectionOptions::new().maximum_packet_size_recv(limit);
        let mqtt = Connection::with_options(version, options);
        let mut this =
            Self { stream, mqtt, version, inbox: VecDeque::new(), websocket: None, place, limits: dial.limits };
        if dial.transport == Transport::WebSocket {
            this.upgrade(host)?;
        }
        Ok(this)
    }

    /// Opens the WebSocket.
    fn upgrade(&mut self, host: &str) -> Result<(), Error> {
        let mut opening = Opening::new(host).map_err(|reason| self.not_websocket(reason))?;
        self.write(&opening.leaving())?;
        let mut buffer = [0; 4096];
        loop {
            let read = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Error::Closed { place: self.place.clone() }),
                Ok(read) => read,
                Err(error) => return Err(self.broken(error)),
            };
            match opening.take(buffer.get(..read).unwrap_or_default()) {
                Ok(Ok(websocket)) => {
                    self.websocket = Some(websocket);
                    return Ok(());
                }
                Ok(Err(unfinished)) => opening = unfinished,
                Err(reason) => return Err(self.not_websocket(reason)),
            }
        }
    }

    fn not_websocket(&self, reason: Broken) -> Error {
        let place = self.place.clone();
        match reason {
            Broken::Closed => Error::Closed { place },
            Broken::TooLarge => Error::TooLarge { place, limit: MESSAGE_LIMIT },
            Broken::Because(reason) => Error::WebSocket { place, reason },
        }
    }

    /// The limit for an answer begins now, for all that is sent and received until it has arrived.
    pub(crate) fn begin(&mut self) {
        self.begin_within(self.limits.answer);
    }

    /// The same with another limit.
    pub(crate) fn begin_within(&mut self, limit: Duration) {
        self.stream.sock.deadline = Deadline::after(limit);
    }

    pub(crate) fn protocol(&self) -> Error {
        let version = if self.version == Version::V5_0 { "5" } else { "3.1.1" };
        Error::Protocol { place: self.place.clone(), version }
    }

    /// A server that sends so many other packets does not answer.
    pub(crate) fn too_many(&self) -> Error {
        Error::TooMany { place: self.place.clone(), limit: EARLY_LIMIT }
    }

    fn broken(&self, error: io::Error) -> Error {
        broken(&self.place, self.stream.sock.deadline.limit, error)
    }

    pub(crate) fn send(&mut self, packet: Packet) -> Result<(), Error> {
        let events = self.mqtt.send(packet);
        self.act(events)
    }

    /// The next packet from the server.
    pub(crate) fn receive(&mut self) -> Result<Packet, Error> {
        loop {
            if let Some(packet) = self.arrived()? {
                return Ok(packet);
            }
            self.read()?;
        }
    }

    /// The next packet that has been read. It waits for none.
    pub(crate) fn arrived(&mut self) -> Result<Option<Packet>, Error> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(packet) = self.inbox.pop_front() {
                return Ok(Some(packet));
            }
            if let Some(reason) = self.websocket.as_mut().and_then(WebSocket::ended) {
                return Err(self.not_websocket(reason));
            }
            let read = match self.stream.conn.reader().read(&mut buffer) {
                Ok(0) => return Err(Error::Closed { place: self.place.clone() }),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(self.broken(error)),
            };
            let bytes = buffer.get(..read).unwrap_or_default();
            match self.websocket.as_mut().map(|websocket| websocket.take(bytes)) {
                None => self.take(bytes)?,
                Some(packets) => {
                    self.take(&packets)?;
                    // The answer to a ping. What arrived counts, even if the server reads no more.
                    if let Err(error) = self.flush()
                        && self.inbox.is_empty()
                    {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Takes bytes of packets.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut cursor = Cursor::new(bytes);
        while cursor.position() < bytes.len() as u64 {
            let events = self.mqtt.recv(&mut cursor);
            self.act(events)?;
        }
        Ok(())
    }

    /// Sends what the WebSocket has to send.
    fn flush(&mut self) -> Result<(), Error> {
        match self.websocket.as_mut().map(WebSocket::leaving) {
            Some(leaving) if !leaving.is_empty() => self.write(&leaving),
            _ => Ok(()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
        written.map_err(|error| {
            let stream = &mut self.stream;
            let error = alert_behind(&mut stream.conn, &mut stream.sock, error);
            self.broken(error)
        })
    }

    /// Tells the server that nothing follows, and does not wait for its answer.
    pub(crate) fn close(&mut self) {
        if let Some(websocket) = &mut self.websocket {
            websocket.close();
            let _ = self.flush();
        }
        self.stream.conn.send_close_notify();
        let _ = self.stream.flush();
    }

    /// Reads from the connection, once.
    pub(crate) fn read(&mut self) -> Result<(), Error> {
        let (tls, socket) = (&mut self.stream.conn, &mut self.stream.sock);
        let read = tls.read_tls(socket).and_then(|_| {
            let state = tls.process_new_packets();
            // An alert for the server, if what it sent is not TLS; or an answer of TLS itself.
            let sent = if tls.wants_write() { tls.write_tls(socket).map(drop) } else { Ok(()) };
            state.map_err(|error| io::Error::new(ErrorKind::InvalidData, error)).and(sent)
        });
        read.map_err(|error| self.broken(error))
    }

    /// Not by the engine, which panics at the packet identifier 0.
    fn acknowledge(&mut self, message: &Published<'_>) -> Result<(), Error> {
        match message.acknowledgement().map_err(|_| self.protocol())? {
            Some(answer) => self.send(answer),
            None => Ok(()),
        }
    }

    fn act(&mut self, events: Vec<Event>) -> Result<(), Error> {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    let packet = packet.to_continuous_buffer();
                    if let Some(websocket) = &mut self.websocket {
                        let sent = websocket.send(packet);
                        sent.map_err(|reason| self.not_websocket(reason))?;
                        self.flush()?;
                    } else {
                        self.write(&packet)?;
                    }
                }
                Event::NotifyPacketReceived(packet) => {
                    if let Some(reason) = ended(&packet) {
                        return Err(Error::Ended { place: self.place.clone(), reason });
                    }
                    if let Some(message) = Published::of(&packet) {
                        self.acknowledge(&message)?;
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

/// A connection after the TLS handshake, in which the server is verified; and what errors call the server.
pub(crate) fn secured(
    host: &str,
    dial: &Dial,
    mut config: ClientConfig,
) -> Result<(StreamOwned<ClientConnection, Socket>, String), Error> {
    let (way, limits) = (dial.way(host), dial.limits);
    let place = way.place();
    let failed = |failure| Error::TlsFailed { place: place.clone(), failure };
    config.time_provider = Arc::new(Clock(dial.clone()));
    let name = ServerName::try_from(without_brackets(host).to_owned())
        .map_err(|_| failed(TlsFailure::ServerWrongName { names: Vec::new() }))?;
    let mut tls = ClientConnection::new(Arc::new(config), name)
        .map_err(|error| failed(TlsFailure::Protocol { reason: error.to_string() }))?;
    let mut socket = reach(dial, &way)?;
    socket.deadline = Deadline::after(limits.greet);
    // The handshake alone, so that its errors are not taken for others.
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut socket) {
            let error = broken(&place, limits.greet, alert_behind(&mut tls, &mut socket, error));
            return Err(behind(&way, error));
        }
    }
    Ok((StreamOwned::new(tls, socket), place))
}

/// The time by which the server's certificate is verified.
#[derive(Debug)]
struct Clock(Dial);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.now().as_secs())))
    }
}
