//! The operation of the registration that has sent the pending request.

use super::{certificates::change, object::Certificates};
use crate::{
    abi::{ResultCode, Str},
    error::Error,
    guard, input,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// Notes the operation of the registration that the pending request was sent by: what
/// `defenderauth_authenticator_pending_operation` has returned since the last result was reported, if that is not empty. Save
/// before the next request is sent. It is forgotten with the request.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_sent_by(
    certificates: Option<&mut Certificates>,
    operation: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        change(certificates, |record| {
            record.sent_by(&input::operation(input::text("operation", operation, len)?)?).map(drop)
        })
    })
}

/// The operation of the registration that the pending request was sent by, for `defenderauth_profile_set_pending_operation`.
/// Empty when none is noted.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_operation(certificates: Option<&Certificates>) -> Str {
    guard::text(certificates, |it| &it.views.operation)
}
