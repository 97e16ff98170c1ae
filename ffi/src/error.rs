//! Errors as C reads them. They are immutable.

use crate::{
    ResultCode, Str,
    code::{DEFENDERAUTH_NULL, DEFENDERAUTH_OK},
    failure::Failure,
    guard,
    object::{Poison, look, object},
    view::View,
};

/// What went wrong, whose fault it is and what to do. Immutable. Free it with `defenderauth_error_free`.
pub struct Error {
    poison: Poison,
    code: ResultCode,
    message: View,
    field: View,
    tracking_id: View,
    http_status: u16,
    service_code: u32,
    tpm_code: u32,
    is_retryable: bool,
    retry_after: i64,
}

object!(Error, "error");

impl Error {
    /// That of an object that is not there, or that a panic went through.
    pub(crate) const fn no_object() -> Self {
        Self {
            poison: Poison::new(),
            code: DEFENDERAUTH_NULL,
            message: View::Static(
                c"there is no such object, or an earlier call on it panicked; free it, and begin with a new one",
            ),
            field: View::EMPTY,
            tracking_id: View::EMPTY,
            http_status: 0,
            service_code: 0,
            tpm_code: 0,
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
            tracking_id: View::new(&failure.tracking_id),
            http_status: failure.http_status,
            service_code: failure.service_code,
            tpm_code: failure.tpm_code,
            is_retryable: failure.is_retryable,
            retry_after: failure.retry_after.map_or(-1, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)),
        }
    }
}

/// The result that came with it. NULL is no error, so its result is `DEFENDERAUTH_OK`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_result(error: Option<&Error>) -> ResultCode {
    guard::get(DEFENDERAUTH_OK, || look(error, DEFENDERAUTH_OK, |error| error.code))
}

/// What is wrong and what to do about it: one printable line, which never quotes a secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_message(error: Option<&Error>) -> Str {
    guard::get(Str::EMPTY, || look(error, Str::EMPTY, |error| error.message.as_str()))
}

/// The file, setting, JSON member, parameter or step to blame.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_field(error: Option<&Error>) -> Str {
    guard::get(Str::EMPTY, || look(error, Str::EMPTY, |error| error.field.as_str()))
}

/// What the service calls the incident, for a request to Microsoft's support.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_tracking_id(error: Option<&Error>) -> Str {
    guard::get(Str::EMPTY, || look(error, Str::EMPTY, |error| error.tracking_id.as_str()))
}

/// The status of the service's answer; 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_http_status(error: Option<&Error>) -> u16 {
    guard::get(0, || look(error, 0, |error| error.http_status))
}

/// The service's own number, of six digits; 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_service_code(error: Option<&Error>) -> u32 {
    guard::get(0, || look(error, 0, |error| error.service_code))
}

/// The TPM's response code; 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_tpm_code(error: Option<&Error>) -> u32 {
    guard::get(0, || look(error, 0, |error| error.tpm_code))
}

/// Whether the same inputs may succeed later.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_is_retryable(error: Option<&Error>) -> bool {
    guard::get(false, || look(error, false, |error| error.is_retryable))
}

/// How long the service asked to be left alone, in seconds; -1 = it did not.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_retry_after_seconds(error: Option<&Error>) -> i64 {
    guard::get(-1, || look(error, -1, |error| error.retry_after))
}

/// Frees an error. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_free(error: Option<Box<Error>>) {
    guard::get((), || drop(error));
}
