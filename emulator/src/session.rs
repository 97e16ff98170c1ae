//! One connection: TLS, a CONNECT, an answer, and then as much of MQTT as keeps a client content.

use crate::{
    Entry, Hub, Journal,
    login::{self, Login},
};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, TimerKind, role},
    packet::{GenericPacketTrait as _, Packet, v3_1_1},
    result_code::{ConnectReturnCode, SubackReturnCode},
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// How long a client may take to log in.
const LOGIN: Duration = Duration::from_secs(10);

/// How often a quiet connection looks whether it is to end.
const TICK: Duration = Duration::from_millis(100);

/// The largest packet that is read, as the service has it for messages.
const PACKET_LIMIT: u32 = 256 * 1024;

/// What every connection shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) hubs: Arc<[Hub]>,
    pub(crate) journal: Journal,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) aloud: bool,
}

/// Serves one connection to its end.
pub(crate) fn serve(stream: TcpStream, tls: Arc<ServerConfig>, context: &Context) {
    let dropped = |reason: String| context.journal.add(Entry::Dropped { reason }, context.aloud);
    let session = Session::new(stream, tls, context);
    match session.map_err(|error| error.to_string()).and_then(Session::run) {
        Ok(()) => {}
        Err(reason) => dropped(reason),
    }
}

struct Session<'a> {
    stream: StreamOwned<ServerConnection, TcpStream>,
    mqtt: Connection<role::Server>,
    context: &'a Context,
    logged_in: bool,
    /// When the client must have said something.
    deadline: Instant,
}

/// Whether to go on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Listen,
    Close,
}

impl<'a> Session<'a> {
    fn new(stream: TcpStream, tls: Arc<ServerConfig>, context: &'a Context) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(LOGIN))?;
        let tls = ServerConnection::new(tls).map_err(io::Error::other)?;
        let options = ConnectionOptions::new().maximum_packet_size_recv(PACKET_LIMIT);
        let mut mqtt = Connection::with_options(Version::V3_1_1, options);
        mqtt.set_auto_pub_response(true);
        mqtt.set_auto_ping_response(true);
        let deadline = Instant::now() + LOGIN;
        Ok(Self { stream: StreamOwned::new(tls, stream), mqtt, context, logged_in: false, deadline })
    }

    /// Ends well once the client was answered; else with the reason why it was not.
    fn run(mut self) -> Result<(), String> {
        let mut buffer = [0; 8192];
        let reason = loop {
            if self.context.stop.load(Ordering::SeqCst) {
                break "the emulator stops".into();
            }
            if Instant::now() >= self.deadline {
                break "the client was silent for too long".into();
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => break "the client went away".into(),
                Ok(read) => match self.take(buffer.get(..read).unwrap_or_default()) {
                    Ok(Next::Listen) => {}
                    Ok(Next::Close) => {
                        self.close();
                        return Ok(());
                    }
                    Err(reason) => break reason,
                },
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break "the client went away".into(),
                Err(error) => break error.to_string(),
            }
        };
        let logged_in = self.logged_in;
        self.close();
        if logged_in { Ok(()) } else { Err(reason) }
    }

    fn close(&mut self) {
        self.stream.conn.send_close_notify();
        let _ = self.stream.flush();
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
                Event::RequestSendPacket { packet, .. } => self.write(&packet)?,
                Event::NotifyPacketReceived(packet) => next = next.max(self.received(packet)?),
                Event::RequestTimerReset { kind: TimerKind::PingreqRecv, duration_ms } => {
                    self.deadline = Instant::now() + Duration::from_millis(duration_ms);
                }
                // Without a keep-alive a client may be silent for as long as it likes.
                Event::RequestTimerCancel(TimerKind::PingreqRecv) => self.deadline = Instant::now() + 24 * 360 * LOGIN,
                Event::NotifyError(error) => return Err(format!("this is not MQTT 3.1.1: {error:?}")),
                Event::RequestClose => next = Next::Close,
                _ => {}
            }
        }
        Ok(next)
    }

    fn received(&mut self, packet: Packet) -> Result<Next, String> {
        match packet {
            Packet::V3_1_1Connect(connect) => self.connect(&connect),
            Packet::V3_1_1Subscribe(subscribe) => {
                let granted = vec![SubackReturnCode::SuccessMaximumQos0; subscribe.entries().len()];
                let answer = v3_1_1::Suback::builder().packet_id(subscribe.packet_id()).return_codes(granted).build();
                self.send(answer.map_err(|error| format!("{error:?}"))?.into())
            }
            Packet::V3_1_1Unsubscribe(unsubscribe) => {
                let answer = v3_1_1::Unsuback::builder().packet_id(unsubscribe.packet_id()).build();
                self.send(answer.map_err(|error| format!("{error:?}"))?.into())
            }
            Packet::V3_1_1Disconnect(_) => Ok(Next::Close),
            _ => Ok(Next::Listen),
        }
    }

    fn connect(&mut self, connect: &v3_1_1::Connect) -> Result<Next, String> {
        let client_id = connect.client_id();
        let login = Login { client_id, user_name: connect.user_name(), password: connect.password() };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let decision = login::check(&self.context.hubs, now, &login);
        // Written down first: whoever has the answer can read the reason.
        let (code, entry) = match decision {
            Ok(identity) => (ConnectReturnCode::Accepted, Entry::Accepted { identity }),
            Err(reason) => {
                let code = match reason.return_code() {
                    4 => ConnectReturnCode::BadUserNameOrPassword,
                    _ => ConnectReturnCode::NotAuthorized,
                };
                (code, Entry::Refused { client_id: client_id.into(), reason })
            }
        };
        self.context.journal.add(entry, self.context.aloud);
        let answer = v3_1_1::Connack::builder().session_present(false).return_code(code).build();
        self.send(answer.map_err(|error| format!("{error:?}"))?.into())?;
        self.logged_in = true;
        Ok(if code.is_success() { Next::Listen } else { Next::Close })
    }

    fn send(&mut self, packet: Packet) -> Result<Next, String> {
        let events = self.mqtt.send(packet);
        self.act(events)
    }

    fn write(&mut self, packet: &Packet) -> Result<(), String> {
        let written = self.stream.write_all(&packet.to_continuous_buffer()).and_then(|()| self.stream.flush());
        written.map_err(|error| error.to_string())
    }
}
