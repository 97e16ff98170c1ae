//! Agents of every kind, and everything that a hub and a provisioning service may do to them.

use crate::world::*;
use defender_auth::{
    Device, Plan, UnixTime,
    credential::{ClientCertificate, Credential, Issuer, SymmetricKeys},
    device_mode::Target,
    dps::Profile,
    error::{TlsFailure, Validity},
    identity::Identity,
    mqtt::ConnectRefused,
    session::{Action, Policy, Rate, Rejection, Session, Source},
};
use std::{sync::OnceLock, time::Duration};

pub(crate) const REQUESTS: [Kind; 2] = [Kind::Register, Kind::Poll];

pub(crate) const NO: Hub = Hub::Rejects(Rejection::Connack(ConnectRefused::NotAuthorized));

pub(crate) fn device() -> Identity {
    Identity::device("h.azure-devices.net".parse().unwrap(), "dev".parse().unwrap())
}

pub(crate) fn certificate(byte: u8) -> ClientCertificate {
    ClientCertificate::from_der(vec![vec![byte]], &[byte], Issuer::SelfSigned)
}

pub(crate) fn known(name: &str, credential: impl Into<Credential>) -> Source {
    Source::new(name, Plan::known(device(), credential))
}

pub(crate) fn keys(a: u8, b: u8) -> SymmetricKeys {
    SymmetricKeys::new(key(a), Some(key(b)))
}

pub(crate) fn dps(byte: u8) -> Plan {
    Plan::provision(Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap()), key(byte)).unwrap()
}

/// Everything at a known hub; by the provisioning service; that in Device mode; a device's key in Device mode.
pub(crate) fn agents() -> Vec<(&'static str, Vec<Source>)> {
    let own = Device::new("h.azure-devices.net".parse().unwrap(), "dev".parse().unwrap(), key(3));
    vec![
        ("known", vec![known("cert0", certificate(1)), known("cert1", certificate(2)), known("keys", keys(1, 2))]),
        ("dps", vec![Source::new("dps0", dps(3)), Source::new("dps1", dps(4))]),
        ("dps+mode", vec![Source::new("dps0", dps(3).in_device_mode(Target::default()).unwrap())]),
        ("mode", vec![Source::new("device", Plan::device(own).in_device_mode(Target::default()).unwrap())]),
    ]
}

pub(crate) fn hubs() -> Vec<Hub> {
    let mut all = vec![Hub::Accepts, Hub::Silent, Hub::Flaps(1), Hub::Flaps(400), Hub::Flaps(700)];
    all.extend((1..=6).map(|code| Hub::Rejects(connack(code))));
    all.extend(
        [0x80, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x97, 0x9c, 0x9d, 0x9f]
            .map(|it| Hub::Rejects(Rejection::Reason(it))),
    );
    all.extend([301, 400, 401, 403, 404, 429, 503].map(|it| Hub::Rejects(Rejection::Http(it))));
    all.extend([Hub::Later(connack(3), 1), Hub::Later(Rejection::Reason(0x9f), 3600)]);
    all.extend(tls().iter().map(Hub::Tls));
    all
}

pub(crate) fn services() -> Vec<Dps> {
    let mut all = vec![Dps::Assigns, Dps::Assigning, Dps::Silent, Dps::Garbage, Dps::Disabled, Dps::Later(3600)];
    all.extend([
        Dps::Status(401, 401_002),
        Dps::Status(404, 404_201),
        Dps::Status(503, 503_001),
        Dps::Status(400, 400_207),
    ]);
    all.extend([401_000, 401_001, 400_207, 404_201, 429_001].map(Dps::Failed));
    all.extend(["server-untrusted", "client-rejected"].map(|word| Dps::Tls(tls_of(word))));
    all
}

/// The stated bounds, in any hour and any day.
pub(crate) fn assert_bounds(world: &World, what: &str) {
    let policy = Policy::default();
    for span in [HOUR, DAY] {
        let bound = |rate: Rate| rate.bound(Duration::from_millis(span)) + 1;
        let (connects, runs) = (bound(policy.connects), bound(policy.registrations));
        // An authenticator repeats a request that is not answered, six times at the most.
        for (kinds, bound) in [
            (&[Kind::Connect][..], connects),
            (&[Kind::Register], 7 * runs),
            (&REQUESTS, u64::from(policy.requests_per_run) * runs),
            (&[Kind::Module], 7 * (runs + connects)),
        ] {
            let most = world.most(kinds, span) as u64;
            assert!(most <= bound, "{what}: {most} of {kinds:?} in {span} ms, allowed {bound}");
        }
    }
}

/// Every kind of TLS failure.
pub(crate) fn tls() -> &'static [TlsFailure] {
    static ALL: OnceLock<Vec<TlsFailure>> = OnceLock::new();
    ALL.get_or_init(|| {
        let at = |time: u64| Some(UnixTime::from_secs(time));
        let validity = Validity { clock: UnixTime::from_secs(REAL), not_before: at(REAL + 5), not_after: None };
        let expired =
            Validity { not_before: None, not_after: Some(UnixTime::RELEASE - Duration::from_secs(5)), ..validity };
        let reason = || "of the TLS library".to_owned();
        vec![
            TlsFailure::ClientExpired { validity: None },
            TlsFailure::ClientNotYetValid { validity },
            TlsFailure::ClientRejected { alert: 42 },
            TlsFailure::ClientKeyUnusable { reason: reason() },
            TlsFailure::ClientKeyBusy { reason: reason() },
            TlsFailure::ServerUntrusted { issuer: None },
            TlsFailure::Intercepted { issuer: None },
            TlsFailure::ServerExpired(expired),
            TlsFailure::ServerNotYetValid(validity),
            TlsFailure::ServerWrongName { names: vec![] },
            TlsFailure::ServerCertificate { reason: reason() },
            TlsFailure::Incompatible { alert: Some(40), reason: reason() },
            TlsFailure::PlainText,
            TlsFailure::Alert { alert: 80 },
            TlsFailure::Protocol { reason: reason() },
        ]
    })
}

/// The one of that name.
pub(crate) fn tls_of(word: &str) -> &'static TlsFailure {
    tls().iter().find(|tls| tls.as_str() == word).unwrap()
}

/// Goes on until that action is pending.
pub(crate) fn until(world: &mut World, session: &mut Session, reached: impl Fn(&Action<'_>) -> bool) {
    for _ in 0..1000 {
        if reached(&session.poll()) {
            return;
        }
        world.once(session);
    }
    panic!("{:?}", session.poll());
}

pub(crate) fn is_stay(action: &Action<'_>) -> bool {
    matches!(action, Action::Stay(_))
}

pub(crate) fn is_wait(action: &Action<'_>) -> bool {
    matches!(action, Action::Wait(..))
}

/// A new session that has come so far.
pub(crate) fn connected(sources: Vec<Source>) -> (World, Session) {
    let mut world = World::new();
    let mut session = world.session(sources);
    until(&mut world, &mut session, is_stay);
    (world, session)
}
