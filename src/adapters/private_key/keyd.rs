use super::{
    hash::{digest_info, hash, verifies},
    pss,
};
use crate::{
    adapters::{
        local_signer::Client,
        x509::{Chain, Curve, uncompressed},
    },
    base::{encode, time::Now},
    credential::ClientCertificate,
    error::{DaemonProblem, Error, ProtocolError, ProtocolProblem},
    flow::{
        identity_service::{CertifiedAccount, Encryption, IdentityService, KeyHandle, Parameter},
        local::{Question, Task},
    },
    identity::Identity,
    key::{P256_OID, P384_OID, PrivateKey, PrivateKeyError, PublicKey, SignatureScheme as Scheme, public_key_parts},
};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};
use ring::digest::digest;
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// The time limit of a signature, unless another one is given.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The time limit of opening: up to eight requests.
const OPENING: Duration = Duration::from_secs(30);
/// What a key signs when it is opened, to find out what it can.
const PROBE: &[u8] = b"which signature schemes this key has";

/// A private key that `aziot-keyd` of this host holds: P-256, P-384 or RSA.
///
/// When it is opened, it signs once with each kind of scheme, and offers those whose signatures verify. RSASSA-PSS, which TLS
/// 1.3 requires, is padded here, and keyd does the private operation.
///
/// A signature has a time limit. A handle that keyd rejects, as it does after the device was provisioned again, is replaced by
/// a new one once; each signature is verified, so that another key under the same name does not sign.
pub struct KeydKey {
    service: IdentityService,
    name: Name,
    limit: Duration,
    handle: Mutex<KeyHandle>,
    public: PublicKey,
    /// How long the modulus of an RSA key is, in bytes.
    modulus: Option<usize>,
    schemes: Vec<Scheme>,
}

/// How another handle of the key is had.
enum Name {
    Id(Box<str>),
    /// That of the identity service for this identity.
    Of(Identity),
}

impl KeydKey {
    /// Opens the key with this ID.
    ///
    /// # Errors
    /// When keyd cannot be reached, has no such key, or one that cannot sign for TLS.
    pub fn open(service: &IdentityService, id: &str) -> Result<Self, Error> {
        let time = Time::begin(OPENING);
        let handle = time.run(|now, limit| service.open_key_pair(id, now, limit))?;
        Self::read(service, Name::Id(id.into()), handle, &time)
    }

    /// Opens the key of an identity that authenticates with a certificate.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn of_account(account: &CertifiedAccount) -> Result<Self, Error> {
        let name = Name::Of(account.identity().clone());
        Self::read(account.service(), name, account.key().clone(), &Time::begin(OPENING))
    }

    /// With another time limit for each signature. Unless set, it is five seconds.
    #[must_use]
    pub fn give_up_after(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    fn read(service: &IdentityService, name: Name, handle: KeyHandle, time: &Time) -> Result<Self, Error> {
        let (public, modulus) = public_key(service, &handle, time)?;
        let possible = public.schemes();
        let (service, limit) = (service.clone(), TIME_LIMIT);
        let mut this = Self { service, name, limit, handle: Mutex::new(handle), public, modulus, schemes: Vec::new() };
        let is_same_kind = |one: &Scheme, other: &Scheme| one.is_in_tls13() == other.is_in_tls13();
        let mut failure = None;
        for scheme in possible {
            // What is padded here depends on one operation of keyd for all hashes.
            let has_kind = this.schemes.iter().any(|known| is_same_kind(known, scheme));
            let is_known = if has_kind { Ok(true) } else { this.is_right(*scheme, time) };
            match is_known {
                Ok(true) => this.schemes.push(*scheme),
                Ok(false) => {}
                Err(error) if is_rejected(&error) => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        match failure {
            _ if !this.schemes.is_empty() => Ok(this),
            Some(error) => Err(error),
            None => {
                Err(PrivateKeyError::permanent(format!("{this:?} signs with no scheme of TLS; use another key")).into())
            }
        }
    }

    fn is_right(&self, scheme: Scheme, time: &Time) -> Result<bool, Error> {
        let signature = self.sign_with(&self.handle(), scheme, PROBE, time)?;
        Ok(self.verifies(scheme, PROBE, &signature))
    }

    fn verifies(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        public_key_parts(self.public.as_der()).is_some_and(|(_, key)| verifies(scheme, key, message, signature))
    }

    fn handle(&self) -> KeyHandle {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sign_with(&self, handle: &KeyHandle, scheme: Scheme, message: &[u8], time: &Time) -> Result<Vec<u8>, Error> {
        let hashed = digest(hash(scheme), message);
        let Some(length) = self.modulus else {
            return time.run(|now, limit| self.service.sign_digest(handle, hashed.as_ref(), now, limit));
        };
        let (encryption, block) = if scheme.is_in_tls13() {
            let block = pss::encode(scheme, hashed.as_ref(), length);
            let block = block.map_err(|_| {
                PrivateKeyError::temporary("the system gave no random numbers for a signature; try again later")
            })?;
            (Encryption::RsaNoPadding, block)
        } else {
            (Encryption::RsaPkcs1, digest_info(scheme, hashed.as_ref()))
        };
        time.run(|now, limit| self.service.encrypt(handle, encryption, &block, now, limit))
    }

    /// With the handle that is known, and once with another one.
    fn sign_once_or_twice(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let time = Time::begin(self.limit);
        match self.sign_with(&self.handle(), scheme, message, &time) {
            Err(error) if is_rejected(&error) => {
                let handle = self.open_again(&time)?;
                *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = handle.clone();
                self.sign_with(&handle, scheme, message, &time)
            }
            signed => signed,
        }
    }

    fn open_again(&self, time: &Time) -> Result<KeyHandle, Error> {
        let identity = match &self.name {
            Name::Id(id) => return time.run(|now, limit| self.service.open_key_pair(id, now, limit)),
            Name::Of(identity) => identity,
        };
        let account = time.run(|now, limit| self.service.identify(now, limit))?;
        let account = CertifiedAccount::new(self.service.clone(), account).filter(|it| it.identity() == identity);
        let moved = || {
            PrivateKeyError::permanent(format!(
                "{self:?} is not of this identity any longer, because the device was provisioned again; read the identity again"
            ))
        };
        Ok(account.ok_or_else(moved)?.key().clone())
    }
}

/// The certificate of an identity that authenticates with one: its chain from certd, its private key in keyd. What
/// [`Action::Open`](crate::Action::Open) asks for.
///
/// # Errors
/// When a daemon cannot be reached or rejects a request, and when the key does not belong to the certificate.
pub fn open_account(account: &CertifiedAccount) -> Result<ClientCertificate, Error> {
    let time = Time::begin(OPENING);
    let pem = time.run(|now, limit| account.service().certificate(account.certificate_id(), now, limit))?;
    let chain =
        Chain::from_pem(pem.as_bytes()).map_err(|error| Error::from(error).at("the certificate of aziot-certd"))?;
    Ok(chain.with_private_key(Arc::new(KeydKey::of_account(account)?))?)
}

/// The public key, and the length of the modulus of an RSA key.
fn public_key(service: &IdentityService, handle: &KeyHandle, time: &Time) -> Result<(PublicKey, Option<usize>), Error> {
    let read = |parameter| time.run(|now, limit| service.parameter(handle, parameter, now, limit));
    let bytes = |parameter| {
        let text: String = read(parameter)?;
        encode::from_base64(&text).map(|bytes| bytes.expose().to_vec()).map_err(|_| unreadable())
    };
    match read(Parameter::Algorithm)?.as_str() {
        "ECDSA" => {
            let (curve, point) = (bytes(Parameter::EcCurve)?, bytes(Parameter::EcPoint)?);
            let public = match curve.as_slice() {
                P256_OID => uncompressed(Curve::P256, &point).and_then(|point| PublicKey::p256(&point)),
                P384_OID => uncompressed(Curve::P384, &point).and_then(|point| PublicKey::p384(&point)),
                _ => None,
            };
            Ok((public.ok_or_else(unreadable)?, None))
        }
        "RSA" => {
            let (modulus, exponent) = (bytes(Parameter::RsaModulus)?, bytes(Parameter::RsaExponent)?);
            let length = modulus.iter().skip_while(|byte| **byte == 0).count();
            Ok((PublicKey::rsa(&modulus, &exponent), Some(length)))
        }
        _ => Err(unreadable()),
    }
}

fn unreadable() -> Error {
    ProtocolError::new("value", ProtocolProblem::Unreadable).into()
}

/// Whether a daemon has rejected the request, for example because it does not know the handle.
fn is_rejected(error: &Error) -> bool {
    matches!(error, Error::Daemon(error) if matches!(error.problem, DaemonProblem::Rejected { status: 400..=499, .. }))
}

/// The time limit of several questions together.
struct Time {
    begun: Instant,
    limit: Duration,
}

impl Time {
    fn begin(limit: Duration) -> Self {
        Self { begun: Instant::now(), limit }
    }

    fn run<Q: Question>(&self, begin: impl FnOnce(Now, Duration) -> Task<Q>) -> Result<Q::Answer, Error> {
        match self.limit.saturating_sub(self.begun.elapsed()) {
            Duration::ZERO => Err(Error::OutOfTime),
            left => Client::default().give_up_after(left).run(begin),
        }
    }
}

impl PrivateKey for KeydKey {
    fn public_key(&self) -> &[u8] {
        self.public.as_der()
    }

    fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        let permanent = |reason: &str| PrivateKeyError::permanent(format!("{self:?} {reason}"));
        if !self.schemes.contains(&scheme) {
            return Err(permanent(&format!("does not sign with {scheme}; use one of its own schemes")));
        }
        let signature = self.sign_once_or_twice(scheme, message).map_err(|error| {
            let text = format!("{self:?} did not sign: {error}");
            if error.is_retryable() { PrivateKeyError::temporary(text) } else { PrivateKeyError::permanent(text) }
        })?;
        if self.verifies(scheme, message, &signature) {
            return Ok(signature);
        }
        Err(permanent("is another key by now; open it again, with the certificate of that key"))
    }

    fn verifies_signatures(&self) -> bool {
        true
    }
}

impl fmt::Debug for KeydKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Id(id) => write!(f, "the key {id} of aziot-keyd"),
            Name::Of(identity) => write!(f, "the key of {identity} in aziot-keyd"),
        }
    }
}
