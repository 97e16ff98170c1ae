//! A world in virtual time: a clock, a TPM of two keys, and services that follow a script.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    Action, Attempt, Authenticator, Device, Error, Event, Now, Outcome, Plan, SharedAccessKey, UnixTime,
    credential::{ClientCertificate, Credential, Issuer},
    dps::{Attestation, Profile},
    error::{ProtocolError, ServiceError},
    http::{Request, Response},
    key::{ActivationBlob, KeyUse, Signature},
    wait::Wait,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{collections::VecDeque, time::Duration};

pub(crate) const T0: UnixTime = UnixTime::from_secs(1_700_000_000);
/// Ten minutes later: when an attempt gives up.
pub(crate) const END: UnixTime = UnixTime::from_secs(1_700_000_600);
/// How long an attempt may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(600);
pub(crate) const T0_DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
pub(crate) const TWO_HOURS_LATER: &str = "Wed, 15 Nov 2023 00:13:20 GMT";

pub(crate) const DEVICE_KEY: [u8; 32] = *b"device key: 32 bytes of a secret";
pub(crate) const MODULE_KEY: [u8; 32] = *b"module key: 32 bytes of a secret";
pub(crate) const MODULE_KEY_2: [u8; 32] = *b"second key: 32 bytes of a secret";
pub(crate) const REGISTRATION_KEY: [u8; 32] = *b"wrapped for one attempt, and not";
pub(crate) const HUB_KEY: [u8; 32] = *b"wrapped for the hub and is kept!";

pub(crate) const DPS: &str = "global.azure-devices-provisioning.net";
pub(crate) const HUB: &str = "contoso.azure-devices.net";
pub(crate) const OPERATION: &str = "4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d";

pub(crate) fn key(bytes: &[u8]) -> SharedAccessKey {
    SharedAccessKey::from_bytes(bytes).unwrap()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn profile() -> Profile {
    Profile::new("0ne000A1B2C".parse().unwrap(), "dev-01".parse().unwrap())
}

pub(crate) fn device(credential: impl Into<Credential>) -> Device {
    Device::new(HUB.parse().unwrap(), "dev-01".parse().unwrap(), credential)
}

pub(crate) fn certificate(issuer: Issuer) -> ClientCertificate {
    ClientCertificate::from_der(vec![vec![0x30, 1]], &[0x30, 2], issuer)
}

pub(crate) fn tpm() -> Attestation {
    Attestation::Tpm { endorsement_key: vec![1; 316], storage_root_key: vec![2; 284] }
}

/// Both clocks. The monotonic one is right, whatever it counts from.
pub(crate) const fn at(time: UnixTime) -> Now {
    Now { wall: time, monotonic: Duration::from_secs(time.as_secs()) }
}

/// From [`T0`] to [`END`].
pub(crate) fn attempt() -> Attempt {
    Attempt::new(at(T0), LIMIT)
}

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn secs(wait: Wait) -> (u64, u64) {
    (wait.at_least.as_secs(), wait.at_most.as_secs())
}

pub(crate) fn service_error(error: Error) -> ServiceError {
    match error {
        Error::Service(error) => *error,
        other => panic!("no service refused: {other:?}"),
    }
}

pub(crate) fn protocol_error(error: Error) -> ProtocolError {
    match error {
        Error::Protocol(error) => error,
        other => panic!("no message was at fault: {other:?}"),
    }
}

pub(crate) fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// A field of a token, as it is written.
pub(crate) fn field<'a>(token: &'a str, name: &str) -> Option<&'a str> {
    let fields = token.strip_prefix("SharedAccessSignature ").unwrap().split('&');
    fields.filter_map(|field| field.split_once('=')).find_map(|(n, value)| (n == name).then_some(value))
}

/// What a service does with a token, by other code than the library's.
pub(crate) fn holds(token: &str, key: &[u8], now: UnixTime) -> bool {
    let [sr, sig, se] = ["sr", "sig", "se"].map(|name| field(token, name).unwrap());
    let signature = base64(&hmac(key, format!("{sr}\n{se}").as_bytes()));
    let escaped = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    escaped == sig && se.parse::<u64>().unwrap() > now.as_secs()
}

/// A wrapped key. The first field is the key in the clear: this TPM does no cryptography.
pub(crate) fn blob(key: &[u8; 32]) -> Vec<u8> {
    let mut blob = [&[0, 32], key.as_slice()].concat();
    for length in [256u16, 142, 256, 48, 154] {
        blob.extend(length.to_be_bytes());
        blob.resize(blob.len() + usize::from(length), 7);
    }
    blob
}

/// One transient key, which serves an attempt, and one persistent key, which serves a hub.
#[derive(Default)]
pub(crate) struct Tpm {
    pub(crate) transient: Option<[u8; 32]>,
    pub(crate) persistent: Option<[u8; 32]>,
}

impl Tpm {
    fn activate(&mut self, blob: &ActivationBlob) {
        let key = blob.fields()[0][2..].try_into().unwrap();
        match blob.key_use() {
            KeyUse::Registration => self.transient = Some(key),
            KeyUse::Hub => (self.persistent, self.transient) = (Some(key), None),
        }
    }

    pub(crate) fn sign(&self, key_use: KeyUse, data: &[u8]) -> Signature {
        let key = if key_use == KeyUse::Hub { self.persistent } else { self.transient };
        Signature::from_bytes(hmac(&key.expect("the TPM has no such key"), data))
    }
}

#[derive(Clone)]
pub(crate) enum Reply {
    Silence,
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: String },
}

pub(crate) fn reply(status: u16, body: &(impl ToString + ?Sized)) -> Reply {
    Reply::Answer { status, headers: vec![], body: body.to_string() }
}

impl Reply {
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// The same answer, its body filled up with white space.
    pub(crate) fn padded(mut self, length: usize) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            body.push_str(&" ".repeat(length - body.len()));
        }
        self
    }

    pub(crate) fn response(&self) -> Option<Response<'_>> {
        let Self::Answer { status, headers, body } = self else { return None };
        let response = Response::new(*status, body.as_bytes());
        Some(headers.iter().fold(response, |response, (name, value)| response.header(name, value)))
    }
}

pub(crate) fn assigning() -> Reply {
    let state = json!({ "registrationId": "dev-01", "status": "assigning" });
    reply(202, &json!({ "operationId": OPERATION, "status": "assigning", "registrationState": state }))
        .with("Retry-After", "3")
}

/// A good state, with some members more, or others.
pub(crate) fn state(members: Value) -> Value {
    let mut state = json!({
        "registrationId": "dev-01", "assignedHub": HUB, "deviceId": "dev-01", "status": "assigned",
        "lastUpdatedDateTimeUtc": "2026-11-01T00:00:00Z", "etag": "e1",
    });
    let Value::Object(members) = members else { panic!() };
    state.as_object_mut().unwrap().extend(members);
    state
}

pub(crate) fn assigned(members: Value) -> Reply {
    reply(200, &json!({ "operationId": OPERATION, "status": "assigned", "registrationState": state(members) }))
}

pub(crate) fn assigned_with_hub_key() -> Reply {
    assigned(json!({ "tpm": { "authenticationKey": base64(&blob(&HUB_KEY)) } }))
}

pub(crate) fn challenge() -> Reply {
    let key = base64(&blob(&REGISTRATION_KEY));
    reply(
        401,
        &json!({
            "message": "Authorization required, resend request using supplied key",
            "authenticationKey": key, "unencryptedAuthenticationKey": null, "keyName": "registration",
        }),
    )
}

pub(crate) fn module(authentication: &Value) -> Reply {
    reply(
        200,
        &json!({
            "moduleId": "azureiotsecurity", "managedBy": null, "deviceId": "dev-01", "generationId": "1", "etag": "x",
            "connectionState": "Disconnected", "cloudToDeviceMessageCount": 0, "authentication": authentication,
        }),
    )
}

pub(crate) fn module_keys() -> Reply {
    module(&json!({
        "symmetricKey": { "primaryKey": base64(&MODULE_KEY), "secondaryKey": base64(&MODULE_KEY_2) },
        "x509Thumbprint": { "primaryThumbprint": null, "secondaryThumbprint": null }, "type": "sas",
    }))
}

pub(crate) struct World {
    pub(crate) now: UnixTime,
    pub(crate) deadline: UnixTime,
    pub(crate) tpm: Tpm,
    script: VecDeque<Reply>,
    /// A line for each step.
    pub(crate) log: Vec<String>,
    /// The token of each request that had one.
    pub(crate) tokens: Vec<String>,
}

impl World {
    pub(crate) fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let script = script.into_iter().collect();
        Self { now: T0, deadline: END, tpm: Tpm::default(), script, log: vec![], tokens: vec![] }
    }

    /// What is left until the deadline.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt::new(at(self.now), self.deadline.since(self.now))
    }

    /// The first word of each line of the log.
    pub(crate) fn steps(&self) -> Vec<&str> {
        self.log.iter().map(|line| line.split(' ').next().unwrap()).collect()
    }

    pub(crate) fn exchange(&mut self, request: &Request) -> Reply {
        assert!(self.now <= self.deadline, "no request follows the deadline");
        let proof = match (request.token(), request.certificate()) {
            (Some(token), None) => {
                self.tokens.push(token.expose().to_owned());
                "token"
            }
            (None, Some(_)) => "certificate",
            (None, None) => "nothing",
            (Some(_), Some(_)) => panic!("one proof is enough"),
        };
        self.log.push(format!("{} {}{} by {proof}", request.method(), request.host(), request.target()));
        self.script.pop_front().expect("the script has no more answers")
    }

    /// Lets the least time pass that is asked for.
    pub(crate) fn wait(&mut self, wait: Wait) {
        assert!(wait.at_least <= wait.at_most && self.now + wait.at_most <= self.deadline, "{wait:?} is too long");
        self.log.push(format!("wait {} {:?}", wait.at_least.as_secs(), wait.reason));
        self.now = self.now + wait.at_least;
    }

    pub(crate) fn activate(&mut self, blob: &ActivationBlob) {
        self.log.push(format!("activate {:?}", blob.key_use()));
        self.tpm.activate(blob);
    }

    pub(crate) fn sign(&mut self, key_use: KeyUse, data: &[u8]) -> Signature {
        self.log.push(format!("sign {key_use:?}"));
        self.tpm.sign(key_use, data)
    }

    /// A plan, by the loop that any driver has. Nothing in it is about a protocol.
    pub(crate) fn run(&mut self, plan: &Plan) -> Result<Outcome, Error> {
        let mut auth = Authenticator::new(plan, at(self.now), self.deadline.since(self.now));
        loop {
            match auth.poll() {
                Action::Send(request) => match self.exchange(request).response() {
                    Some(response) => auth.handle(at(self.now), Event::Answered(response))?,
                    None => auth.handle(at(self.now), Event::Unanswered)?,
                },
                Action::Wait(wait) => {
                    self.wait(wait);
                    auth.handle(at(self.now), Event::Elapsed)?;
                }
                Action::Activate(blob) => {
                    self.activate(blob);
                    auth.handle(at(self.now), Event::Activated)?;
                }
                Action::Sign(key_use, string) => {
                    let signature = self.sign(key_use, string.as_bytes());
                    auth.handle(at(self.now), Event::Signed(signature))?;
                }
                Action::Done(_) | Action::Failed(_) => return auth.into_outcome(),
                _ => unreachable!("an action of a later version"),
            }
        }
    }
}
