//! Answers of a hub that is asked for a module's identity, and what the module logs in with then.

use crate::{
    flow::{self, Clock, ROUNDS, Round, START},
    inputs::Inputs,
};
use core::time::Duration;
use defender_auth::{
    Attempt, ConnectionString, Device, Now, Outcome, Password, SharedAccessKey, UnixTime,
    credential::{ClientCertificate, Credential, Issuer, PolicyKey, SymmetricKeys},
    device_mode::{ModuleLookup, Sending, Step, Target},
    error::Error,
    identity::ModuleId,
    key::Signature,
    mqtt::Connect,
    sas::{Audience, SasToken},
};
use serde_json::Value;

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const TOKEN: &str = "SharedAccessSignature sr=h.azure-devices.net%2Fdevices%2Fdev-1&sig=AAAA&se=1700000100";

/// A module lookup does what its documentation says and nothing else, whatever it is told; what it ends with logs in as the
/// module that was asked for.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let mut begin = Inputs::new(inputs.line());
    let device = device(begin.byte());
    let (target, module, certificate) = target(begin.byte());
    let limit = flow::limit(begin.byte());
    let is_by_authority =
        device.credential().certificate().and_then(ClientCertificate::issuer) == Some(Issuer::Authority);
    let started = ModuleLookup::start(device.clone(), target, START, Attempt::new(START, limit));
    assert_eq!(started.is_err(), is_by_authority, "Device mode is for self-signed certificates");
    let Ok(mut step) = started else { return };
    let signs = *device.credential() == Credential::ExternalSigner;
    assert!(matches!((&step, signs), (Step::Sign(_), true) | (Step::Send(_), false)), "{step:?}");
    let mut run = Run {
        device,
        module,
        certificate,
        clock: Clock::begin(START, limit),
        now: START,
        last: Vec::new(),
        expiry: None,
        failures: 0,
    };
    for _ in 0..ROUNDS {
        let Some(round) = Round::take(&mut inputs) else { return };
        run.now = round.after(run.now);
        match run.next(step, &round) {
            Ok(Step::Done(outcome)) => return run.done(&outcome, round.body),
            Ok(next) => step = next,
            Err(error) => return flow::error(&error, &[KEY, "SharedAccessSignature sr="], round.body),
        }
        flow::no_secret(&format!("{step:?}"), &[KEY, "SharedAccessSignature sr="], round.body);
    }
}

/// What the caller knows of a module lookup.
struct Run {
    device: Device,
    module: ModuleId,
    certificate: Option<ClientCertificate>,
    clock: Clock,
    now: Now,
    /// The latest request, as it was written, and the expiry of its token.
    last: Vec<u8>,
    expiry: Option<UnixTime>,
    /// How many answers in a row were none.
    failures: u8,
}

impl Run {
    fn next(&mut self, step: Step, round: &Round<'_>) -> Result<Step, Error> {
        let is_late = self.clock.is_late(self.now);
        let late = is_late.then_some(Error::OutOfTime);
        match step {
            Step::Send(sending) => self.sent(sending, round, is_late),
            Step::Wait(waiting) => {
                let elapsed = waiting.elapsed(self.now);
                assert_eq!(elapsed.as_ref().err(), late.as_ref());
                let step = elapsed?;
                let was_set = self.expiry.is_some_and(|expiry| self.clock.outlasts(expiry, self.now));
                let is_given = matches!(self.device.credential(), Credential::Token(_));
                match &step {
                    Step::Send(sending) => {
                        let request = sending.request();
                        let again = flow::request(request, self.device.identity().hub());
                        assert!(
                            again == self.last || (was_set && !is_given),
                            "after a wait the same request is sent again"
                        );
                        let expiry = request.token().map(SasToken::expires_at).filter(|_| !is_given);
                        assert!(
                            expiry.is_none_or(|expiry| !self.clock.outlasts(expiry, self.now)),
                            "it is long enough"
                        );
                    }
                    Step::Sign(_) => assert!(was_set && *self.device.credential() == Credential::ExternalSigner),
                    _ => panic!("no wait leads there: {step:?}"),
                }
                Ok(step)
            }
            Step::Sign(signing) => {
                assert!(signing.string_to_sign().as_bytes().split(|byte| *byte == b'\n').count() == 2);
                let signed = signing.signed(self.now, &Signature::from_bytes([round.event; 32]));
                assert_eq!(signed.as_ref().err(), late.as_ref());
                signed.map(Step::Send)
            }
            Step::Done(outcome) => Ok(Step::Done(outcome)),
        }
    }

    fn sent(&mut self, sending: ModuleLookup<Sending>, round: &Round<'_>, is_late: bool) -> Result<Step, Error> {
        let request = sending.request();
        self.last = flow::request(request, self.device.identity().hub());
        self.expiry = request.token().map(SasToken::expires_at);
        assert_eq!((request.method(), request.body()), ("GET", &b""[..]));
        assert!(request.target().starts_with("/devices/dev-1/modules/"));
        assert!(request.token().is_some() || request.certificate().is_some(), "something proves it");
        let status = (round.event != b'U').then_some(round.status);
        let step = match status {
            None => sending.unanswered(self.now),
            Some(_) => sending.answered(self.now, round.response),
        };
        assert!(!is_late || step.is_err(), "nothing goes on after the deadline");
        self.failures += 1;
        match &step {
            Ok(Step::Wait(waiting)) => {
                flow::wait(waiting.wait(), status);
                self.clock.waits(waiting.wait());
                assert!(self.failures <= 6, "patience has an end");
            }
            Ok(Step::Done(_)) => assert!(matches!(status, Some(200..=299))),
            Ok(Step::Send(_) | Step::Sign(_)) => panic!("no answer leads there"),
            Err(_) => {}
        }
        step
    }

    /// The module is the one that was asked for, with a credential of the answer or of its own.
    fn done(&self, outcome: &Outcome, body: &[u8]) {
        let (identity, device) = (outcome.identity(), self.device.identity());
        assert_eq!((identity.hub(), identity.gateway()), (device.hub(), device.gateway()));
        assert_eq!((identity.device_id(), identity.module_id()), (device.device_id(), Some(&self.module)));
        // A member that nobody reads may hold what is no text.
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
        assert_eq!((&body["deviceId"], &body["moduleId"]), (&"dev-1".into(), &self.module.as_str().into()));
        let said = &body["authentication"];
        match outcome.credential() {
            Credential::SymmetricKeys(keys) => {
                assert_eq!(said["type"], "sas");
                self.keys(outcome, keys, &said["symmetricKey"]);
            }
            Credential::Certificate(certificate) => {
                assert!(said["type"] == "selfSigned" || said["type"] == "certificateAuthority");
                assert_eq!(Some(certificate), self.certificate.as_ref(), "it is the module's own");
            }
            credential => panic!("{credential:?}"),
        }
        let connect = Connect::hub(identity, None);
        assert_eq!(&connect.host, identity.endpoint());
        assert_eq!(connect.client_id, format!("dev-1/{}", self.module));
        let user = format!("{}/{}/?api-version=", device.hub(), connect.client_id);
        assert!(connect.user_name.starts_with(&user) && connect.user_name.bytes().all(|byte| byte.is_ascii_graphic()));
    }

    /// The keys are those of the answer, and make good tokens.
    fn keys(&self, outcome: &Outcome, keys: &SymmetricKeys, said: &Value) {
        let key = |name: &str| said[name].as_str().map(|text| SharedAccessKey::from_base64(text).expect("a key"));
        assert_eq!(
            Some(keys),
            key("primaryKey").map(|primary| SymmetricKeys::new(primary, key("secondaryKey"))).as_ref()
        );
        let mut outcome = outcome.clone();
        let has_another = key("secondaryKey").is_some();
        for name in ["primaryKey", "secondaryKey"].into_iter().take(1 + usize::from(has_another)) {
            let Password::Token(token) = outcome.password(self.now.wall + Duration::from_secs(60)) else {
                panic!("no token")
            };
            let key = key(name).expect("it is there");
            if self.now.wall.as_secs() < u64::MAX {
                assert_eq!(token.verify(&key, self.now.wall, Duration::ZERO), Ok(()));
            }
            assert!(token.is_good_for(outcome.identity()));
            let string = outcome.connection_string();
            assert_eq!(string.is_none(), self.module.as_str().contains(';'));
            if let Some(string) = string {
                let again = ConnectionString::parse(string.expose().expose()).expect("other programs can read it");
                assert_eq!(again.identity(), outcome.identity());
            }
            assert_eq!(outcome.fall_back(), name == "primaryKey" && has_another);
        }
    }
}

fn device(kind: u8) -> Device {
    let (hub, id) = ("h.azure-devices.net".parse().expect("a host"), "dev-1".parse().expect("an ID"));
    let key = SharedAccessKey::from_base64(KEY).expect("a key");
    match kind {
        b'P' => Device::new(hub, id, PolicyKey { policy: "device".parse().expect("a name"), key }),
        b'X' => Device::new(hub, id, Credential::ExternalSigner),
        b'T' => Device::new(hub, id, SasToken::parse(TOKEN).expect("a token")),
        b'C' => Device::new(hub, id, ClientCertificate::held_elsewhere(None)),
        b'S' => Device::new(hub, id, ClientCertificate::from_der(vec![vec![0x30, 0]], &[0x30, 0], Issuer::SelfSigned)),
        b'A' => Device::new(hub, id, ClientCertificate::held_elsewhere(Some(Issuer::Authority))),
        b'W' => Device::new(hub, id, key).with_gateway("gateway".parse().expect("a host")),
        _ => Device::new(hub, id, key),
    }
}

/// What to ask for, its name and its certificate.
fn target(kind: u8) -> (Target, ModuleId, Option<ClientCertificate>) {
    let module = ModuleId::new(if kind == b'O' { "$a%#?;'" } else { "azureiotsecurity" }).expect("an ID");
    let certificate =
        (kind == b'C').then(|| ClientCertificate::with_key_elsewhere(vec![vec![0x30, 1, 7]], Issuer::SelfSigned));
    let target = Target::new(module.clone()).with_audience(match kind {
        b'H' => Audience::HubOnly,
        b'R' => Audience::Raw,
        b'E' => Audience::EncodedTwice,
        _ => Audience::Encoded,
    });
    let target = certificate.iter().cloned().fold(target, Target::with_certificate);
    (target, module, certificate)
}
