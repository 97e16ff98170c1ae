//! A device and its module, both services, and a loop that lets waits pass without waiting.

use defender_auth::{
    Action, Authenticator, Error, Event, Now, Outcome, Plan, SharedAccessKey, UnixTime,
    device_mode::Target,
    dps::Profile,
    http::{Request, Response},
    https::{Client, Reply},
    identity::HostName,
    tls::Roots,
    wait::Reason,
};
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Entry, Hub, Module, World};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    time::{Duration, SystemTime},
};

pub(crate) const HUB: &str = "contoso.azure-devices.net";
pub(crate) const DPS: &str = "global.azure-devices-provisioning.net";
/// A host that the client could find, and that nothing may be sent to.
pub(crate) const ELSEWHERE: &str = "fabrikam.azure-devices.net";
pub(crate) const DEVICE_KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
pub(crate) const MODULE_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

/// An attempt gives up after as long.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(600);

/// No attempt takes more steps than that.
const STEPS: usize = 60;

/// Both services, with a device that is assigned at the poll of this number, and its security module.
pub(crate) fn cloud(polls: u32) -> Emulator {
    Emulator::play(services(polls), "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// What they know.
pub(crate) fn services(polls: u32) -> World {
    let module = Module::new("azureiotsecurity", MODULE_KEY);
    let hub = Hub::new(HUB).device(Device::new("dev-01", DEVICE_KEY).module(module));
    let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::new("dev-01", DEVICE_KEY).pending(polls));
    World::new().hub(hub).dps(dps)
}

pub(crate) fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

pub(crate) fn key() -> SharedAccessKey {
    SharedAccessKey::from_base64(DEVICE_KEY).unwrap()
}

/// Both clocks, the monotonic one as the wall's.
pub(crate) const fn both(time: UnixTime) -> Now {
    Now { wall: time, monotonic: Duration::from_secs(time.as_secs()) }
}

pub(crate) fn now() -> UnixTime {
    SystemTime::now().into()
}

/// Registers, and becomes nothing else.
pub(crate) fn registration() -> Plan {
    Plan::provision(Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap()), key()).unwrap()
}

/// The whole chain.
pub(crate) fn plan() -> Plan {
    registration().in_device_mode(Target::default()).unwrap()
}

/// A client that trusts an emulator and finds its services there.
pub(crate) fn client(cloud: &Emulator, others: impl IntoIterator<Item = (HostName, SocketAddr)>) -> Client {
    let services = [HUB, DPS].map(|name| (host(name), cloud.https_address()));
    Client::with(Roots::Pem(cloud.root_pem().as_bytes()), services.into_iter().chain(others).collect()).unwrap()
}

pub(crate) fn is_the_module(outcome: &Outcome) -> bool {
    let text = outcome.connection_string().unwrap();
    text.expose().expose()
        == format!("HostName={HUB};DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={MODULE_KEY}")
}

/// What the emulator was asked since then: `register`, `poll`, `look`, `read`, and with a `!` what met a fault or a no.
pub(crate) fn asked(cloud: &Emulator, since: usize) -> String {
    let verb = |request: &str| request.split(' ').next().unwrap_or_default().to_owned();
    let line = |entry: &Entry| match entry {
        Entry::Answered { request, .. } => verb(request),
        Entry::Faulted { request, .. } | Entry::Denied { request, .. } => format!("!{}", verb(request)),
        other => format!("({other})"),
    };
    let lines: Vec<_> = cloud.journal().entries().iter().skip(since).map(line).collect();
    lines.join(" ")
}

/// How many faults were met.
pub(crate) fn faults(cloud: &Emulator) -> usize {
    cloud.journal().entries().iter().filter(|entry| matches!(entry, Entry::Faulted { .. })).count()
}

/// An address that must not be contacted.
pub(crate) struct Decoy(TcpListener);

impl Decoy {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// A connection is in the queue before the client continues.
    pub(crate) fn was_not_contacted(&self) -> bool {
        self.0.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

/// How an attempt went.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) result: Result<Outcome, Error>,
    /// Every wait but those for a service that is assigning: why, and for how many seconds at least.
    pub(crate) waits: Vec<(Reason, u64)>,
}

/// An answer of a carrier.
pub(crate) trait Carried {
    fn response(&self) -> Response<'_>;
}

impl Carried for Reply {
    fn response(&self) -> Response<'_> {
        self.as_response()
    }
}

/// Sends over HTTPS. Only transient errors are expected.
pub(crate) fn exchange(client: &Client, request: &Request) -> Option<Reply> {
    match client.exchange(request) {
        Ok(reply) => Some(reply),
        Err(error) if error.is_transient() => None,
        Err(error) => panic!("{error}"),
    }
}

/// Runs a plan to its end. Waits move the clock and nothing else.
pub(crate) fn drive<A: Carried>(plan: &Plan, now: &mut UnixTime, mut carry: impl FnMut(&Request) -> Option<A>) -> Run {
    let mut auth = Authenticator::new(plan, both(*now), ATTEMPT);
    let mut waits = Vec::new();
    for _ in 0..STEPS {
        match auth.poll() {
            Action::Send(request) => {
                let answer = carry(request);
                let event = answer.as_ref().map_or(Event::Unanswered, |answer| Event::Answered(answer.response()));
                auth.handle(both(*now), event).unwrap();
            }
            Action::Wait(wait) => {
                if wait.reason != Reason::Assigning {
                    waits.push((wait.reason, wait.at_least.as_secs()));
                }
                *now = *now + wait.at_least;
                auth.handle(both(*now), Event::Elapsed).unwrap();
            }
            Action::Done(_) | Action::Failed(_) => return Run { result: auth.into_outcome(), waits },
            other => panic!("a key in memory needs no TPM: {other:?}"),
        }
    }
    panic!("it has no end: {waits:?}")
}
