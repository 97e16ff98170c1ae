//! The error that C holds.

use crate::{
    abi::ResultCode,
    code::DEFENDERAUTH_NULL,
    failure::Failure,
    object::{Poison, object},
    view::View,
};
use core::ffi::CStr;

/// What went wrong, what caused it, and what to do about it. Immutable. Free it with `defenderauth_error_free`.
pub struct Error {
    poison: Poison,
    pub(super) code: ResultCode,
    pub(super) message: View,
    pub(super) field: View,
    /// The message, after the field unless it begins with that.
    pub(super) line: View,
    pub(super) tracking_id: View,
    pub(super) http_status: u16,
    pub(super) service_code: u32,
    pub(super) tpm_code: u32,
    pub(super) tls_failure: i32,
    pub(super) is_retryable: bool,
    pub(super) retry_after: i64,
}

object!(Error, "error");

const NO_OBJECT: &CStr = c"the object is NULL, or an earlier call on it ended in PANIC; free it and create a new one";

impl Error {
    /// The error of an object that is NULL or unusable.
    pub(crate) const fn no_object() -> Self {
        Self {
            poison: Poison::new(),
            code: DEFENDERAUTH_NULL,
            message: View::Static(NO_OBJECT),
            field: View::EMPTY,
            line: View::Static(NO_OBJECT),
            tracking_id: View::EMPTY,
            http_status: 0,
            service_code: 0,
            tpm_code: 0,
            tls_failure: 0,
            is_retryable: false,
            retry_after: -1,
        }
    }

    pub(crate) fn new(failure: &Failure) -> Self {
        Self {
            poison: Poison::new(),
            code: failure.code(),
            message: View::line(&failure.message),
            field: View::line(&failure.field),
            line: line(&failure.field, &failure.message),
            tracking_id: View::new(&failure.tracking_id),
            http_status: failure.http_status,
            service_code: failure.service_code,
            tpm_code: failure.tpm_code,
            tls_failure: failure.tls_failure,
            is_retryable: failure.is_retryable,
            retry_after: failure.retry_after.map_or(-1, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)),
        }
    }
}

/// Some messages begin with what the field names, perhaps in quotation marks.
fn line(field: &str, message: &str) -> View {
    if message.is_empty() {
        return View::line(field);
    }
    if message.trim_start_matches(['`', '"', '\'']).starts_with(field) {
        View::line(message)
    } else {
        View::line(&[field, ": ", message].concat())
    }
}
