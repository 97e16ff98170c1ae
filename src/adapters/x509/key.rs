//! A private key, in any form.

use super::{
    algorithm::KeyAlgorithm,
    pem::{self, Block, SIZE_LIMIT},
    pkcs8 as form,
};
use crate::{
    base::secret::{SecretBytes, SecretText, wipe_stack},
    error::{CertificateError, CertificateProblem as Problem, ForeignFormat},
};
use alloc::{string::ToString as _, vec::Vec};
use core::fmt;
use ring::{
    error::KeyRejected,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm},
    signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair},
};

/// A private key that a TLS client can use. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct PrivateKey {
    pkcs8: SecretBytes,
    algorithm: KeyAlgorithm,
    public: Vec<u8>,
}

impl PrivateKey {
    /// Reads the one private key of a PEM text: PKCS#8, PKCS#1, SEC1 (with or without `EC PARAMETERS` before it), or
    /// PKCS#8 encrypted with a passphrase. Other blocks are ignored.
    ///
    /// # Errors
    /// When there is not exactly one, it cannot be read, or it is of a kind that is not supported.
    pub fn from_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Self, CertificateError> {
        Self::from_blocks(&pem::blocks(text)?, passphrase)
    }

    /// The same for a text that may hold none: `None` when none of its blocks is a private key.
    ///
    /// # Errors
    /// When there is more than one, it cannot be read, or it is of a kind that is not supported.
    pub fn find_in_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Option<Self>, CertificateError> {
        Self::find(&pem::blocks(text)?, passphrase)
    }

    pub(super) fn from_blocks(blocks: &[Block], passphrase: Option<&[u8]>) -> Result<Self, CertificateError> {
        Self::find(blocks, passphrase)?.ok_or_else(|| absent(blocks))
    }

    fn find(blocks: &[Block], passphrase: Option<&[u8]>) -> Result<Option<Self>, CertificateError> {
        let mut keys = blocks.iter().filter(|block| block.is_key());
        let Some(block) = keys.next() else { return Ok(None) };
        if let Some(second) = keys.next() {
            return Err(second.error(Problem::SecondKey));
        }
        let der = block.der()?;
        let pkcs8 = match block.name.label.as_str() {
            "PRIVATE KEY" => Ok(SecretBytes::copy_of(der)),
            "ENCRYPTED PRIVATE KEY" => form::decrypted(der, passphrase),
            "RSA PRIVATE KEY" => form::from_pkcs1(der),
            "EC PRIVATE KEY" => form::from_sec1(der, parameters(blocks)),
            "OPENSSH PRIVATE KEY" => Err(ForeignFormat::OpenSsh.into()),
            "TSS2 PRIVATE KEY" => Err(ForeignFormat::Tss2.into()),
            label => Err(Problem::KeyKind { kind: label.to_string() }),
        };
        pkcs8.and_then(|pkcs8| Self::new(&pkcs8)).map(Some).map_err(|problem| block.error(problem))
    }

    /// Takes a key in PKCS#8 DER of at most [`SIZE_LIMIT`] bytes. The caller wipes its copy.
    ///
    /// # Errors
    /// When it is longer, cannot be read, or is of a kind that is not supported.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > SIZE_LIMIT {
            return Err(Problem::TooLarge { limit: SIZE_LIMIT }.into());
        }
        Ok(Self::new(&SecretBytes::copy_of(der))?)
    }

    /// Takes a key in DER of at most [`SIZE_LIMIT`] bytes: PKCS#8, PKCS#1, SEC1, or PKCS#8 encrypted with a passphrase. A
    /// passphrase that is not needed is ignored. The caller wipes its copy.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der(der: &[u8], passphrase: Option<&[u8]>) -> Result<Self, CertificateError> {
        if der.len() > SIZE_LIMIT {
            return Err(Problem::TooLarge { limit: SIZE_LIMIT }.into());
        }
        let pkcs8 = match form::sealed(der) {
            Some(_) => form::decrypted(der, passphrase),
            None => form::from_sec1(der, None),
        };
        let pkcs8 = match pkcs8 {
            Err(Problem::Key) => form::from_pkcs1(der),
            pkcs8 => pkcs8,
        };
        match pkcs8 {
            Err(Problem::Key) => Self::from_pkcs8(der),
            pkcs8 => Ok(Self::new(&pkcs8?)?),
        }
    }

    fn new(pkcs8: &SecretBytes) -> Result<Self, Problem> {
        let algorithm = form::algorithm(pkcs8.expose())?;
        let public = public_half(algorithm, pkcs8.expose());
        let read = public.map(|public| (pkcs8.clone(), public)).or_else(|_| {
            // Other tools write forms that ring does not read.
            let again = form::canonical(pkcs8.expose(), algorithm)?;
            let public = public_half(algorithm, again.expose()).map_err(|_| Problem::Key)?;
            Ok::<_, Problem>((again, public))
        });
        // ring wipes no key. Those of the curves it has on the stack.
        wipe_stack::<16_384>();
        let (pkcs8, public) = read?;
        Ok(Self { pkcs8, algorithm, public })
    }

    /// The kind of the key.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The public half, as in a certificate: a point, an `RSAPublicKey`, or 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// The key itself in PKCS#8 DER.
    #[must_use]
    pub fn expose_pkcs8(&self) -> &[u8] {
        self.pkcs8.expose()
    }

    /// The key itself in PKCS#8 as a PEM text (`PRIVATE KEY`), which is not encrypted.
    #[must_use]
    pub fn to_pem(&self) -> SecretText {
        let text = pem::private_key(self.pkcs8.expose());
        // Some characters of it.
        wipe_stack::<4096>();
        text
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, ..)", self.algorithm)
    }
}

/// The public half of a private key. A call of its own, for what it leaves on the stack to be wiped.
#[inline(never)]
fn public_half(algorithm: KeyAlgorithm, der: &[u8]) -> Result<Vec<u8>, KeyRejected> {
    match algorithm {
        KeyAlgorithm::Rsa { .. } => RsaKeyPair::from_pkcs8(der).map(|pair| pair.public_key().as_ref().to_vec()),
        KeyAlgorithm::P256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, der),
        KeyAlgorithm::P384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, der),
        KeyAlgorithm::Ed25519 => {
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(|pair| pair.public_key().as_ref().to_vec())
        }
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, der: &[u8]) -> Result<Vec<u8>, KeyRejected> {
    // ring requires a source of randomness and uses none to read a key.
    EcdsaKeyPair::from_pkcs8(algorithm, der, &SystemRandom::new()).map(|pair| pair.public_key().as_ref().to_vec())
}

/// The curve that OpenSSL writes in a block of its own.
fn parameters(blocks: &[Block]) -> Option<&[u8]> {
    blocks.iter().find(|block| block.name.label == "EC PARAMETERS").and_then(|block| block.der().ok())
}

/// What is there instead of a key.
fn absent(blocks: &[Block]) -> CertificateError {
    let other = blocks.iter().find_map(|block| match block.name.label.as_str() {
        label if label.ends_with("CERTIFICATE REQUEST") => Some(block.error(Problem::Request)),
        label if label.ends_with("PUBLIC KEY") => Some(block.error(Problem::PublicKey)),
        _ if block.is_certificate() => Some(block.error(Problem::CertificateForKey)),
        _ => None,
    });
    other.unwrap_or_else(|| Problem::NoKey.into())
}
