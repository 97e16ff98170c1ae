//! A session on async clients, with the agent's own loop: `cargo run --example stay_async`.
//!
//! The library does no input or output, so any clients can be used: here reqwest for HTTPS, and for MQTT the engine of
//! mqtt-protocol-core over tokio-rustls. The hub is the project's emulator, and tokens live for ten seconds: the agent reads
//! its module's key, connects, renews its token twice, loses its connection once, and is done.

#[path = "reqwest_client/mod.rs"]
mod reqwest_client;

use defender_auth::{
    Action as Inner, Device, Event as InnerEvent, Now, Password, Plan, Session, SharedAccessKey,
    device_mode::Target,
    error::TlsFailure,
    mqtt::ConnectRefused,
    session::{Action, Backoff, Event, Login, Loss, Policy, Rejection, Source},
    tls::{self, Roots},
};
use defender_auth_emulator::{self as emulator, Emulator, Hub, Module};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{self as engine, role},
    packet::{GenericPacketTrait as _, Packet, v3_1_1},
};
use reqwest_client::{Client, random};
use std::{
    error::Error,
    io::{self, ErrorKind},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

const HOST: &str = "contoso.azure-devices.net";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
/// In seconds.
const KEEP_ALIVE: u16 = 60;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let module = Module::new("azureiotsecurity", "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=");
    let hub = Hub::new(HOST).device(emulator::Device::new("dev-01", KEY).module(module));
    let hub = Emulator::start([hub], "127.0.0.1:0".parse()?)?;

    let device = Device::new(HOST.parse()?, "dev-01".parse()?, SharedAccessKey::from_base64(KEY)?);
    let source = Source::new("device", Plan::device(device).in_device_mode(Target::default())?);
    let second = Duration::from_secs(1);
    let connect = Backoff { first: second, most: 2 * second, spread: 50 };
    let policy = Policy { token_lifetime: 10 * second, connect, ..Policy::default() };
    time::timeout(Duration::from_secs(120), stay(&hub, vec![source], policy)).await?
}

/// The whole loop of an agent, which would never end.
async fn stay(hub: &Emulator, sources: Vec<Source>, policy: Policy) -> Result<()> {
    let start = Instant::now();
    let now = || Now { wall: SystemTime::now().into(), monotonic: start.elapsed() };
    let client = Client::new(HOST, hub)?;
    let mut session = Session::new(sources, policy, None, now())?;
    let mut connection = None;
    let mut has_ended = false;
    loop {
        match session.poll() {
            Action::Authenticate(Inner::Send(request)) => match client.send(request).await {
                Ok(reply) => {
                    let answer = InnerEvent::Answered(reply.as_response());
                    session.handle(now(), Event::Authenticator(answer))?;
                }
                Err(error) => match TlsFailure::of(&error) {
                    Some(failure) => session.handle(now(), Event::TlsFailed(&failure))?,
                    None => session.handle(now(), Event::Authenticator(InnerEvent::Unanswered))?,
                },
            },
            Action::Authenticate(Inner::Wait(wait)) => {
                time::sleep(wait.pick(random())).await;
                session.handle(now(), Event::Authenticator(InnerEvent::Elapsed))?;
            }
            Action::Connect(login) | Action::Renew(login) => {
                // A hub would end the former connection: both have the same client ID.
                drop(connection.take());
                let left = login.deadline.saturating_sub(now().monotonic);
                let opened = time::timeout(left, Link::open(login, hub)).await;
                match opened.unwrap_or(Err(Failure::Unreachable)) {
                    Ok(link) => {
                        connection = Some(link);
                        session.handle(now(), Event::Connected { date: None })?;
                    }
                    Err(Failure::Rejected(code)) => {
                        let rejection = Rejection::Connack(code);
                        session.handle(now(), Event::Rejected { rejection, retry_after: None, date: None })?;
                    }
                    Err(Failure::Tls(failure)) => session.handle(now(), Event::TlsFailed(&failure))?,
                    Err(Failure::Unreachable) => session.handle(now(), Event::Unreachable)?,
                }
                println!("{:5.1} s  {}", start.elapsed().as_secs_f32(), session.status());
            }
            Action::Save(snapshot) => {
                // An agent writes both texts into files, as `store::Store` does.
                println!("         to be saved: {} bytes", snapshot.text().len());
                session.handle(now(), Event::Saved)?;
            }
            Action::Wait(window, why) => {
                println!("         waiting: {why}");
                time::sleep(window.pick(random()).saturating_sub(now().monotonic)).await;
                session.handle(now(), Event::Elapsed)?;
            }
            Action::Stay(due) => {
                match session.status().counters.renewals {
                    2 if has_ended => return Ok(()),
                    2 => {
                        has_ended = true;
                        let _ = hub.disconnect_all();
                    }
                    _ => {}
                }
                let Some(link) = &mut connection else { return Err("there is no connection".into()) };
                // A time that is picked once: this action ends with it, or with the connection.
                let at = due.map_or(Duration::MAX, |(window, _)| window.pick(random()));
                tokio::select! {
                    ended = link.listen() => {
                        println!("         the connection ended: {ended}");
                        session.handle(now(), Event::Disconnected(Loss::Dropped))?;
                    }
                    () = time::sleep(at.saturating_sub(now().monotonic)) => session.handle(now(), Event::Elapsed)?,
                }
            }
            Action::Disconnect(_) => {
                drop(connection.take());
                session.handle(now(), Event::Disconnected(Loss::Dropped))?;
            }
            _ => return Err("this agent has no TPM".into()),
        }
    }
}

/// Why there is no connection.
enum Failure {
    Tls(TlsFailure),
    Rejected(ConnectRefused),
    Unreachable,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        TlsFailure::of(&error).map_or(Self::Unreachable, Self::Tls)
    }
}

/// A connection to the hub.
struct Link {
    stream: TlsStream<TcpStream>,
    mqtt: Connection<role::Client>,
}

impl Link {
    async fn open(login: &Login, hub: &Emulator) -> std::result::Result<Self, Failure> {
        let unusable = |_| Failure::Rejected(ConnectRefused::ClientId);
        let Password::Token(token) = &login.password else { return Err(Failure::Unreachable) };
        let packet = v3_1_1::Connect::builder().client_id(login.connect.client_id.as_str()).map_err(unusable)?;
        let packet = packet.user_name(login.connect.user_name.as_str()).map_err(unusable)?;
        let packet = packet.password(token.expose()).map_err(unusable)?;
        let packet = packet.clean_session(true).keep_alive(KEEP_ALIVE).build().map_err(unusable)?;
        // A real agent takes `Roots::Platform`, and connects to port 8883 of `login.connect.host`.
        let config = tls::client_config(Roots::Pem(hub.root_pem().as_bytes())).map_err(|_| Failure::Unreachable)?;
        let name = ServerName::try_from(login.connect.host.as_str().to_owned()).map_err(|_| Failure::Unreachable)?;
        let tcp = TcpStream::connect(hub.address()).await?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        let mut this = Self { stream, mqtt: Connection::new(Version::V3_1_1) };
        this.send(packet.into()).await?;
        match this.receive().await? {
            Packet::V3_1_1Connack(answer) => match ConnectRefused::from_code(answer.return_code() as u8) {
                None => Ok(this),
                Some(code) => Err(Failure::Rejected(code)),
            },
            _ => Err(Failure::Unreachable),
        }
    }

    /// Takes what arrives, and keeps the connection alive. It returns when the connection has ended.
    async fn listen(&mut self) -> io::Error {
        loop {
            let quiet = Duration::from_secs(u64::from(KEEP_ALIVE) * 3 / 4);
            match time::timeout(quiet, self.receive()).await {
                // Messages for the agent are among these.
                Ok(Ok(_packet)) => {}
                Ok(Err(error)) => return error,
                Err(_) => {
                    let answer = async {
                        self.send(v3_1_1::Pingreq::new().into()).await?;
                        self.receive().await
                    };
                    match time::timeout(Duration::from_secs(15), answer).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(error)) => return error,
                        Err(_) => return ErrorKind::TimedOut.into(),
                    }
                }
            }
        }
    }

    async fn send(&mut self, packet: Packet) -> io::Result<()> {
        for event in self.mqtt.send(packet) {
            if let engine::Event::RequestSendPacket { packet, .. } = event {
                self.stream.write_all(&packet.to_continuous_buffer()).await?;
            }
        }
        self.stream.flush().await
    }

    /// The next packet. An agent with subscriptions keeps those that arrive together, and acknowledges.
    async fn receive(&mut self) -> io::Result<Packet> {
        loop {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).await?;
            for event in self.mqtt.recv(&mut Cursor::new(&byte[..])) {
                match event {
                    engine::Event::NotifyPacketReceived(packet) => return Ok(packet),
                    engine::Event::NotifyError(_) => return Err(ErrorKind::InvalidData.into()),
                    _ => {}
                }
            }
        }
    }
}
