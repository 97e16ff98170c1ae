//! The key of a client certificate, as rustls signs with it: one that is read into memory, or a [`PrivateKey`] that signs
//! where it is.

use crate::{
    base::one_line::OneLine,
    credential::ClientCertificate,
    error::TlsError,
    key::{PrivateKey, PrivateKeyError, SignatureScheme, public_key_parts},
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use rustls::{
    Error, InconsistentKeys, OtherError, SignatureAlgorithm, SignatureScheme as TlsScheme,
    client::ResolvesClientCert,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer},
    sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey},
};

/// The certificate with its key, which belong together.
pub(super) fn resolver(
    certificate: &ClientCertificate,
    provider: &CryptoProvider,
) -> Result<Arc<dyn ResolvesClientCert>, TlsError> {
    let chain: Vec<_> = certificate.chain().iter().map(|der| CertificateDer::from(der.clone())).collect();
    let certified = match (certificate.private_key(), certificate.der()) {
        (Some(key), _) if key.schemes().is_empty() => return Err(TlsError::NoScheme),
        (Some(key), _) => signing_elsewhere(chain, key, provider),
        (None, Some((_, key))) => {
            // Zeroized by its own type when the provider has read it.
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
            CertifiedKey::from_der(chain, key, provider)
        }
        (None, None) => return Err(TlsError::KeyElsewhere),
    };
    let CertifiedKey { cert, key, .. } = certified.map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::KeyMismatch,
        error => TlsError::ClientCertificate { reason: error.to_string() },
    })?;
    Ok(Arc::new(SingleCertAndKey::from(CertifiedKey::new(cert, Arc::new(Insisting(key))))))
}

fn signing_elsewhere(
    chain: Vec<CertificateDer<'static>>,
    key: &Arc<dyn PrivateKey>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, Error> {
    let verifying = provider.signature_verification_algorithms;
    let certified = CertifiedKey::new(chain, Arc::new(Elsewhere { key: Arc::clone(key), verifying }));
    certified.keys_match()?;
    Ok(certified)
}

/// An error of a key, in which [`TlsFailure::of`](crate::error::TlsFailure::of) finds it again.
fn failed(error: PrivateKeyError) -> Error {
    Error::Other(OtherError(Arc::new(error)))
}

/// A key that ends the handshake when the server accepts none of its schemes. rustls would send an empty certificate in
/// its place, and the handshake would succeed.
#[derive(Debug)]
struct Insisting(Arc<dyn SigningKey>);

impl SigningKey for Insisting {
    fn choose_scheme(&self, offered: &[TlsScheme]) -> Option<Box<dyn Signer>> {
        let unfit = || -> Box<dyn Signer> {
            let known = SignatureScheme::ALL
                .map(|scheme| TlsScheme::from(scheme.number()))
                .into_iter()
                .chain([TlsScheme::ED25519]);
            let own = known.filter(|scheme| self.0.choose_scheme(&[*scheme]).is_some()).collect();
            Box::new(Unfit { own, offered: offered.to_vec() })
        };
        Some(self.0.choose_scheme(offered).unwrap_or_else(unfit))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.0.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
}

/// Signs nothing: key and server have no scheme in common.
#[derive(Debug)]
struct Unfit {
    own: Vec<TlsScheme>,
    offered: Vec<TlsScheme>,
}

impl Signer for Unfit {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(failed(PrivateKeyError::permanent(format!(
            "the server accepts none of the signature schemes of this key (the key has {}; the server accepts {}); use a \
             certificate with a key of another kind, or have the server accept one of them",
            listed(&self.own),
            listed(&self.offered)
        ))))
    }

    fn scheme(&self) -> TlsScheme {
        // It is not sent.
        self.offered.first().copied().unwrap_or(TlsScheme::ED25519)
    }
}

/// The names of the first schemes of a list.
fn listed(schemes: &[TlsScheme]) -> String {
    let names: Vec<_> = schemes.iter().take(16).map(|scheme| format!("{scheme:?}")).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// A key that signs where it is.
#[derive(Clone, Debug)]
struct Elsewhere {
    key: Arc<dyn PrivateKey>,
    verifying: WebPkiSupportedAlgorithms,
}

impl SigningKey for Elsewhere {
    fn choose_scheme(&self, offered: &[TlsScheme]) -> Option<Box<dyn Signer>> {
        let fits = |scheme: &&SignatureScheme| offered.contains(&TlsScheme::from(scheme.number()));
        let scheme = *self.key.schemes().iter().find(fits)?;
        Some(Box::new(OneScheme { of: self.clone(), scheme }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.key.public_key().into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.key.schemes().first() {
            Some(SignatureScheme::EcdsaP256Sha256 | SignatureScheme::EcdsaP384Sha384) => SignatureAlgorithm::ECDSA,
            _ => SignatureAlgorithm::RSA,
        }
    }
}

/// Signs with one scheme of a key.
#[derive(Debug)]
struct OneScheme {
    of: Elsewhere,
    scheme: SignatureScheme,
}

impl Signer for OneScheme {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.of.key.sign(self.scheme, message).map_err(failed)?;
        if !self.of.key.verifies_signatures() && self.verifies(message, &signature).is_none() {
            return Err(failed(PrivateKeyError::permanent(format!(
                "the signature ({}) of {} does not verify with its own public key; check the TPM, token or program that \
                 holds the key",
                self.scheme,
                OneLine(&format!("{:?}", self.of.key))
            ))));
        }
        Ok(signature)
    }

    fn scheme(&self) -> TlsScheme {
        self.scheme.number().into()
    }
}

impl OneScheme {
    /// A server would answer a wrong signature with an alert, as if it rejected the certificate.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        let (algorithm, key) = public_key_parts(self.of.key.public_key())?;
        let mut mapping = self.of.verifying.mapping.iter();
        let (_, verifying) = mapping.find(|(scheme, _)| *scheme == self.scheme())?;
        let fitting = verifying.iter().find(|verifying| verifying.public_key_alg_id().as_ref() == algorithm)?;
        fitting.verify_signature(key, message, signature).ok()
    }
}
