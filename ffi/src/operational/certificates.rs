//! What a device keeps of its certificates.

use super::{
    machine::{self, Record},
    object::{Certificates, Renewal},
};
use crate::{
    abi::{ResultCode, Slice, Str},
    authenticator::Authenticator,
    certificate::Certificate,
    error::Error,
    failure::Failure,
    guard, input,
    object::{exclusive, shared},
    view,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::credential::IssuedChain;

/// Changes what is kept.
pub(super) fn change(
    certificates: Option<&mut Certificates>,
    run: impl FnOnce(&mut Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    machine::is_available()?;
    let mut certificates = exclusive(certificates)?;
    run(&mut certificates.record)?;
    certificates.views = certificates.record.views();
    Ok(())
}

/// Takes what was issued for the pending request.
pub(crate) fn take_issued(
    certificates: Option<&mut Certificates>,
    chain: impl FnOnce() -> Result<IssuedChain, Failure>,
) -> Result<(), Failure> {
    change(certificates, |record| record.issued(chain()?))
}

/// Generates a key on one of `DEFENDERAUTH_CURVE_`, and signs a request for its certificate. The common name is the
/// registration ID. Save before the request is sent. A request that was pending is forgotten, and with it a certificate that
/// may still be issued for it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_begin(
    certificates: Option<&mut Certificates>,
    common_name: *const c_char,
    len: usize,
    curve: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        change(certificates, |record| record.begin(input::text("common_name", common_name, len)?, curve))
    })
}

/// The same with a request (PKCS#10 in DER) for a key that is held elsewhere. `key_name` is kept with it: a name by which the
/// program finds the key again.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_begin_elsewhere(
    certificates: Option<&mut Certificates>,
    key_name: *const c_char,
    key_name_len: usize,
    request: *const u8,
    request_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        change(certificates, |record| {
            let name = input::text("key_name", key_name, key_name_len)?;
            record.begin_elsewhere(name, input::bytes("request", request, request_len)?)
        })
    })
}

/// The pending request: PKCS#10 in DER, for `defenderauth_profile_set_certificate_request`. Empty when none is pending.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_request(certificates: Option<&Certificates>) -> Slice {
    guard::look(certificates, Slice::EMPTY, |it| view::slice(&it.views.request))
}

/// The common name of the pending request. Empty when none is pending.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_request_common_name(certificates: Option<&Certificates>) -> Str {
    guard::text(certificates, |it| &it.views.request_name)
}

/// The ID under which a renewal sends the pending request. Empty when none is pending.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_request_id(certificates: Option<&Certificates>) -> Str {
    guard::text(certificates, |it| &it.views.request_id)
}

/// Whether certificates have come for the pending request and are not in use yet: do not send it again, and call
/// `defenderauth_certificates_accept`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_is_issued(certificates: Option<&Certificates>) -> bool {
    guard::look(certificates, false, |it| it.views.is_issued)
}

/// Takes what was issued at a registration, from an authenticator that is DONE. The service does not repeat it: save at once.
/// When none was issued, `DEFENDERAUTH_CERTIFICATE_ABSENT`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_take_registration(
    certificates: Option<&mut Certificates>,
    authenticator: Option<&Authenticator>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || change(certificates, |record| record.take_registration(shared(authenticator)?.outcome()?)))
}

/// Takes what was issued for a renewal that is DONE. The hub does not repeat it: save at once.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_take_renewal(
    certificates: Option<&mut Certificates>,
    renewal: Option<&Renewal>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || change(certificates, |record| record.take_renewal(shared(renewal)?.machine()?)))
}

/// Judges what was issued: the order and the signatures of the chain, its dates at the time `now`, the key and the name of
/// the request, and with `root_pem`, which may be empty, whether it leads to that certificate. Then it is in use: save, and
/// connect with it from the next connection on. When it is refused, nothing has changed: call
/// `defenderauth_certificates_discard`, unless the result is `DEFENDERAUTH_CLOCK`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_accept(
    certificates: Option<&mut Certificates>,
    root_pem: *const c_char,
    len: usize,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        change(certificates, |record| record.accept(input::text("root_pem", root_pem, len)?, input::time("now", now)?))
    })
}

/// Forgets the pending request, whose certificate was refused or will not come.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_discard(
    certificates: Option<&mut Certificates>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        change(certificates, |record| {
            record.discard();
            Ok(())
        })
    })
}

/// Forgets the certificate in use, which has expired or is rejected.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_retire(
    certificates: Option<&mut Certificates>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        change(certificates, |record| {
            record.retire();
            Ok(())
        })
    })
}

/// The certificate in use, with its key unless that is held elsewhere. NULL when there is none. The object owns it: do not
/// free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_current(certificates: Option<&Certificates>) -> Option<&Certificate> {
    guard::look(certificates, None, |it| it.views.current.as_ref())
}

/// The name of the key of the certificate in use, if that is held elsewhere; else empty.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_key_name(certificates: Option<&Certificates>) -> Str {
    guard::text(certificates, |it| &it.views.key_name)
}

/// When the certificate in use is due for renewal at the earliest, in seconds since 1970: after two thirds of its life. 0
/// when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_due_from(certificates: Option<&Certificates>) -> u64 {
    guard::look(certificates, 0, |it| it.views.due.0)
}

/// When it is due at the latest: after four fifths of its life. Pick a time between the two, so that a fleet does not renew at
/// once.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_due_until(certificates: Option<&Certificates>) -> u64 {
    guard::look(certificates, 0, |it| it.views.due.1)
}

/// What the device reports of the certificate in use in its twin, as JSON: publish it to
/// `$iothub/twin/PATCH/properties/reported/?$rid=1` at the first connection with the certificate. Empty when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_twin_report(certificates: Option<&Certificates>) -> Str {
    guard::text(certificates, |it| &it.views.report)
}

/// Frees the object and wipes its keys. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_free(certificates: Option<Box<Certificates>>) {
    guard::get((), || drop(certificates));
}
