//! What C reads from a certificate.

use super::{Certificate, finding, read};
use crate::{
    abi::{ResultCode, Str},
    code::{DEFENDERAUTH_FINDING_NAME_MISMATCH, DEFENDERAUTH_FINDING_UNCHECKED},
    error::Error,
    guard, input,
    object::shared,
    output,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{UnixTime, credential::Issuer};

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
/// still be used. `expected_name` is the ID that the common name must equal, including case; empty skips this check. Without
/// a certificate to check `DEFENDERAUTH_FINDING_UNCHECKED`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_findings(
    certificate: Option<&Certificate>,
    now: u64,
    expected_name: *const c_char,
    len: usize,
) -> u32 {
    guard::look(certificate, DEFENDERAUTH_FINDING_UNCHECKED, |certificate| {
        let Some(chain) = &certificate.chain else { return DEFENDERAUTH_FINDING_UNCHECKED };
        // Bytes that are not text cannot be a certificate's name.
        let is_named = input::text("expected_name", expected_name, len)
            .is_ok_and(|expected| expected.is_empty() || chain.common_name() == Some(expected));
        chain.findings(UnixTime::from_secs(now)) | if is_named { 0 } else { DEFENDERAUTH_FINDING_NAME_MISMATCH }
    })
}

/// Verifies that a device's certificate leads to that of an enrollment group, a root or an intermediate, over the certificates of
/// its chain, and may authenticate a client at the time `now`, as the provisioning service does it. Of `enrolled` it is the first
/// certificate. `DEFENDERAUTH_CERTIFICATE_RULE` names the certificate at which it fails, and why.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_verify(
    certificate: Option<&Certificate>,
    enrolled: Option<&Certificate>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let certificate = shared(certificate)?;
        let enrolled = shared(enrolled).map_err(|failure| failure.field("enrolled"))?;
        certificate.chain()?.verify(enrolled.chain()?, input::time("now", now)?)
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
