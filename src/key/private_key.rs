//! The private key of a certificate, wherever it is: in memory, in a TPM, in a PKCS#11 token, in another process.

use crate::base::der;
use alloc::{boxed::Box, string::String, vec::Vec};
use core::{error::Error, fmt};

/// A signature algorithm, by its number in TLS.
///
/// Source: RFC 8446, section 4.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 with SHA-256: TLS 1.2 and certificate requests.
    RsaPkcs1Sha256 = 0x0401,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384 = 0x0501,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512 = 0x0601,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256 = 0x0403,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384 = 0x0503,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes: TLS 1.2 and 1.3.
    RsaPssSha256 = 0x0804,
    /// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    RsaPssSha384 = 0x0805,
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    RsaPssSha512 = 0x0806,
}

impl SignatureScheme {
    /// Every scheme.
    pub const ALL: [Self; 8] = [
        Self::EcdsaP256Sha256,
        Self::EcdsaP384Sha384,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
    ];

    /// The scheme with this number in TLS.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.number() == number)
    }

    /// Its number in TLS.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether a TLS 1.3 handshake may be signed with it: not with RSASSA-PKCS1-v1_5.
    #[must_use]
    pub const fn is_in_tls13(self) -> bool {
        !matches!(self, Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512)
    }

    /// Its name in TLS.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaPkcs1Sha256 => "rsa_pkcs1_sha256",
            Self::RsaPkcs1Sha384 => "rsa_pkcs1_sha384",
            Self::RsaPkcs1Sha512 => "rsa_pkcs1_sha512",
            Self::EcdsaP256Sha256 => "ecdsa_secp256r1_sha256",
            Self::EcdsaP384Sha384 => "ecdsa_secp384r1_sha384",
            Self::RsaPssSha256 => "rsa_pss_rsae_sha256",
            Self::RsaPssSha384 => "rsa_pss_rsae_sha384",
            Self::RsaPssSha512 => "rsa_pss_rsae_sha512",
        }
    }
}

impl fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A private key that signs TLS handshakes and certificate requests. It need not be in this process.
///
/// It is another thing than a key that signs SAS tokens: those are HMACs, and a caller may compute one in its own time as
/// the answer to an action. A signature of a TLS handshake is needed inside the handshake, which cannot wait for a caller.
///
/// Several threads may call `sign` at once; an implementation whose holder takes one request at a time has a lock of its
/// own. Its `Debug` names the holder in errors, in a few words without a secret.
///
/// # How long a signature may take
///
/// `sign` is called on the thread that does the handshake, which waits for it. Nothing of this library interrupts it: the
/// time limits of sockets and requests are for the network, and a cancellation is noticed when it returns. The limits go on
/// meanwhile, and a server may end a handshake that takes long, so that a key that needs more than a few seconds can show as a
/// server that does not answer. An implementation that reaches its holder over a socket or a pipe sets a time limit there
/// and returns [`PrivateKeyError::temporary`] after it. A function within the process, such as a module of a hardware token,
/// has no limit but its own.
///
/// # How TLS uses it
///
/// The public key is compared with that of the certificate before a connection is made. In each handshake that the
/// server requests a certificate in, one signature is made, with the first of [`schemes`](Self::schemes) that the server
/// accepts. It is verified with the public key once before it is sent: here, or by a key that
/// [verifies](Self::verifies_signatures) its signatures itself. An error of `sign` ends the handshake; `TlsFailure` of
/// [`error`](crate::error) then is `ClientKeyBusy` or `ClientKeyUnusable`. A key with RSASSA-PKCS1-v1_5 alone uses TLS 1.2.
///
/// ```
/// use defender_auth::key::{PrivateKey, PrivateKeyError, SignatureScheme};
///
/// /// A key of another program, which takes the message and answers with the signature.
/// #[derive(Debug)]
/// struct Elsewhere<F> {
///     public_key: Vec<u8>,
///     ask: F,
/// }
///
/// impl<F: Fn(&[u8]) -> Option<Vec<u8>> + core::fmt::Debug + Send + Sync> PrivateKey for Elsewhere<F> {
///     fn public_key(&self) -> &[u8] {
///         &self.public_key
///     }
///
///     fn schemes(&self) -> &[SignatureScheme] {
///         &[SignatureScheme::EcdsaP256Sha256]
///     }
///
///     fn sign(&self, _: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
///         (self.ask)(message).ok_or_else(|| PrivateKeyError::temporary("the program does not answer; start it"))
///     }
/// }
/// ```
pub trait PrivateKey: fmt::Debug + Send + Sync {
    /// The public key: a `SubjectPublicKeyInfo` in DER, which [`PublicKey`](super::PublicKey) can make.
    fn public_key(&self) -> &[u8];

    /// What the key can sign with, the preferred scheme first. Only what is known to work.
    fn schemes(&self) -> &[SignatureScheme];

    /// Signs a message, which is not hashed yet.
    ///
    /// The signature has the form of TLS: `ECDSA-Sig-Value` in DER, or the bytes of an RSA signature.
    ///
    /// # Errors
    /// When the holder cannot sign, now or at all: see [`PrivateKeyError::is_retryable`].
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError>;

    /// Whether [`sign`](Self::sign) returns only what it has verified with the public key. Then TLS does not verify it again.
    ///
    /// A key whose holder may have another key in its place, as a TPM after a reset, has to know of a wrong signature to find
    /// its own again. Certificate requests rely on it: they are not verified where they are made.
    fn verifies_signatures(&self) -> bool {
        false
    }
}

/// The two numbers of an ECDSA signature, big-endian, in the form of TLS: `ECDSA-Sig-Value` in DER. Leading zeros are ignored.
///
/// For an implementation of [`PrivateKey`] whose holder gives the numbers alone.
///
/// Source: RFC 3279, section 2.2.3.
#[must_use]
pub fn ecdsa_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::element(der::SEQUENCE, &[&der::unsigned(r), &der::unsigned(s)])
}

/// Why a private key did not sign. The text names the holder, the cause and what to do.
pub struct PrivateKeyError {
    text: String,
    is_retryable: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl PrivateKeyError {
    /// The holder is busy or away for now: the same may succeed later.
    pub fn temporary(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_retryable: true, source: None }
    }

    /// It fails in the same way until somebody changes something.
    pub fn permanent(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_retryable: false, source: None }
    }

    /// With the error of the holder.
    #[must_use]
    pub fn with_source(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..self }
    }

    /// Whether the same may succeed later without anybody's help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        self.is_retryable
    }
}

impl fmt::Display for PrivateKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

crate::base::debug::debug_as_text! { PrivateKeyError }

impl Error for PrivateKeyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _};

    #[test]
    fn an_error_tells_its_text_its_source_and_whether_to_try_again() {
        let busy = PrivateKeyError::temporary("the TPM is busy; try again").with_source(fmt::Error);
        assert!(
            busy.is_retryable() && busy.source().is_some_and(|source| source.to_string() == fmt::Error.to_string())
        );
        let lost = PrivateKeyError::permanent("no key at 0x81000005; create it");
        assert!(!lost.is_retryable() && lost.source().is_none());
        assert_eq!(format!("{lost:?}"), "\"no key at 0x81000005; create it\"");
    }

    #[test]
    fn the_numbers_of_a_signature_are_positive_and_have_no_leading_zeros() {
        for (r, s, der) in [
            (&[0x11, 1][..], &[0x22, 2][..], &[0x30, 8, 2, 2, 0x11, 1, 2, 2, 0x22, 2][..]),
            (&[0x80, 1], &[0xff, 2], &[0x30, 10, 2, 3, 0, 0x80, 1, 2, 3, 0, 0xff, 2]),
            (&[0, 0, 0x80, 5], &[0, 0x7f], &[0x30, 8, 2, 3, 0, 0x80, 5, 2, 1, 0x7f]),
            (&[], &[0, 0], &[0x30, 6, 2, 1, 0, 2, 1, 0]),
        ] {
            assert_eq!(ecdsa_signature(r, s), der);
        }
        let longest = ecdsa_signature(&[0xff; 48], &[0xff; 48]);
        assert_eq!((longest.len(), &longest[..3]), (104, &[0x30, 102, 2][..]));
    }

    #[test]
    fn a_scheme_has_its_number_and_name_of_tls() {
        let scheme = SignatureScheme::RsaPssSha256;
        assert_eq!((scheme.number(), scheme.to_string().as_str()), (0x0804, "rsa_pss_rsae_sha256"));
        assert_eq!(SignatureScheme::from_number(0x0804), Some(scheme));
        assert_eq!(SignatureScheme::from_number(0x0807), None);
    }
}
