//! Memory as C has it: places that hold anything before they are written, views, buffers with something behind them.

#![allow(unsafe_code, reason = "C's memory is read here, and nowhere else")]

use core::{
    ffi::{CStr, c_char},
    mem::MaybeUninit,
    slice,
};
use defenderauth::{
    DEFENDERAUTH_BUFFER_TOO_SMALL, DEFENDERAUTH_OK, Error, ResultCode, Slice, Str,
    error::{
        defenderauth_error_field, defenderauth_error_free, defenderauth_error_http_status, defenderauth_error_message,
        defenderauth_error_result, defenderauth_error_tracking_id,
    },
    version::defenderauth_result_string,
};

/// What stands everywhere before it is written.
const CANARY: u8 = 0xA5;

/// Where a call puts an object, or NULL in its stead.
pub(crate) type Place<T> = MaybeUninit<Option<Box<T>>>;

/// Where a call puts an error, if the caller wants it.
pub(crate) type ErrorPlace<'a> = Option<&'a mut Place<Error>>;

/// A place that holds what no pointer and no length is.
fn place<T>() -> MaybeUninit<T> {
    let mut place = MaybeUninit::<T>::uninit();
    // SAFETY: the place itself, and any byte may stand in it before it is written.
    unsafe { place.as_mut_ptr().write_bytes(CANARY, 1) };
    place
}

/// A text, which must be there and end with its only NUL.
pub(crate) fn text(view: Str) -> String {
    assert!(!view.data.is_null());
    // SAFETY: a view has its length and a NUL behind it, and its object has not been freed.
    let bytes = unsafe { slice::from_raw_parts(view.data.cast::<u8>(), view.len + 1) };
    let nul = bytes.iter().position(|byte| *byte == 0);
    assert_eq!(nul, Some(view.len), "for C a text ends at its first NUL");
    String::from_utf8(bytes[..view.len].to_vec()).expect("text is UTF-8")
}

/// Bytes, which must be there.
pub(crate) fn bytes(view: Slice) -> Vec<u8> {
    assert!(!view.data.is_null());
    // SAFETY: a view has its length, and its object has not been freed.
    unsafe { slice::from_raw_parts(view.data, view.len) }.to_vec()
}

/// A static text.
pub(crate) fn fixed(text: *const c_char) -> &'static str {
    assert!(!text.is_null());
    // SAFETY: it is static and ends with a NUL.
    unsafe { CStr::from_ptr(text) }.to_str().expect("text is UTF-8")
}

/// A call with a place for its error or without: what it answers is documented, and its error says the same.
pub(crate) fn call(wants_error: bool, run: impl FnOnce(ErrorPlace<'_>) -> ResultCode) -> ResultCode {
    if !wants_error {
        return documented(run(None));
    }
    let mut error = place();
    let code = documented(run(Some(&mut error)));
    // SAFETY: every call writes it.
    let error = unsafe { error.assume_init() };
    assert_eq!(error.is_some(), code != DEFENDERAUTH_OK, "an error comes with a failure");
    let it = error.as_deref();
    assert_eq!(defenderauth_error_result(it), code);
    let words = [defenderauth_error_message(it), defenderauth_error_field(it), defenderauth_error_tracking_id(it)];
    let words = words.map(text);
    assert!(words.iter().all(|text| !text.contains(char::is_control)), "{words:?} is no line");
    assert!(words[0].is_empty() == (code == DEFENDERAUTH_OK) && words[0].len() < 4096, "{words:?}");
    assert!(defenderauth_error_http_status(it) == 0 || (400..500).contains(&code), "{code} has a status");
    defenderauth_error_free(error);
    code
}

fn documented(code: ResultCode) -> ResultCode {
    let name = fixed(defenderauth_result_string(code));
    assert!(name != "UNKNOWN" && name != "DEFENDERAUTH_PANIC", "{code} is {name}");
    code
}

/// The object that a call makes. When it fails there is none.
pub(crate) fn made<T>(
    wants_error: bool,
    run: impl FnOnce(Option<&mut Place<T>>, ErrorPlace<'_>) -> ResultCode,
) -> Option<Box<T>> {
    let mut out = place();
    let code = call(wants_error, |error| run(Some(&mut out), error));
    // SAFETY: every call writes it.
    let out = unsafe { out.assume_init() };
    assert_eq!(out.is_some(), code == DEFENDERAUTH_OK, "an object comes with success");
    out
}

/// What a call writes: into a pointer, a capacity and a place for the length.
pub(crate) type Write<'a> = &'a dyn Fn(*mut u8, usize, Option<&mut MaybeUninit<usize>>, ErrorPlace<'_>) -> ResultCode;

/// What one run of such a call has left.
struct Left {
    code: ResultCode,
    len: usize,
    buffer: Vec<u8>,
}

fn run(cap: usize, write: Write<'_>) -> Left {
    let (mut buffer, mut len) = (vec![CANARY; cap + 16], place());
    let data = if cap == 0 { core::ptr::null_mut() } else { buffer.as_mut_ptr() };
    let code = call(true, |error| write(data, cap, Some(&mut len), error));
    // SAFETY: every call writes it.
    let len = unsafe { len.assume_init() };
    assert!(buffer[cap..].iter().all(|byte| *byte == CANARY), "nothing is written behind the buffer");
    Left { code, len, buffer }
}

/// A call writes what it says and where it may: asked for the length, with exactly that room, with one byte less, with
/// more, and with this much.
pub(crate) fn written(cap: usize, is_text: bool, write: Write<'_>) -> Option<Vec<u8>> {
    let asked = run(0, write);
    if ![DEFENDERAUTH_OK, DEFENDERAUTH_BUFFER_TOO_SMALL].contains(&asked.code) {
        assert_eq!(asked.len, 0, "a call that fails has no length");
        let failed = run(cap, write);
        assert_eq!((failed.code, failed.len), (asked.code, 0), "the buffer makes no difference");
        untouched(&failed, is_text, cap);
        return None;
    }
    let needed = asked.len + usize::from(is_text);
    let exact = run(needed, write);
    assert_eq!((exact.code, exact.len), (DEFENDERAUTH_OK, asked.len), "the length is right");
    let data = &exact.buffer[..asked.len];
    assert!(!is_text || (exact.buffer[asked.len] == 0 && !data.contains(&0)), "a text ends with its only NUL");
    for cap in [needed - usize::from(needed > 0), needed + 9, cap] {
        let other = run(cap, write);
        assert_eq!(other.len, asked.len, "the length is the same whether it fits or not");
        if cap < needed {
            assert_eq!(other.code, DEFENDERAUTH_BUFFER_TOO_SMALL);
            untouched(&other, is_text, cap);
        } else {
            assert_eq!(other.code, DEFENDERAUTH_OK);
            assert_eq!(&other.buffer[..needed], &exact.buffer[..needed], "the same call writes the same");
            assert!(other.buffer[needed..].iter().all(|byte| *byte == CANARY), "nothing is written behind it");
        }
    }
    assert_eq!(call(false, |error| write(core::ptr::null_mut(), 9, None, error)), defenderauth::DEFENDERAUTH_NULL);
    assert_eq!(
        call(true, |error| write(core::ptr::null_mut(), usize::MAX, None, error)),
        defenderauth::DEFENDERAUTH_ARGUMENT
    );
    Some(data.to_vec())
}

/// A call that failed has left an empty text, and nothing else.
fn untouched(left: &Left, is_text: bool, cap: usize) {
    let begun = usize::from(is_text && cap > 0);
    assert!(left.buffer[..begun].iter().all(|byte| *byte == 0), "a text that is not there is empty");
    assert!(left.buffer[begun..].iter().all(|byte| *byte == CANARY), "nothing of it is left there");
}
