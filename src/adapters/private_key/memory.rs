use crate::{
    adapters::x509::{self, KeyAlgorithm},
    base::secret::{SecretBytes, wipe_stack},
    error::{CertificateError, CertificateProblem as Problem},
    key::{PrivateKey, PrivateKeyError, PublicKey, SignatureScheme as Scheme},
};
use alloc::{boxed::Box, string::ToString as _, vec, vec::Vec};
use core::fmt;
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
        RsaEncoding, RsaKeyPair,
    },
};

/// A private key in the memory of this process: P-256, P-384 or RSA.
///
/// For a certificate whose key was read from a file, [`ClientCertificate::from_der`] does without it. It is for what signs
/// outside of TLS, a [`CertificateRequest`].
///
/// It is wiped when dropped, and so is what a signature leaves on the stack. ring, which signs, wipes nothing: of an RSA key it
/// keeps numbers of its own on the heap, which stay there when they are freed. A key on a curve is read for each signature, on
/// the stack, so that nothing of it stays.
///
/// [`ClientCertificate::from_der`]: crate::credential::ClientCertificate::from_der
/// [`CertificateRequest`]: crate::credential::CertificateRequest
pub struct MemoryKey {
    pair: Pair,
    algorithm: KeyAlgorithm,
    public: PublicKey,
    random: SystemRandom,
}

enum Pair {
    /// In PKCS#8, of which ring's form is made for each signature.
    Ecdsa(&'static EcdsaSigningAlgorithm, SecretBytes),
    Rsa(Box<RsaKeyPair>),
}

/// More of the stack than ring needs to read a key and to sign, in bytes.
const STACK: usize = 32_768;

impl MemoryKey {
    /// Prepares a key for signing. It contains a copy.
    ///
    /// # Errors
    /// [`CertificateProblem::KeyKind`](Problem::KeyKind) for Ed25519, which neither hub nor DPS accept.
    pub fn new(key: &x509::PrivateKey) -> Result<Self, CertificateError> {
        let read = read(key);
        wipe_stack::<STACK>();
        let (pair, public) = read?;
        Ok(Self { pair, algorithm: key.algorithm(), public, random: SystemRandom::new() })
    }
}

/// A call of its own, for what it leaves on the stack to be wiped.
#[inline(never)]
fn read(key: &x509::PrivateKey) -> Result<(Pair, PublicKey), Problem> {
    let (der, public) = (key.expose_pkcs8(), key.public_key());
    let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm, public: Option<PublicKey>| {
        // ring requires a source of randomness and uses none to read a key.
        EcdsaKeyPair::from_pkcs8(algorithm, der, &SystemRandom::new()).map_err(|_| Problem::Key)?;
        Ok((Pair::Ecdsa(algorithm, SecretBytes::copy_of(der)), public.ok_or(Problem::Key)?))
    };
    match key.algorithm() {
        KeyAlgorithm::P256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, PublicKey::p256(public)),
        KeyAlgorithm::P384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, PublicKey::p384(public)),
        KeyAlgorithm::Rsa { .. } => {
            let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| Problem::Key)?;
            Ok((Pair::Rsa(Box::new(pair)), PublicKey::from_rsa_public_key(public)))
        }
        KeyAlgorithm::Ed25519 => Err(Problem::KeyKind { kind: key.algorithm().to_string() }),
    }
}

/// Likewise.
#[inline(never)]
fn signed(
    algorithm: &'static EcdsaSigningAlgorithm,
    der: &SecretBytes,
    random: &SystemRandom,
    message: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.expose(), random).map_err(|_| Unspecified)?;
    Ok(pair.sign(random, message)?.as_ref().to_vec())
}

impl PrivateKey for MemoryKey {
    fn public_key(&self) -> &[u8] {
        self.public.as_der()
    }

    fn schemes(&self) -> &[Scheme] {
        self.public.schemes()
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        let other = || {
            PrivateKeyError::permanent(alloc::format!(
                "a key of kind {} does not sign with {scheme}; use one of its own schemes",
                self.algorithm
            ))
        };
        if !self.schemes().contains(&scheme) {
            return Err(other());
        }
        let signature = match &self.pair {
            Pair::Ecdsa(algorithm, der) => {
                let signature = signed(algorithm, der, &self.random, message);
                wipe_stack::<STACK>();
                signature
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let encoding = encoding(scheme).ok_or_else(other)?;
                pair.sign(encoding, &self.random, message, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| {
            PrivateKeyError::temporary("the system gave no random numbers for a signature; try again later")
        })
    }
}

fn encoding(scheme: Scheme) -> Option<&'static dyn RsaEncoding> {
    match scheme {
        Scheme::RsaPssSha256 => Some(&RSA_PSS_SHA256),
        Scheme::RsaPssSha384 => Some(&RSA_PSS_SHA384),
        Scheme::RsaPssSha512 => Some(&RSA_PSS_SHA512),
        Scheme::RsaPkcs1Sha256 => Some(&RSA_PKCS1_SHA256),
        Scheme::RsaPkcs1Sha384 => Some(&RSA_PKCS1_SHA384),
        Scheme::RsaPkcs1Sha512 => Some(&RSA_PKCS1_SHA512),
        Scheme::EcdsaP256Sha256 | Scheme::EcdsaP384Sha384 => None,
    }
}

impl fmt::Debug for MemoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key ({}) in the memory of this process", self.algorithm)
    }
}
