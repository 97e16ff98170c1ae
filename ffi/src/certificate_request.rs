//! Requests for certificates.

use crate::{
    abi::ResultCode,
    error::Error,
    guard, input,
    object::{Poison, object, shared},
    output,
    private_key::{self, PrivateKey},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::credential;

/// A request for a certificate (PKCS#10). Immutable. Free it with `defenderauth_certificate_request_free`.
pub struct CertificateRequest {
    poison: Poison,
    request: credential::CertificateRequest,
}

object!(CertificateRequest, "request");

/// Requests a certificate for a private key, which signs the request once. The common name, of 1 to 64 characters, is the
/// registration ID or the device ID.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_request_new(
    private_key: Option<&PrivateKey>,
    common_name: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<CertificateRequest>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let private_key = private_key::given(private_key)?;
        let request = private_key.held.request(input::text("common_name", common_name, len)?)?;
        Ok(CertificateRequest { poison: Poison::new(), request })
    })
}

/// Writes the request in DER.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_request_to_der(
    request: Option<&CertificateRequest>,
    buf: *mut u8,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::bytes(buf, cap, out_len)?.put(shared(request)?.request.as_der()))
}

/// Writes the request in base64, on one line and without a label, as the provisioning service takes it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_request_to_base64(
    request: Option<&CertificateRequest>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(shared(request)?.request.to_base64().as_bytes()))
}

/// Writes the request in PEM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_request_to_pem(
    request: Option<&CertificateRequest>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(shared(request)?.request.to_pem().as_bytes()))
}

/// Frees a request. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_request_free(request: Option<Box<CertificateRequest>>) {
    guard::get((), || drop(request));
}
