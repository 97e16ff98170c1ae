//! Logins by MQTT 5 at a hub with the connection profile `mqttV5`.

use crate::site::{HUB, Site, closed, error, through};
use defender_auth::{
    SharedAccessKey, UnixTime,
    credential::ClientCertificate,
    identity::Identity,
    mqtt::{Connect, ReasonCode},
    outcome::ConnectionProfile,
    sas::{Resource, StringToSign},
    x509::{Certificate, ClientIdentity},
};
use defender_auth_emulator::{Device, Emulator, Entry, Fault, Hub, Operation, World};
use defender_auth_mqtt::{Dial, Error, Limits, Login, Session, Transport};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// A hub of the profile with one device, its certificate, and its identity.
struct V5 {
    site: Site,
    certificate: ClientCertificate,
    me: Identity,
}

impl V5 {
    fn new() -> Self {
        let pair = rcgen::generate_simple_self_signed(["dev-01".into()]).unwrap();
        let pem = [pair.cert.pem(), pair.signing_key.serialize_pem()].concat();
        let certificate = ClientIdentity::from_pem(pem.as_bytes(), None).unwrap().into_client_certificate();
        let thumbprint = Certificate::from_der(pair.cert.der()).unwrap().sha256().to_string();
        let hub = Hub::new(HUB).connection_profile(Hub::MQTT_V5).device(Device::with_thumbprint("dev-01", &thumbprint));
        let site = Site(Emulator::play(World::new().hub(hub), "127.0.0.1:0".parse().unwrap()).unwrap());
        let me = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
        Self { site, certificate, me }
    }

    /// Straight to the emulator, with so much time for the SUBACK and the acknowledgement.
    fn dial(&self, presence: Duration) -> Dial {
        let limits = Limits { reach: LONG, greet: LONG, answer: LONG, presence };
        self.site.dial(Transport::Mqtt).with_limits(limits)
    }

    fn log_in(&self, dial: &Dial) -> Result<Session, Error> {
        Session::open(Login::MqttV5(&self.me), &self.certificate, dial, self.site.roots())
    }

    fn fault(&self, operation: Operation, fault: Fault) {
        self.site.0.fault(operation, fault, 1);
    }

    fn births(&self) -> usize {
        let entries = self.site.0.journal().entries();
        entries.iter().filter(|entry| matches!(entry, Entry::Acknowledged { .. })).count()
    }
}

#[test]
fn a_login_ends_with_the_acknowledgement_of_the_birth_over_every_transport() {
    let v5 = V5::new();
    let proxy = v5.site.0.proxy(None).unwrap();
    let through_proxy = || Dial::host().with_proxies(through(proxy.address(), ""));
    let straight = v5.dial(LONG);
    let (tcp, websocket) = (Transport::Mqtt, Transport::WebSocket);
    for (dial, transport) in [
        (straight.clone(), tcp),
        (straight.clone().with_transport(websocket), websocket),
        (straight.with_transport(Transport::Auto), tcp),
        (Dial::at(closed()).with_websocket_at(v5.site.0.https_address()).with_transport(Transport::Auto), websocket),
        (through_proxy(), tcp),
        (through_proxy().with_transport(websocket), websocket),
    ] {
        let before = v5.births();
        let mut session = v5.log_in(&dial).unwrap();
        assert_eq!((session.transport(), v5.births()), (transport, before + 1));
        session.publish("ih/dev-01/srv/telemetry", b"{}").unwrap();
        session.subscribe("ih/dev-01/dev/twin").unwrap();
        session.close();
    }
}

#[test]
fn every_login_has_a_correlation_of_its_own_and_a_session_that_is_kept() {
    let v5 = V5::new();
    v5.log_in(&v5.dial(LONG)).unwrap().close();
    for _ in 0..6000 {
        if v5.site.0.connections() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    v5.log_in(&v5.dial(LONG)).unwrap().close();
    let births: Vec<String> = v5.site.0.journal().entries().iter().map(ToString::to_string).collect();
    let said: Vec<&String> = births.iter().filter(|line| line.starts_with("acknowledged")).collect();
    assert!(said[0].ends_with("birth:1, no payload"), "{births:?}");
    assert!(said[1].ends_with("birth:1, session present true, push [false, false]"), "{births:?}");
}

#[test]
fn a_refusal_has_its_reason_code_by_name() {
    let v5 = V5::new();
    for (code, words, is_transient) in [
        (0x85, "the client ID is not valid (0x85)", false),
        (0x86, "the user name or the password is malformed or rejected (0x86)", false),
        (0x87, "the client is not authorized (0x87)", false),
        (0x8c, "the method of authentication is not supported (0x8C)", false),
        (0x89, "the server is busy (0x89)", true),
    ] {
        v5.fault(Operation::Connect, Fault::Connack(code));
        let refused = error(v5.log_in(&v5.dial(LONG)));
        assert!(matches!(&refused, Error::Rejected { reason, .. } if *reason == ReasonCode::new(code)), "{refused}");
        assert_eq!(refused.to_string(), format!("{} refused the connection: {words}", v5.site.0.address()));
        assert_eq!(refused.is_transient(), is_transient, "{code}");
    }
    for operation in [Operation::Subscribe, Operation::Birth] {
        v5.fault(operation, Fault::Disconnect(0x87));
        let ended = error(v5.log_in(&v5.dial(LONG)));
        assert!(matches!(&ended, Error::Ended { reason, .. } if reason.code() == 0x87), "{ended}");
        assert!(ended.to_string().ends_with("ended the connection: the client is not authorized (0x87)"), "{ended}");
    }
    v5.fault(Operation::Subscribe, Fault::Suback(0x97));
    let refused = error(v5.log_in(&v5.dial(LONG)));
    assert!(matches!(&refused, Error::NotSubscribed { topic, .. } if topic == "ih/dev-01/dev/#"), "{refused}");
    v5.fault(Operation::Birth, Fault::Truncated);
    assert!(matches!(error(v5.log_in(&v5.dial(LONG))), Error::Presence));
    v5.fault(Operation::Connect, Fault::Truncated);
    assert!(matches!(error(v5.log_in(&v5.dial(LONG))), Error::Closed { .. }));
}

#[test]
fn silence_ends_a_login_at_the_profiles_own_limit() {
    assert_eq!(Limits::default().presence, Duration::from_secs(60));
    let v5 = V5::new();
    let short = Duration::from_millis(300);
    for (operation, fault, part) in [
        (Operation::Subscribe, Fault::NoAnswer, "subscription"),
        (Operation::Birth, Fault::NoAnswer, "birth"),
        // That of another login is none.
        (Operation::Birth, Fault::OtherCorrelation, "birth"),
    ] {
        v5.fault(operation, fault);
        // Until then the others have answered, however long that takes.
        let silent = match v5.log_in(&v5.dial(short)) {
            Err(error @ Error::NotAcknowledged { .. }) => error,
            other => panic!("{:?}", other.err()),
        };
        assert!(silent.is_transient());
        let _ = v5.site.0.forget_faults();
        assert!(silent.to_string().contains("did not acknowledge the "), "{silent}");
        if !silent.to_string().contains(part) {
            // On a loaded machine the answer before it may be late.
            assert_eq!(part, "birth");
        }
    }
}

#[test]
fn what_the_profile_has_no_login_for_is_not_dialled() {
    let v5 = V5::new();
    let nowhere = Dial::at(closed());
    let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
    let token = StringToSign::new(Resource::of(&v5.me), UnixTime::from_secs(1_900_000_000)).sign_with(&key);
    let by_token = error(Session::open(Login::MqttV5(&v5.me), &token, &nowhere, v5.site.roots()));
    assert!(by_token.to_string().contains("`mqttV5`, which accepts no SAS token; log in with a client certificate"));
    let module = Identity::module(HUB.parse().unwrap(), "dev-01".parse().unwrap(), "m".parse().unwrap());
    let of_module = error(Session::open(Login::MqttV5(&module), &v5.certificate, &nowhere, v5.site.roots()));
    assert!(of_module.to_string().contains("has no logins of modules"), "{of_module}");
    let connect = Connect::hub(&v5.me, None);
    let unknown = Login::of(&ConnectionProfile::named("mqttV6"), &connect, &v5.me).err().unwrap();
    assert!(unknown.to_string().contains("profile \"mqttV6\", which is not known here"), "{unknown}");
    let v5_login = Login::of(&ConnectionProfile::MqttV5, &connect, &v5.me).unwrap();
    assert!(matches!(v5_login, Login::MqttV5(_)));
    assert!(matches!(Login::of(&ConnectionProfile::Classic, &connect, &v5.me), Ok(Login::Classic(_))));
}

#[test]
fn a_login_by_the_version_of_another_profile_is_refused_by_name() {
    let v5 = V5::new();
    let connect = Connect::hub(&v5.me, None);
    let classic = error(Session::open(&connect, &v5.certificate, &v5.dial(LONG), v5.site.roots()));
    assert!(classic.to_string().contains("does not support this version of MQTT (CONNACK 1)"), "{classic}");
    let site = Site::new();
    let hub_of_3 =
        error(Session::open(Login::MqttV5(&v5.me), &v5.certificate, &site.dial(Transport::Mqtt), site.roots()));
    assert!(hub_of_3.to_string().contains("does not support this version of MQTT (0x84)"), "{hub_of_3}");
}
