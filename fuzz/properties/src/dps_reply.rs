//! Answers of the provisioning service to a registration, however the device proves itself.

use crate::{
    flow::{self, Clock, ROUNDS, Round, START},
    inputs::Inputs,
};
use defender_auth::{
    Attempt, Device, Now, SharedAccessKey, UnixTime,
    credential::{ClientCertificate, Credential, Issuer},
    dps::{Attestation, Cloud, Profile, Registration, Sending, Step},
    error::Error,
    http::Operation,
    identity::{DeviceId, HostName},
    key::{KeyUse, Signature},
    mqtt::{Connect, provisioning_topic},
    payload::Payload,
    sas::SasToken,
};
use serde_json::Value;

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

/// What nobody is shown.
const SECRETS: [&str; 2] = [KEY, "SharedAccessSignature sr="];

/// A registration does what its documentation says and nothing else, whatever it is told. That an ended one goes on is
/// nothing that can be written: its steps take what they change.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let mut begin = Inputs::new(inputs.line());
    let attestation = attestation(begin.byte());
    let profile = profile(begin.byte());
    let limit = flow::limit(begin.byte());
    let is_tpm = matches!(attestation, Attestation::Tpm { .. });
    let started = Registration::start(profile.clone(), attestation.clone(), START, Attempt::new(START, limit));
    assert_eq!(started.is_err(), is_tpm && profile.is_lookup_only(), "a TPM's lookup has no proof");
    let Ok(sending) = started else { return };
    let mut run = Run {
        profile,
        attestation,
        clock: Clock::begin(START, limit),
        now: START,
        last: Vec::new(),
        expiry: None,
        failures: 0,
        body: b"",
    };
    let mut step = Step::Send(sending);
    for _ in 0..ROUNDS {
        run.shown(&step);
        let Some(round) = Round::take(&mut inputs) else { return };
        run.body = round.body;
        run.now = round.after(run.now);
        match run.next(step, &round) {
            Ok(next) => step = next,
            Err(error) => return flow::error(&error, &SECRETS, round.body),
        }
    }
}

/// What the caller knows of a registration.
struct Run<'a> {
    profile: Profile,
    attestation: Attestation,
    clock: Clock,
    now: Now,
    /// The latest request, as it was written, and the expiry of its token.
    last: Vec<u8>,
    expiry: Option<UnixTime>,
    /// How many answers in a row were none.
    failures: u8,
    body: &'a [u8],
}

impl Run<'_> {
    fn next(&mut self, step: Step, round: &Round<'_>) -> Result<Step, Error> {
        let is_late = self.clock.is_late(self.now);
        match step {
            Step::Send(sending) => self.sent(sending, round, is_late),
            Step::Wait(waiting) => {
                let elapsed = waiting.elapsed(self.now);
                assert_eq!(elapsed.as_ref().err(), is_late.then_some(&Error::OutOfTime));
                let step = elapsed?;
                let was_set = self.expiry.is_some_and(|expiry| self.clock.outlasts(expiry, self.now));
                match &step {
                    Step::Send(sending) => {
                        let request = sending.request();
                        let again = flow::request(request, self.profile.endpoint());
                        let is_poll = matches!(request.operation(), Operation::RegistrationStatus(_));
                        assert!(
                            is_poll || was_set || again == self.last,
                            "after a wait the same request is sent again"
                        );
                        let expiry = request.token().map(SasToken::expires_at);
                        assert!(was_set || expiry == self.expiry, "one token, while the clock is not set");
                        assert!(
                            expiry.is_none_or(|expiry| !self.clock.outlasts(expiry, self.now)),
                            "it is long enough"
                        );
                    }
                    Step::Sign(_) => assert!(was_set && matches!(self.attestation, Attestation::Tpm { .. })),
                    _ => panic!("no wait leads there: {step:?}"),
                }
                Ok(step)
            }
            Step::Activate(activating) => {
                let key_use = activating.blob().key_use();
                let step = activating.activated(self.now);
                match (&step, key_use) {
                    (Err(error), KeyUse::Registration) => assert!(is_late && *error == Error::OutOfTime),
                    (Ok(Step::Sign(_)), KeyUse::Registration) => assert!(!is_late),
                    (Ok(Step::Done(device, _)), KeyUse::Hub) => self.done(device),
                    _ => panic!("{step:?} after {key_use:?}"),
                }
                step
            }
            Step::Sign(signing) => {
                let mut lines = signing.string_to_sign().as_bytes().split(|byte| *byte == b'\n');
                assert!(lines.next().is_some_and(<[u8]>::is_ascii) && lines.count() == 1, "a resource, an expiry");
                let signed = signing.signed(self.now, &Signature::from_bytes([round.event; 32]));
                assert_eq!(signed.as_ref().err(), is_late.then_some(&Error::OutOfTime));
                signed.map(Step::Send)
            }
            Step::Done(device, attempt) => Ok(Step::Done(device, attempt)),
        }
    }

    fn sent(&mut self, sending: Registration<Sending>, round: &Round<'_>, is_late: bool) -> Result<Step, Error> {
        let request = sending.request();
        self.last = flow::request(request, self.profile.endpoint());
        self.expiry = request.token().map(SasToken::expires_at);
        let is_proved = request.token().is_some() || request.certificate().is_some();
        let path = format!("/{}/registrations/{}", self.profile.id_scope(), self.profile.registration_id());
        let rest = request.target().strip_prefix(&path).expect("it is about this device");
        let rest = rest.strip_suffix("?api-version=2019-03-31").expect("one version of the interface");
        let is_lookup = *request.operation() == Operation::LookUpRegistration;
        match (request.operation(), rest) {
            (Operation::Register, "/register") | (Operation::LookUpRegistration, "") => {}
            (Operation::RegistrationStatus(id), rest) => {
                assert_eq!(rest.strip_prefix("/operations/"), Some(id.as_str()));
                assert!(!id.as_str().contains(['/', '?', '#', '%', '&', '+']), "it is one segment of a path");
            }
            _ => panic!("{request:?}"),
        }
        if let Some(topic) = provisioning_topic(request, 7) {
            assert!(topic.bytes().all(|byte| byte.is_ascii_graphic()) && !topic.contains(['#', '+']), "{topic}");
            let connect = Connect::provisioning(request).expect("what has a topic has a login");
            assert_eq!(connect.client_id, self.profile.registration_id().as_str());
        }
        let status = (round.event != b'U').then_some(round.status);
        let step = match status {
            None => sending.unanswered(self.now),
            Some(_) => sending.answered(self.now, round.response),
        };
        assert!(!is_late || step.as_ref().err() == Some(&Error::OutOfTime), "nothing goes on after the deadline");
        self.failures = if matches!(status, Some(200..=299)) { 0 } else { self.failures + 1 };
        match &step {
            Ok(Step::Wait(waiting)) => {
                flow::wait(waiting.wait(), status);
                self.clock.waits(waiting.wait());
                assert!(self.failures <= 6, "patience has an end");
                assert!(is_proved || !matches!(status, Some(200..=299)), "who proves nothing is not registered");
            }
            Ok(Step::Activate(activating)) => {
                assert!(matches!(self.attestation, Attestation::Tpm { .. }));
                let (blob, wanted) = (activating.blob(), if is_proved { KeyUse::Hub } else { KeyUse::Registration });
                assert_eq!(blob.key_use(), wanted);
                assert!(blob.fields().iter().all(|field| field.len() > 2), "no field is empty");
                assert_eq!(is_proved, status != Some(401), "a challenge is for who has proved nothing");
            }
            Ok(Step::Done(device, attempt)) => {
                assert_eq!(attempt.left(), self.clock.left(), "what is left is handed on");
                assert!(is_proved && matches!(status, Some(200..=299)));
                self.says(device, is_lookup);
                self.done(device);
            }
            Ok(Step::Send(_) | Step::Sign(_)) => panic!("no answer leads there"),
            Err(_) => {}
        }
        step
    }

    /// The device is the one of the answer.
    fn says(&self, device: &Device, is_lookup: bool) {
        // A member that nobody reads may hold what is no text.
        let Ok(body) = serde_json::from_slice::<Value>(self.body) else { return };
        let state = if is_lookup { &body } else { &body["registrationState"] };
        assert_eq!(state["assignedHub"], device.identity().hub().as_str());
        assert_eq!(state["deviceId"], device.identity().device_id().as_str());
        let id = state["registrationId"].as_str().unwrap_or(self.profile.registration_id().as_str());
        assert!(id.eq_ignore_ascii_case(self.profile.registration_id().as_str()), "it is about somebody else");
    }

    /// A device has good names, what it came with, and a record.
    fn done(&self, device: &Device) {
        let identity = device.identity();
        assert_eq!(HostName::new(identity.hub().as_str()).as_ref(), Ok(identity.hub()));
        assert_eq!(DeviceId::new(identity.device_id().as_str()).as_ref(), Ok(identity.device_id()));
        assert!(identity.module_id().is_none() && identity.gateway().is_none());
        let record = device.registration_state().expect("the service has noted something");
        let substatus = record.substatus.as_ref().map(ToString::to_string);
        for said in [&substatus, &record.last_updated, &record.etag].into_iter().flatten() {
            assert!(!said.contains(flow::steers), "{said:?} can be shown");
        }
        match (&self.attestation, device.credential()) {
            (Attestation::SymmetricKey(key), Credential::SymmetricKeys(keys)) => assert_eq!(keys.current(), key),
            (Attestation::Certificate(given), Credential::Certificate(certificate)) => assert_eq!(certificate, given),
            (Attestation::Tpm { .. }, Credential::ExternalSigner) => {}
            (_, credential) => panic!("{credential:?}"),
        }
    }

    /// What is shown of a step hides what it holds.
    fn shown(&self, step: &Step) {
        if !matches!(step, Step::Done(..)) {
            flow::no_secret(&format!("{step:?}"), &SECRETS, self.body);
        }
    }
}

fn attestation(kind: u8) -> Attestation {
    let key = SharedAccessKey::from_base64(KEY).expect("a key");
    match kind {
        b'G' => key.derive(&"dev-1".parse().expect("an ID")).into(),
        b'C' => ClientCertificate::held_elsewhere(None).into(),
        b'S' => ClientCertificate::from_der(vec![vec![0x30, 0]], &[0x30, 0], Issuer::Authority).into(),
        b'T' => Attestation::Tpm { endorsement_key: vec![0, 1, 0xE], storage_root_key: vec![0, 1, 0x5] },
        _ => key.into(),
    }
}

fn profile(kind: u8) -> Profile {
    let profile = Profile::new("0ne00000A0A".parse().expect("a scope"), "dev-1".parse().expect("an ID"));
    match kind {
        b'L' => profile.lookup_only(true),
        b'P' => profile.with_payload(Payload::model_id("dtmi:a:b;1")).with_endpoint(Cloud::China),
        _ => profile,
    }
}
