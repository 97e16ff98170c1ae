//! Calls as from C: text as a pointer and a length, outputs in memory that is not zero before.
#![allow(dead_code, unused_imports, reason = "no test file needs all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use defenderauth::{
    DEFENDERAUTH_BUFFER_TOO_SMALL, DEFENDERAUTH_OK, Error, ResultCode, Str,
    error::{defenderauth_error_field, defenderauth_error_free, defenderauth_error_message, defenderauth_error_result},
};
use std::{
    ffi::{CStr, c_char},
    mem::MaybeUninit,
    slice,
};

/// A failure, and its details.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) code: ResultCode,
    pub(crate) field: String,
    pub(crate) message: String,
}

/// A place with a value that is neither a pointer nor a length.
pub(crate) fn place<T>() -> MaybeUninit<T> {
    let mut place = MaybeUninit::<T>::uninit();
    // SAFETY: the place itself, which may hold any bytes before it is written.
    unsafe { place.as_mut_ptr().write_bytes(0xa5, 1) };
    place
}

/// Text as C passes it.
pub(crate) fn text(text: &str) -> (*const c_char, usize) {
    bytes(text.as_bytes())
}

/// Bytes passed as text.
pub(crate) fn bytes(bytes: &[u8]) -> (*const c_char, usize) {
    (bytes.as_ptr().cast(), bytes.len())
}

/// The text of a view, which must end with a NUL.
pub(crate) fn read(view: Str) -> String {
    assert!(!view.data.is_null());
    // SAFETY: a view has its length and a terminating NUL, and the test has not freed its object.
    let bytes = unsafe { slice::from_raw_parts(view.data.cast::<u8>(), view.len + 1) };
    let (nul, text) = bytes.split_last().unwrap();
    assert_eq!(*nul, 0);
    String::from_utf8(text.to_vec()).unwrap()
}

/// A static text.
pub(crate) fn fixed(text: *const c_char) -> &'static str {
    assert!(!text.is_null());
    // SAFETY: it is static and ends with a NUL.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

/// The outcome of a call; it must have written the place for its error.
pub(crate) fn call(run: impl FnOnce(&mut MaybeUninit<Option<Box<Error>>>) -> ResultCode) -> Result<(), Failed> {
    let mut error = place();
    let code = run(&mut error);
    // SAFETY: every call writes it.
    let error = unsafe { error.assume_init() };
    // A question for a length has no details.
    let is_answer = code == DEFENDERAUTH_BUFFER_TOO_SMALL && error.is_none();
    assert_eq!(error.is_some() || is_answer, code != DEFENDERAUTH_OK);
    assert_eq!(defenderauth_error_result(error.as_deref()), if is_answer { DEFENDERAUTH_OK } else { code });
    let failed = Failed {
        code,
        field: read(defenderauth_error_field(error.as_deref())),
        message: read(defenderauth_error_message(error.as_deref())),
    };
    assert!(!failed.message.contains('\n'));
    defenderauth_error_free(error);
    if code == DEFENDERAUTH_OK { Ok(()) } else { Err(failed) }
}

/// The result of a call that must fail, and the parameter, file or step that caused it.
pub(crate) fn blamed<T>(outcome: Result<T, Failed>) -> (ResultCode, String) {
    outcome.err().map(|failed| (failed.code, failed.field)).unwrap()
}

/// The object that a call creates. When it fails, there must be none.
pub(crate) fn made<T>(
    run: impl FnOnce(&mut MaybeUninit<Option<Box<T>>>, &mut MaybeUninit<Option<Box<Error>>>) -> ResultCode,
) -> Result<Box<T>, Failed> {
    let mut out = place();
    let outcome = call(|error| run(&mut out, error));
    // SAFETY: every call writes it.
    let out = unsafe { out.assume_init() };
    assert_eq!(out.is_some(), outcome.is_ok());
    outcome.map(|()| out.unwrap())
}

/// The text that a call writes to a buffer of this size, and the length that it reports.
pub(crate) fn written(
    cap: usize,
    run: impl FnOnce(*mut c_char, usize, &mut MaybeUninit<usize>, &mut MaybeUninit<Option<Box<Error>>>) -> ResultCode,
) -> (Result<String, Failed>, usize) {
    let (mut buffer, mut len) = (vec![0xa5_u8; cap], place());
    let outcome = call(|error| run(buffer.as_mut_ptr().cast(), cap, &mut len, error));
    // SAFETY: every call writes it.
    let len = unsafe { len.assume_init() };
    let text = buffer.split(|byte| *byte == 0).next().map(|text| String::from_utf8_lossy(text).into_owned());
    let text = text.unwrap_or_default();
    assert_eq!(text.len(), if outcome.is_ok() { len } else { 0 });
    (outcome.map(|()| text), len)
}
