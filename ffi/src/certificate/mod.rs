//! Certificates.

mod facts;
mod finding;
#[cfg(not(feature = "x509"))]
#[path = "unread.rs"]
mod read;
#[cfg(feature = "x509")]
mod read;

use crate::{
    abi::{ResultCode, Str},
    code::DEFENDERAUTH_FINDING_NAME_MISMATCH,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, object, shared},
    output,
    private_key::{self, Held, PrivateKey},
    view::View,
};
use defender_auth::{
    UnixTime,
    credential::{ClientCertificate, Issuer},
};
use facts::Facts;
use read::Chain;
use std::{ffi::c_char, mem::MaybeUninit};

/// A certificate, its intermediates, and its private key unless that is held elsewhere. Immutable; wiped when freed. Free
/// it with `defenderauth_certificate_free`.
pub struct Certificate {
    poison: Poison,
    carried: ClientCertificate,
    /// As it was parsed. `None` when the certificate is held elsewhere too.
    chain: Option<Chain>,
    facts: Facts,
    key_holder: View,
}

object!(Certificate, "certificate");

impl Certificate {
    fn new(carried: ClientCertificate, chain: Option<Chain>) -> Self {
        let facts = chain.as_ref().map(Chain::facts).unwrap_or_default();
        let key_holder = match carried.private_key() {
            Some(key) => View::line(&format!("{key:?}")),
            None if carried.has_key() => View::Static(c"the memory of this process"),
            None => View::EMPTY,
        };
        Self { poison: Poison::new(), carried, chain, facts, key_holder }
    }

    fn from_pem(chain: &str, key: &str, passphrase: &str) -> Result<Self, Failure> {
        let (chain, certificate) = read::pem(chain, key, passphrase)?;
        Ok(Self::new(certificate, Some(chain)))
    }

    /// Its first and its last second, unless it cannot be parsed here.
    #[cfg(feature = "session")]
    pub(crate) fn validity(&self) -> Option<(UnixTime, UnixTime)> {
        self.chain.as_ref()?;
        Some((UnixTime::from_secs(self.facts.not_before), UnixTime::from_secs(self.facts.not_after)))
    }

    /// For the library's plans and options.
    pub(crate) fn client_certificate(&self) -> ClientCertificate {
        self.carried.clone()
    }
}

/// For the library's requests and outcomes.
impl From<ClientCertificate> for Certificate {
    fn from(certificate: ClientCertificate) -> Self {
        let chain = Chain::of(&certificate);
        Self::new(certificate, chain)
    }
}

/// Parses certificates in PEM, in any order, and the private key of one of them, which becomes the leaf. When `key` is
/// empty, the key is taken from `chain`; when that has none, the key is held elsewhere: by the program's TLS library or an
/// HSM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_from_pem(
    chain: *const c_char,
    chain_len: usize,
    key: *const c_char,
    key_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let chain = input::text("chain", chain, chain_len)?;
        Certificate::from_pem(chain, input::text("key", key, key_len)?, "")
    })
}

/// The same for a key that may be encrypted (PKCS#8). An empty passphrase means none; one that is not needed is ignored.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_from_pem_with_passphrase(
    chain: *const c_char,
    chain_len: usize,
    key: *const c_char,
    key_len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let chain = input::text("chain", chain, chain_len)?;
        let key = input::text("key", key, key_len)?;
        Certificate::from_pem(chain, key, input::text("passphrase", passphrase, passphrase_len)?)
    })
}

/// Parses certificates in PEM, in any order. The certificate of the private key becomes the leaf. The library's TLS signs
/// with the key where it is, so that the certificate works with everything that takes one: authenticators, the built-in
/// HTTPS driver, sessions and their driver.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_with_private_key(
    chain: *const c_char,
    chain_len: usize,
    private_key: Option<&PrivateKey>,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let private_key = private_key::given(private_key)?;
        let certificate = private_key.held.certificate(input::text("chain", chain, chain_len)?)?;
        Ok(Certificate::from(certificate))
    })
}

/// The same with a private key that is opened by its name, as by `defenderauth_private_key_open`. A key that is read from a
/// file becomes part of the certificate.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_with_key_uri(
    chain: *const c_char,
    chain_len: usize,
    uri: *const c_char,
    uri_len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        private_key::is_available()?;
        let (chain, uri) = (input::text("chain", chain, chain_len)?, input::text("uri", uri, uri_len)?);
        let passphrase = input::bytes("passphrase", passphrase.cast(), passphrase_len)?;
        Ok(Certificate::from(Held::certificate_with_uri(chain, uri, passphrase)?))
    })
}

/// Whether it includes the private key, or one that signs where it is. If not, the key is held elsewhere, and the TLS of
/// this library cannot use the certificate.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_has_key(certificate: Option<&Certificate>) -> bool {
    guard::look(certificate, false, |certificate| certificate.carried.has_key())
}

/// What holds the private key, in a few words for logs. Empty when the key is held elsewhere and the library's TLS cannot use
/// it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_key_holder(certificate: Option<&Certificate>) -> Str {
    guard::text(certificate, |it| &it.key_holder)
}

/// Whether it is self-signed. The hub then identifies it by its thumbprint.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_is_self_signed(certificate: Option<&Certificate>) -> bool {
    guard::look(certificate, false, |certificate| certificate.carried.issuer() == Some(Issuer::SelfSigned))
}

/// The common name (CN) of its subject. The services compare it with the registration ID or the device ID.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_common_name(certificate: Option<&Certificate>) -> Str {
    guard::text(certificate, |it| &it.facts.common_name)
}

/// Its SHA-1 thumbprint: 40 hexadecimal digits, upper case.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_thumbprint_sha1(certificate: Option<&Certificate>) -> Str {
    guard::text(certificate, |it| &it.facts.sha1)
}

/// Its SHA-256 thumbprint: 64 hexadecimal digits, upper case.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_thumbprint_sha256(certificate: Option<&Certificate>) -> Str {
    guard::text(certificate, |it| &it.facts.sha256)
}

/// When it becomes valid, in seconds since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_not_before(certificate: Option<&Certificate>) -> u64 {
    guard::look(certificate, 0, |certificate| certificate.facts.not_before)
}

/// When it expires, in seconds since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_not_after(certificate: Option<&Certificate>) -> u64 {
    guard::look(certificate, 0, |certificate| certificate.facts.not_after)
}

/// Why a service may reject it at the time `now`: `DEFENDERAUTH_FINDING_` bits. These are warnings; the certificate can
/// still be used. `expected_name` is the ID that the common name must equal, including case; empty skips this check.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_findings(
    certificate: Option<&Certificate>,
    now: u64,
    expected_name: *const c_char,
    len: usize,
) -> u32 {
    guard::look(certificate, 0, |certificate| {
        let Some(chain) = &certificate.chain else { return 0 };
        // Bytes that are not text cannot be a certificate's name.
        let is_named = input::text("expected_name", expected_name, len)
            .is_ok_and(|expected| expected.is_empty() || chain.common_name() == Some(expected));
        chain.findings(UnixTime::from_secs(now)) | if is_named { 0 } else { DEFENDERAUTH_FINDING_NAME_MISMATCH }
    })
}

/// The meaning of one bit of `defenderauth_certificate_findings` and what to do about it, in one line. Static and never
/// NULL; `unknown` for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_finding_string(finding: u32) -> *const c_char {
    guard::get(c"".as_ptr(), || finding::text(finding).as_ptr())
}

/// The certificate chain in PEM: leaf first, then intermediates. Never the private key.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_chain_pem(certificate: Option<&Certificate>) -> Str {
    guard::text(certificate, |it| &it.facts.chain_pem)
}

/// Writes the private key as PKCS#8 in PEM, not encrypted. When it is held elsewhere, `DEFENDERAUTH_CERTIFICATE_ABSENT`.
/// Wipe the buffer when it is no longer needed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_key_to_pem(
    certificate: Option<&Certificate>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        output::text(buf, cap, out_len)?.put(read::key_pem(&shared(certificate)?.carried)?.expose().as_bytes())
    })
}

/// Frees a certificate and wipes its key. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_free(certificate: Option<Box<Certificate>>) {
    guard::get((), || drop(certificate));
}

#[cfg(all(test, feature = "x509"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const CERTIFICATE: &str = include_str!("../../../tests/x509/data/p256.certificate.pem");
    const KEY: &str = include_str!("../../../tests/x509/data/p256.sec1.pem");

    #[test]
    fn the_certificate_of_an_outcome_is_the_one_passed_in() {
        for (key, has_key) in [(KEY, true), ("", false)] {
            let (chain, certificate) = read::pem(CERTIFICATE, key, "").unwrap();
            let given = Certificate::new(certificate, Some(chain));
            let returned = Certificate::from(given.client_certificate());
            assert_eq!(returned.client_certificate(), given.client_certificate());
            assert_eq!(defenderauth_certificate_has_key(Some(&returned)), has_key);
            assert!(defenderauth_certificate_is_self_signed(Some(&returned)));
            assert_eq!(returned.chain.unwrap().facts().not_after, given.facts.not_after);
        }
    }

    #[test]
    fn a_certificate_held_elsewhere_has_no_details() {
        let elsewhere = Certificate::from(ClientCertificate::held_elsewhere(None));
        assert!(!defenderauth_certificate_has_key(Some(&elsewhere)));
        assert_eq!(defenderauth_certificate_chain_pem(Some(&elsewhere)).len, 0);
        assert_eq!(defenderauth_certificate_findings(Some(&elsewhere), 0, c"a".as_ptr(), 1), 0);
    }
}
