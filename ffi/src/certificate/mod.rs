//! Certificates.

mod finding;
#[cfg(not(feature = "x509"))]
#[path = "unread.rs"]
mod read;
#[cfg(feature = "x509")]
mod read;

use crate::{
    ResultCode, Str,
    code::DEFENDERAUTH_FINDING_NAME_MISMATCH,
    error::Error,
    guard, input,
    object::{Poison, look, object, shared},
    output,
    view::View,
};
use defender_auth::{
    UnixTime,
    credential::{ClientCertificate, Issuer},
};
use read::Chain;
use std::{ffi::c_char, mem::MaybeUninit};

/// A certificate, those that stand behind it, and its private key if that is not held elsewhere. Immutable; wiped when
/// freed. Free it with `defenderauth_certificate_free`.
pub struct Certificate {
    poison: Poison,
    carried: ClientCertificate,
    /// As it was read. `None` when somebody else holds that as well.
    chain: Option<Chain>,
    facts: Facts,
}

object!(Certificate, "certificate");

/// What there is to say about the leaf.
#[derive(Default)]
struct Facts {
    common_name: View,
    sha1: View,
    sha256: View,
    not_before: u64,
    not_after: u64,
    chain_pem: View,
}

impl Certificate {
    fn new(carried: ClientCertificate, chain: Option<Chain>) -> Self {
        let facts = chain.as_ref().map(Chain::facts).unwrap_or_default();
        Self { poison: Poison::new(), carried, chain, facts }
    }

    /// As the library's plans and options take it.
    pub(crate) fn client_certificate(&self) -> ClientCertificate {
        self.carried.clone()
    }
}

/// As the library hands it out.
impl From<ClientCertificate> for Certificate {
    fn from(certificate: ClientCertificate) -> Self {
        let chain = Chain::of(&certificate);
        Self::new(certificate, chain)
    }
}

/// Reads certificates in PEM, whatever their order, and the private key of one of them, which becomes the first. When
/// `key` is empty, the key is taken from `chain`; when there is none, somebody else holds it: the program's TLS library,
/// an HSM.
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
    guard::call(error, || {
        let out = output::object(out)?;
        let chain = input::text("chain", chain, chain_len)?;
        let key = input::text("key", key, key_len)?;
        let (chain, certificate) = read::pem(chain, key, "")?;
        out.put(Certificate::new(certificate, Some(chain)));
        Ok(())
    })
}

/// The same for a key that may be encrypted (PKCS#8). An empty passphrase is none; one that is not needed does no harm.
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
    guard::call(error, || {
        let out = output::object(out)?;
        let chain = input::text("chain", chain, chain_len)?;
        let key = input::text("key", key, key_len)?;
        let passphrase = input::text("passphrase", passphrase, passphrase_len)?;
        let (chain, certificate) = read::pem(chain, key, passphrase)?;
        out.put(Certificate::new(certificate, Some(chain)));
        Ok(())
    })
}

/// Whether the private key is in it. If not, somebody else holds it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_has_key(certificate: Option<&Certificate>) -> bool {
    guard::get(false, || look(certificate, false, |certificate| certificate.carried.der().is_some()))
}

/// Whether its own key signed it. Then the hub knows it by its thumbprint.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_is_self_signed(certificate: Option<&Certificate>) -> bool {
    guard::get(false, || {
        look(certificate, false, |certificate| certificate.carried.issuer() == Some(Issuer::SelfSigned))
    })
}

/// The common name (CN) of its subject, which the services compare with an ID.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_common_name(certificate: Option<&Certificate>) -> Str {
    guard::get(Str::EMPTY, || look(certificate, Str::EMPTY, |certificate| certificate.facts.common_name.as_str()))
}

/// Its SHA-1 thumbprint: 40 hexadecimal digits, with capital letters.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_thumbprint_sha1(certificate: Option<&Certificate>) -> Str {
    guard::get(Str::EMPTY, || look(certificate, Str::EMPTY, |certificate| certificate.facts.sha1.as_str()))
}

/// Its SHA-256 thumbprint: 64 hexadecimal digits, with capital letters.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_thumbprint_sha256(certificate: Option<&Certificate>) -> Str {
    guard::get(Str::EMPTY, || look(certificate, Str::EMPTY, |certificate| certificate.facts.sha256.as_str()))
}

/// Its first second, since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_not_before(certificate: Option<&Certificate>) -> u64 {
    guard::get(0, || look(certificate, 0, |certificate| certificate.facts.not_before))
}

/// Its last second, since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_not_after(certificate: Option<&Certificate>) -> u64 {
    guard::get(0, || look(certificate, 0, |certificate| certificate.facts.not_after))
}

/// What a service may refuse at the time `now`, or somebody should look at: `DEFENDERAUTH_FINDING_` bits. These are
/// warnings; the certificate can be used all the same. `expected_name` is the ID that the common name has to be, letter by
/// letter; when it is empty, none is compared.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_findings(
    certificate: Option<&Certificate>,
    now: u64,
    expected_name: *const c_char,
    len: usize,
) -> u32 {
    guard::get(0, || {
        look(certificate, 0, |certificate| {
            let Some(chain) = &certificate.chain else { return 0 };
            // What is not a text is no certificate's name.
            let is_named = input::text("expected_name", expected_name, len)
                .is_ok_and(|expected| expected.is_empty() || chain.common_name() == Some(expected));
            chain.findings(UnixTime::from_secs(now)) | if is_named { 0 } else { DEFENDERAUTH_FINDING_NAME_MISMATCH }
        })
    })
}

/// What one bit of `defenderauth_certificate_findings` means and what to do about it, in a line. Static and never NULL;
/// `unknown` for what is no bit, or not one of this version.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_finding_string(finding: u32) -> *const c_char {
    guard::get(c"".as_ptr(), || finding::text(finding).as_ptr())
}

/// The certificate and those that lead on from it, in PEM, the leaf first. Never the private key.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_chain_pem(certificate: Option<&Certificate>) -> Str {
    guard::get(Str::EMPTY, || look(certificate, Str::EMPTY, |certificate| certificate.facts.chain_pem.as_str()))
}

/// Writes the private key as PKCS#8 in PEM, not encrypted, or answers `DEFENDERAUTH_CERTIFICATE_ABSENT` when somebody else
/// holds it. Wipe the buffer when it is no longer needed.
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
        let out = output::text(buf, cap, out_len)?;
        out.put(read::key_pem(&shared(certificate)?.carried)?.expose().as_bytes())
    })
}

/// Frees a certificate, and wipes its key. NULL is fine.
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
    fn what_the_library_hands_out_is_the_certificate_that_it_was_given() {
        for (key, has_key) in [(KEY, true), ("", false)] {
            let (chain, certificate) = read::pem(CERTIFICATE, key, "").unwrap();
            let given = Certificate::new(certificate, Some(chain));
            let handed_out = Certificate::from(given.client_certificate());
            assert_eq!(handed_out.client_certificate(), given.client_certificate());
            assert_eq!(defenderauth_certificate_has_key(Some(&handed_out)), has_key);
            assert!(defenderauth_certificate_is_self_signed(Some(&handed_out)));
            assert_eq!(handed_out.chain.unwrap().facts().not_after, given.facts.not_after);
        }
    }

    #[test]
    fn of_a_certificate_that_is_not_here_nothing_is_known() {
        let elsewhere = Certificate::from(ClientCertificate::held_elsewhere(None));
        assert!(!defenderauth_certificate_has_key(Some(&elsewhere)));
        assert_eq!(defenderauth_certificate_chain_pem(Some(&elsewhere)).len, 0);
        assert_eq!(defenderauth_certificate_findings(Some(&elsewhere), 0, c"a".as_ptr(), 1), 0);
    }
}
