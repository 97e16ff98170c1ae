//! The key of a CA as rcgen signs with it: in memory, or elsewhere.

use defender_auth::key::{
    PrivateKey, PrivateKeyError,
    SignatureScheme::{self, EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256},
};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
    SigningKey,
};
use std::sync::{Arc, Mutex, PoisonError};
use x509_parser::{prelude::FromDer as _, x509::SubjectPublicKeyInfo};

pub(super) enum CaKey {
    Memory(KeyPair),
    Elsewhere(Elsewhere),
}

/// A key that signs where it is.
pub(super) struct Elsewhere {
    key: Arc<dyn PrivateKey>,
    /// As it is in a certificate.
    public: Vec<u8>,
    scheme: SignatureScheme,
    algorithm: &'static SignatureAlgorithm,
    /// Why it did not sign; rcgen's error does not have it.
    failure: Mutex<Option<PrivateKeyError>>,
}

impl CaKey {
    /// `None` for a key without a scheme with which certificates are signed.
    pub(super) fn elsewhere(key: Arc<dyn PrivateKey>) -> Option<Self> {
        let (scheme, algorithm) = key.schemes().iter().find_map(|scheme| match scheme {
            EcdsaP256Sha256 => Some((*scheme, &PKCS_ECDSA_P256_SHA256)),
            EcdsaP384Sha384 => Some((*scheme, &PKCS_ECDSA_P384_SHA384)),
            RsaPkcs1Sha256 => Some((*scheme, &PKCS_RSA_SHA256)),
            _ => None,
        })?;
        let (_, info) = SubjectPublicKeyInfo::from_der(key.public_key()).ok()?;
        let public = info.subject_public_key.data.to_vec();
        Some(Self::Elsewhere(Elsewhere { key, public, scheme, algorithm, failure: Mutex::new(None) }))
    }

    /// Why it did not sign.
    pub(super) fn take_failure(&self) -> Option<PrivateKeyError> {
        match self {
            Self::Memory(_) => None,
            Self::Elsewhere(it) => it.failure.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }
}

impl PublicKeyData for CaKey {
    fn der_bytes(&self) -> &[u8] {
        match self {
            Self::Memory(key) => key.der_bytes(),
            Self::Elsewhere(it) => &it.public,
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self {
            Self::Memory(key) => key.algorithm(),
            Self::Elsewhere(it) => it.algorithm,
        }
    }
}

impl SigningKey for CaKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        match self {
            Self::Memory(key) => key.sign(message),
            Self::Elsewhere(it) => it.key.sign(it.scheme, message).map_err(|error| {
                it.failure.lock().unwrap_or_else(PoisonError::into_inner).replace(error);
                rcgen::Error::RemoteKeyError
            }),
        }
    }
}
