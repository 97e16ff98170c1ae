//! Memory as in C: places that hold any value before they are written, views, buffers followed by other data.

#![allow(unsafe_code, reason = "C's memory is read here, and nowhere else")]

use core::{
    ffi::{CStr, c_char, c_void},
    mem::MaybeUninit,
    slice,
    sync::atomic::{AtomicUsize, Ordering},
};
use defenderauth::{
    DEFENDERAUTH_BUFFER_TOO_SMALL, DEFENDERAUTH_OK, Error, ResultCode, Slice, Str,
    error::{
        defenderauth_error_field, defenderauth_error_free, defenderauth_error_http_status, defenderauth_error_message,
        defenderauth_error_result, defenderauth_error_tracking_id,
    },
    version::defenderauth_result_string,
};

/// The value of every byte before it is written.
const CANARY: u8 = 0xA5;

/// Where a call writes an object, or NULL.
pub(crate) type Place<T> = MaybeUninit<Option<Box<T>>>;

/// Where a call writes an error, or `None` for NULL.
pub(crate) type ErrorPlace<'a> = Option<&'a mut Place<Error>>;

/// A place with a value that is neither a pointer nor a length.
fn place<T>() -> MaybeUninit<T> {
    let mut place = MaybeUninit::<T>::uninit();
    // SAFETY: the place itself, which may hold any bytes before it is written.
    unsafe { place.as_mut_ptr().write_bytes(CANARY, 1) };
    place
}

/// A text, which must end with its only NUL.
pub(crate) fn text(view: Str) -> String {
    assert!(!view.data.is_null());
    // SAFETY: a view has its length and a terminating NUL, and its object has not been freed.
    let bytes = unsafe { slice::from_raw_parts(view.data.cast::<u8>(), view.len + 1) };
    let nul = bytes.iter().position(|byte| *byte == 0);
    assert_eq!(nul, Some(view.len), "for C a text ends at its first NUL");
    String::from_utf8(bytes[..view.len].to_vec()).expect("text is UTF-8")
}

/// Bytes, whose pointer must not be NULL.
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

/// A call with or without a place for its error: the result is documented, and the error has the same one.
pub(crate) fn call(wants_error: bool, run: impl FnOnce(ErrorPlace<'_>) -> ResultCode) -> ResultCode {
    if !wants_error {
        return documented(run(None));
    }
    let mut error = place();
    let code = documented(run(Some(&mut error)));
    // SAFETY: every call writes it.
    let error = unsafe { error.assume_init() };
    if code == DEFENDERAUTH_BUFFER_TOO_SMALL && error.is_none() {
        // It was a question for a length.
        return code;
    }
    assert_eq!(error.is_some(), code != DEFENDERAUTH_OK, "an error comes with a failure");
    let it = error.as_deref();
    assert_eq!(defenderauth_error_result(it), code);
    let words = [defenderauth_error_message(it), defenderauth_error_field(it), defenderauth_error_tracking_id(it)];
    let words = words.map(text);
    assert!(words.iter().all(|text| !text.contains(char::is_control)), "{words:?} is not one line");
    assert!(words[0].is_empty() == (code == DEFENDERAUTH_OK) && words[0].len() < 4096, "{words:?}");
    assert!(words[1].is_empty() == (code == DEFENDERAUTH_OK), "{code} names nothing that is at fault: {words:?}");
    assert!(defenderauth_error_http_status(it) == 0 || (400..500).contains(&code), "{code} has a status");
    defenderauth_error_free(error);
    code
}

fn documented(code: ResultCode) -> ResultCode {
    let name = fixed(defenderauth_result_string(code));
    assert!(name != "UNKNOWN" && name != "DEFENDERAUTH_PANIC", "{code} is {name}");
    code
}

/// The object that a call creates. When it fails there is none.
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

/// A call that writes: to a pointer with a capacity, and to a place for the length.
pub(crate) type Write<'a> = &'a dyn Fn(*mut u8, usize, Option<&mut MaybeUninit<usize>>, ErrorPlace<'_>) -> ResultCode;

/// The state after one such call.
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
    assert!(buffer[cap..].iter().all(|byte| *byte == CANARY), "nothing is written beyond the buffer");
    Left { code, len, buffer }
}

/// A call writes what it reports, and only there: when it queries the length, with exactly that capacity, with one byte less,
/// with more, and with this capacity.
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
            assert!(other.buffer[needed..].iter().all(|byte| *byte == CANARY), "nothing is written beyond it");
        }
    }
    assert_eq!(call(false, |error| write(core::ptr::null_mut(), 9, None, error)), defenderauth::DEFENDERAUTH_NULL);
    assert_eq!(
        call(true, |error| write(core::ptr::null_mut(), usize::MAX, None, error)),
        defenderauth::DEFENDERAUTH_ARGUMENT
    );
    Some(data.to_vec())
}

/// A call that failed has written an empty text, and nothing else.
fn untouched(left: &Left, is_text: bool, cap: usize) {
    let begun = usize::from(is_text && cap > 0);
    assert!(left.buffer[..begun].iter().all(|byte| *byte == 0), "after a failure the text is empty");
    assert!(left.buffer[begun..].iter().all(|byte| *byte == CANARY), "no partial output is left");
}

/// What the function of a private key is called with, and how often it was released.
#[derive(Default)]
pub(crate) struct Releases(Vec<Box<AtomicUsize>>);

impl Releases {
    /// One more, for a call that creates a key.
    pub(crate) fn add(&mut self) -> *mut c_void {
        self.0.push(Box::default());
        self.0.last().map_or(core::ptr::null_mut(), |count| count.as_ptr().cast())
    }

    /// Every one was released, and once.
    pub(crate) fn assert_complete(&self) {
        assert!(self.0.iter().all(|count| count.load(Ordering::Relaxed) == 1), "each is released once");
    }
}

pub(crate) extern "C" fn release(user_data: *mut c_void) {
    // SAFETY: it is one of the counts above, which are dropped after every key.
    unsafe { AtomicUsize::from_ptr(user_data.cast()) }.fetch_add(1, Ordering::Relaxed);
}

/// Writes to the whole buffer, and returns and reports what the message says: any result, and lengths beyond the buffer.
pub(crate) extern "C" fn sign(
    user_data: *mut c_void,
    scheme: u16,
    message: *const u8,
    message_len: usize,
    signature: *mut u8,
    cap: usize,
    signature_len: *mut usize,
) -> i32 {
    // SAFETY: as above.
    let releases = unsafe { AtomicUsize::from_ptr(user_data.cast()) };
    assert!(releases.load(Ordering::Relaxed) == 0 && scheme != 0, "it is not called after its release");
    // SAFETY: the library passes a message and a buffer with their lengths.
    let (message, buffer) =
        unsafe { (slice::from_raw_parts(message, message_len), slice::from_raw_parts_mut(signature, cap)) };
    let sum = message.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    buffer.fill(sum);
    // SAFETY: the library passes a place for the length.
    unsafe { signature_len.write(usize::from(sum) * 8) };
    i32::from(sum % 4)
}
