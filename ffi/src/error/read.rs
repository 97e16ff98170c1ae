//! What C reads from an error.

use super::object::Error;
use crate::{
    abi::{ResultCode, Str},
    code::DEFENDERAUTH_OK,
    guard,
};
use alloc::boxed::Box;

/// The result of the call that failed. For NULL, which is no error, `DEFENDERAUTH_OK`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_result(error: Option<&Error>) -> ResultCode {
    guard::look(error, DEFENDERAUTH_OK, |error| error.code)
}

/// What went wrong and what to do about it: one printable line, which never contains a secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_message(error: Option<&Error>) -> Str {
    guard::text(error, |it| &it.message)
}

/// The message for a log, after the field unless it begins with that: one printable line, which never contains a secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_line(error: Option<&Error>) -> Str {
    guard::text(error, |it| &it.line)
}

/// The file, setting, JSON member, parameter or step that caused it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_field(error: Option<&Error>) -> Str {
    guard::text(error, |it| &it.field)
}

/// The service's tracking ID; quote it in support requests.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_tracking_id(error: Option<&Error>) -> Str {
    guard::text(error, |it| &it.tracking_id)
}

/// The HTTP status of the service's response; 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_http_status(error: Option<&Error>) -> u16 {
    guard::look(error, 0, |error| error.http_status)
}

/// The service's own error code, six digits; 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_service_code(error: Option<&Error>) -> u32 {
    guard::look(error, 0, |error| error.service_code)
}

/// The TPM's response code; 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_tpm_code(error: Option<&Error>) -> u32 {
    guard::look(error, 0, |error| error.tpm_code)
}

/// How TLS failed, one of `DEFENDERAUTH_TLS_FAILURE_`; 0 = it did not.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_tls_failure(error: Option<&Error>) -> i32 {
    guard::look(error, 0, |error| error.tls_failure)
}

/// Whether the same call may succeed later.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_is_retryable(error: Option<&Error>) -> bool {
    guard::look(error, false, |error| error.is_retryable)
}

/// The service's `Retry-After`, in seconds; -1 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_retry_after_seconds(error: Option<&Error>) -> i64 {
    guard::look(error, -1, |error| error.retry_after)
}

/// Frees an error. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_error_free(error: Option<Box<Error>>) {
    guard::get((), || drop(error));
}
