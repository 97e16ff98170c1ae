//! No `Debug`, no `Display` and no error shows a secret, in any of its forms.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../support/scratch.rs"]
mod scratch;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests of the TPM need all of it")]
#[path = "../tpm/swtpm.rs"]
mod swtpm;
#[cfg(unix)]
mod tpm_keys;
mod types;
mod values;

use defender_auth::{
    ConnectionString, Error, Outcome, Plan, SharedAccessKey, UnixTime, agent,
    connection_string::ServiceConnectionString,
    credential::{Credential, PolicyKey, SymmetricKeys},
    identity::Identity,
    key::{GroupKey, Signature},
    sas::{Resource, SasToken, Signer, StringToSign},
    secret::SecretText,
};
use scratch::Scratch;
use std::{
    any::type_name,
    collections::BTreeSet,
    fmt::{Debug, Write as _},
};

/// Bytes that no other text contains by chance.
const KEYS: [[u8; 32]; 3] = [*b"zq/primary/32-bytes-of-a-secret!", *b"zq/another/32-bytes-of-a-secret!", [0x5a; 32]];
const EXPIRY: UnixTime = UnixTime::from_secs(1_700_003_600);

/// Everything that was printed, and the words in the names of its types.
#[derive(Default)]
struct Shown(String, BTreeSet<String>);

impl Shown {
    fn debug<T: Debug>(&mut self, value: &T) {
        let names = type_name::<T>().split(|c: char| !c.is_alphanumeric());
        self.1.extend(names.map(String::from));
        write!(self.0, "{value:?} {value:#?} ").unwrap();
    }

    fn error(&mut self, error: impl Into<Error>) {
        let error = error.into().at("a file");
        write!(self.0, "{error} {error:?} {:?} {:?} ", error.kind(), error.code()).unwrap();
    }

    /// Every form of every secret, and no trace of it.
    fn assert_silent(&self, tokens: &[&SasToken]) {
        assert!(self.0.len() > 2000, "the test looked at something: {}", self.0);
        self.assert_without_secrets();
        for token in tokens {
            let signature = token.expose().split("sig=").nth(1).unwrap().split('&').next().unwrap();
            assert!(!self.0.contains(&signature[..12]), "{signature} in {}", self.0);
        }
    }

    fn assert_without_secrets(&self) {
        for bytes in &KEYS {
            let base64 = SharedAccessKey::from_bytes(bytes).unwrap().to_base64();
            let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            let decimal = format!("{bytes:?}");
            let decimal = decimal.trim_matches(['[', ']']);
            let raw = String::from_utf8_lossy(bytes);
            // A part of a secret is a secret.
            for form in [&base64.expose()[..12], &hex[..16], &hex.to_uppercase()[..16], &decimal[..20], &raw[..10]] {
                assert!(!self.0.contains(form), "{form} in {}", self.0);
            }
        }
    }
}

fn key(i: usize) -> SharedAccessKey {
    SharedAccessKey::from_bytes(&KEYS[i]).unwrap()
}

fn identity() -> Identity {
    Identity::module("h.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap())
}

#[test]
fn no_value_prints_a_secret() {
    let mut shown = Shown::default();
    let resource = Resource::of(&identity());
    let string = StringToSign::new(resource.clone(), EXPIRY);
    let token = string.sign_with(&key(0));
    let credentials = [
        Credential::from(SymmetricKeys::new(key(0), Some(key(1)))),
        Credential::from(PolicyKey { policy: "device".parse().unwrap(), key: key(2) }),
        Credential::from(token.clone()),
        Credential::ExternalSigner,
    ];
    for credential in credentials {
        let plan = Plan::known(identity(), credential.clone());
        let outcome = plan.outcome().unwrap();
        shown.debug(&plan);
        shown.debug(&outcome.password(EXPIRY));
        shown.debug(&outcome.signer());
        shown.debug(&outcome.connection_string());
        shown.debug(&outcome.connection_string().map(|string| string.expose()));
        shown.debug(&credential);
    }
    shown.debug(&(key(0), key(1).to_base64(), GroupKey::new(&key(2)), key(0).sign(b"x")));
    shown.debug(&(Signer::new(&key(0), &resource), string.clone(), token.clone()));
    shown.debug(&(Signature::from_bytes(KEYS[0]), SecretText::new(key(0).to_base64().expose().into())));
    let service = ServiceConnectionString::new("h.net".parse().unwrap(), "p".parse().unwrap(), key(0));
    shown.debug(&(service.clone(), service.expose(), service.token(EXPIRY)));
    let scratch = Scratch::new();
    shown.debug(&agent::key_file(scratch.write("key", key(0).to_base64().expose())).unwrap());
    let outcome: Outcome = ConnectionString::new(identity(), key(1)).unwrap().into();
    shown.debug(&outcome);
    shown.assert_silent(&[&token, &service.token(EXPIRY)]);
}

/// A text with a secret in it, broken in every way that has an error of its own.
#[test]
fn no_error_prints_a_secret() {
    let mut shown = Shown::default();
    let secret = key(0).to_base64();
    let secret = secret.expose();
    let token = StringToSign::new(Resource::of(&identity()), EXPIRY).sign_with(&key(0));
    let text = token.expose();
    for broken in [
        format!("{secret}!"),
        format!("{secret}AAA"),
        format!("\"{secret}\""),
        format!("-{secret}"),
        format!("%{secret}"),
        format!("{secret}****"),
        secret[..secret.len() - 3].to_owned(),
        format!("HostName=h;SharedAccessKey={secret}"),
    ] {
        shown.error(SharedAccessKey::from_base64(&broken).unwrap_err());
        let string = format!("HostName=h;DeviceId=d;SharedAccessKey={broken}");
        shown.error(ConnectionString::parse(&string).unwrap_err());
    }
    for broken in [
        secret.to_owned(),
        format!("{secret};{secret}"),
        format!("HostName={secret};DeviceId=d;SharedAccessKey={secret}"),
        format!("HostName=h;DeviceId={secret}/;SharedAccessKey={secret}"),
        format!("HostName=h;SharedAccessKey={secret}"),
        format!("HostName=h;DeviceId=d;{secret}"),
        format!("HostName=h;DeviceId=d;{secret}={secret}"),
        format!("HostName=h;DeviceId=d;SharedAccesKey={secret}"),
        format!("HostName=h;DeviceId=d;SharedAccessKey={secret};x509=true"),
        format!("HostName=h;DeviceId=d;x509={secret}"),
        format!("HostName=h;DeviceId=d;SharedAccessKey={secret};SharedAccessSignature={text}"),
        format!("HostName=h;DeviceId=d;SharedAccessSignature={secret}"),
        format!("HostName=h;DeviceId=d;SharedAccessSignature={text};SharedAccessSignature={text}"),
        format!("\u{201c}HostName=h;DeviceId=d;SharedAccessKey={secret}\u{201d}"),
        format!("HostName=h;DeviceId=d;SharedAccessKey={secret}\nx"),
        format!("HostName=h;SharedAccessKeyName=p;SharedAccessKey={secret}"),
    ] {
        shown.error(ConnectionString::parse(&broken).unwrap_err());
        if let Err(error) = ServiceConnectionString::parse(&broken) {
            shown.error(error);
        }
    }
    for broken in [
        format!("x{text}"),
        format!("{text} "),
        format!("{text}&{text}"),
        format!("{text}&se=1"),
        text.replace("se=", "se=x"),
    ] {
        shown.error(SasToken::parse(&broken).unwrap_err());
    }
    shown.error(SharedAccessKey::generate(&KEYS[0][..31]).unwrap_err());
    let unsaid = token.verify(&key(1), EXPIRY, core::time::Duration::ZERO).unwrap_err();
    shown.debug(&unsaid);
    write!(shown.0, "{unsaid}").unwrap();
    shown.assert_silent(&[&token]);
}

/// What is noticed in a text with a secret in it says where, not what.
#[test]
fn no_finding_prints_a_secret() {
    let mut shown = Shown::default();
    let secret = key(2).to_base64();
    let secret = secret.expose().trim_end_matches('=');
    let text = format!("\u{feff}HostName=h;DeviceId=d;SharedAccessKey={secret};{secret}={secret};Foo=bar\n");
    let (string, findings) = ConnectionString::read(&text).unwrap();
    assert_eq!(findings.len(), 5, "{findings:?}");
    for _ in 0..40 {
        shown.debug(&(&string, &findings));
    }
    for finding in &findings {
        write!(shown.0, "{finding}").unwrap();
    }
    shown.assert_silent(&[]);
}
