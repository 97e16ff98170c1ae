//! A source of daemons of the device, when they restart, are away, deny the module, or are provisioned again: what the session
//! does in virtual time, and how often it asks.

use crate::{agents::certificate, world::*};
use defender_auth::{
    Action as Inner, Event as InnerEvent, Plan, error::TlsFailure, http::Response, identity_service::IdentityService,
    local::Obstacle, session::*, workload::Workload,
};

/// What the daemons of a host do.
#[derive(Clone, Copy, PartialEq)]
enum Daemons {
    /// Tell this hub, and sign for it.
    Serve(&'static str),
    /// Tell this hub and a certificate with this byte, and open it.
    Certify(&'static str, u8),
    /// Close each connection without an answer.
    Restart,
    /// Have no sockets.
    Away,
    /// The module was deleted.
    Deny,
}

/// The host of a session: what its daemons do, and how often they are asked.
struct OnHost {
    world: World,
    daemons: Daemons,
    asked: u32,
    signatures: u32,
}

impl OnHost {
    fn new(daemons: Daemons) -> Self {
        Self { world: World::new(), daemons, asked: 0, signatures: 0 }
    }

    fn session(&self) -> Session {
        self.world.session(vec![Source::new("host", Plan::identity_service(IdentityService::default()))])
    }

    /// One step of the agent, at most until a time.
    fn step(&mut self, session: &mut Session, end: u64) {
        let (now, daemons) = (self.world.now(), self.daemons);
        match session.poll() {
            Action::Authenticate(Inner::Ask(_)) => {
                self.asked += 1;
                let (hub, authentication) = match daemons {
                    Daemons::Serve(hub) => (hub, r#"{"type":"sas","keyHandle":"sr=a&sig=b"}"#),
                    Daemons::Certify(hub, _) => (hub, r#"{"type":"x509","keyHandle":"sr=a&sig=b","certId":"c"}"#),
                    _ => ("", ""),
                };
                let body = format!(
                    r#"{{"type":"aziot","spec":{{"hubName":"{hub}","gatewayHost":"{hub}","deviceId":"dev","auth":{authentication}}}}}"#
                );
                let event = match daemons {
                    Daemons::Serve(_) | Daemons::Certify(..) => {
                        InnerEvent::Answered(Response::new(200, body.as_bytes()))
                    }
                    Daemons::Restart => InnerEvent::Unanswered,
                    Daemons::Away => InnerEvent::NotReached(Obstacle::Absent),
                    Daemons::Deny => InnerEvent::Answered(Response::new(404, br#"{"message":"not found"}"#)),
                };
                self.world.ms += 10;
                session.handle(now, Event::Authenticator(event)).unwrap();
            }
            Action::Authenticate(Inner::Open(account)) => {
                assert_eq!(account.certificate_id(), "c");
                let Daemons::Certify(_, byte) = daemons else { panic!() };
                session.handle(now, Event::Authenticator(InnerEvent::Opened(&certificate(byte)))).unwrap();
            }
            Action::Sign(_, string) => {
                self.signatures += 1;
                let is_of = |hub: &str| string.as_bytes().starts_with(format!("{hub}%2Fdevices%2Fdev\n").as_bytes());
                let event = match daemons {
                    Daemons::Serve(hub) if is_of(hub) => Event::Signed(key(9).sign(string.as_bytes())),
                    _ => Event::SignFailed,
                };
                session.handle(now, event).unwrap();
            }
            _ => self.world.step(session, end),
        }
    }

    fn run(&mut self, session: &mut Session, span: u64) {
        let end = self.world.ms + span;
        while self.world.ms < end {
            self.step(session, end);
        }
    }

    /// How long it takes until the session is connected.
    fn connect(&mut self, session: &mut Session) -> u64 {
        let begin = self.world.ms;
        while session.status().phase != Phase::Connected {
            assert!(self.world.ms < begin + DAY, "{}", session.status());
            self.step(session, begin + DAY);
        }
        self.world.ms - begin
    }
}

fn hub_of(session: &Session) -> &str {
    session.assigned().unwrap().identity().hub().as_str()
}

fn lose(host: &OnHost, session: &mut Session) {
    session.handle(host.world.now(), Event::Disconnected(Loss::Dropped)).unwrap();
}

#[test]
fn a_daemon_that_restarts_during_a_start_is_asked_again_within_a_minute() {
    let mut host = OnHost::new(Daemons::Restart);
    let mut session = host.session();
    host.run(&mut session, 20_000);
    assert!((2..=8).contains(&host.asked), "{}", host.asked);
    host.daemons = Daemons::Serve("h.net");
    assert!(host.connect(&mut session) < 60_000);
    assert_eq!((hub_of(&session), session.status().counters.registrations), ("h.net", 0));
}

#[test]
fn daemons_that_are_away_for_an_hour_are_asked_seldom_and_found_again() {
    for away in [Daemons::Away, Daemons::Restart] {
        let mut host = OnHost::new(away);
        let mut session = host.session();
        host.run(&mut session, HOUR);
        let most = if away == Daemons::Away { 12 } else { 100 };
        assert!((3..=most).contains(&host.asked), "{} questions in an hour", host.asked);
        let why = if away == Daemons::Away { Diagnosis::KeyUnusable } else { Diagnosis::Unreachable };
        assert_eq!(session.status().authenticator_failure, Some(why));
        host.daemons = Daemons::Serve("h.net");
        let after = host.connect(&mut session);
        assert!(after < 2 * HOUR, "connected {after} ms after they were back");
        assert_eq!(session.status().authenticator_failure, None);
    }
}

#[test]
fn a_connection_stands_while_the_daemons_are_away_and_its_token_is_renewed_later() {
    let mut host = OnHost::new(Daemons::Serve("h.net"));
    let mut session = host.session();
    host.connect(&mut session);
    let (asked, signatures) = (host.asked, host.signatures);
    // Away when the token is to be renewed, and for an hour in all.
    let renewal = match session.poll() {
        Action::Stay(Some((window, Due::Renewal))) => u64::try_from(window.from.as_millis()).unwrap(),
        other => panic!("{other:?}"),
    };
    host.run(&mut session, renewal - host.world.ms - 1000);
    assert_eq!((host.asked, host.signatures), (asked, signatures), "nothing is asked while the token lives");
    host.daemons = Daemons::Away;
    host.run(&mut session, HOUR);
    assert!(host.signatures > signatures, "{}", session.status());
    assert!(host.asked - asked + host.signatures - signatures < 30, "{} and {}", host.asked, host.signatures);
    host.daemons = Daemons::Serve("h.net");
    assert!(host.connect(&mut session) < 2 * HOUR);
    assert_eq!(session.status().counters.registrations, 0);
}

#[test]
fn a_module_that_was_deleted_is_asked_for_less_and_less() {
    let mut host = OnHost::new(Daemons::Serve("h.net"));
    let mut session = host.session();
    host.connect(&mut session);
    // The hub ends the connection of the module, and refuses it from now on.
    host.world.hub = Box::new(|_, _| crate::agents::NO);
    host.daemons = Daemons::Deny;
    lose(&host, &mut session);
    let (before, connects) = (host.asked, session.status().counters.connects);
    host.run(&mut session, DAY);
    assert!((1..=24).contains(&(host.asked - before)), "{} questions in a day", host.asked - before);
    let connects = session.status().counters.connects - connects;
    assert_eq!(connects, 0, "no login without a token");
    assert_eq!(session.status().authenticator_failure, Some(Diagnosis::KeyUnusable));
    // It is created again.
    host.world.hub = Box::new(|_, _| Hub::Accepts);
    host.daemons = Daemons::Serve("h.net");
    let after = host.connect(&mut session);
    assert!(after < 3 * HOUR);
}

#[test]
fn a_device_that_was_provisioned_to_another_hub_is_followed_there() {
    let mut host = OnHost::new(Daemons::Serve("h.net"));
    let mut session = host.session();
    host.connect(&mut session);
    let asked = host.asked;
    host.daemons = Daemons::Serve("other.net");
    lose(&host, &mut session);
    let after = host.connect(&mut session);
    assert!(hub_of(&session) == "other.net" && after < 120_000, "{after} ms: {}", session.status());
    assert!(host.asked - asked == 1, "{} questions", host.asked - asked);
    // The former hub is not asked again.
    let hubs: Vec<_> = session.assigned().into_iter().map(|me| me.identity().hub().to_string()).collect();
    assert_eq!(hubs, ["other.net"]);
}

#[test]
fn the_token_of_a_device_that_was_provisioned_again_is_not_renewed_for_the_former_hub() {
    let mut host = OnHost::new(Daemons::Serve("h.net"));
    let mut session = host.session();
    host.connect(&mut session);
    host.daemons = Daemons::Serve("other.net");
    host.run(&mut session, DAY);
    assert_eq!((hub_of(&session), session.status().phase), ("other.net", Phase::Connected));
}

#[test]
fn an_identity_with_a_certificate_is_asked_for_again_when_its_key_does_not_sign() {
    static UNUSABLE: std::sync::OnceLock<TlsFailure> = std::sync::OnceLock::new();
    let unusable = UNUSABLE.get_or_init(|| TlsFailure::ClientKeyUnusable { reason: "provisioned again".into() });
    let mut host = OnHost::new(Daemons::Certify("h.net", 1));
    let mut session = host.session();
    host.connect(&mut session);
    assert_eq!((host.signatures, host.asked), (0, 1), "TLS signs, and not the session");
    let is_old = |login: &Login| login.identity.hub().as_str() == "h.net";
    host.world.hub = Box::new(move |login, _| if is_old(login) { Hub::Tls(unusable) } else { Hub::Accepts });
    host.daemons = Daemons::Certify("other.net", 2);
    lose(&host, &mut session);
    let after = host.connect(&mut session);
    assert!(hub_of(&session) == "other.net" && after < 120_000, "{after} ms");
    assert_eq!(session.assigned().unwrap().credential().certificate(), Some(&certificate(2)));
}

#[test]
fn a_workload_api_that_denies_its_module_is_asked_less_and_less() {
    let workload = Workload::from_environment(|name| {
        Some(match name {
            "IOTEDGE_WORKLOADURI" => "unix:///s.sock".into(),
            "IOTEDGE_MODULEID" => "m".into(),
            "IOTEDGE_MODULEGENERATIONID" => "1".into(),
            "IOTEDGE_DEVICEID" => "d".into(),
            "IOTEDGE_IOTHUBHOSTNAME" => "h.net".into(),
            _ => return None,
        })
    });
    let mut host = OnHost::new(Daemons::Deny);
    let mut session = host.world.session(vec![Source::new("module", Plan::workload(workload.unwrap()))]);
    host.run(&mut session, DAY);
    assert!((1..=24).contains(&host.signatures), "{} in a day", host.signatures);
    assert_eq!((host.asked, session.status().counters.connects), (0, 0), "no login without a token");
}
