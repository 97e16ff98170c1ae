//! Arguments from C: a pointer and a length. The header states what the caller guarantees; this file relies on it.

use crate::{
    abi::{Header, ResultCode},
    code::{DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_NULL, DEFENDERAUTH_UTF8},
    failure::{Failure, message},
};
use alloc::vec::Vec;
use core::{
    ffi::{CStr, c_char},
    ptr::NonNull,
    slice, str,
    time::Duration,
};
use defender_auth::{
    UnixTime,
    http::{OperationId, OperationIdError},
};
#[cfg(feature = "std")]
pub(crate) use std::path::Path;

/// No object in memory is longer.
const MOST: usize = usize::MAX / 2;

/// A text, which may be empty. It is valid during the call.
pub(crate) fn text<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a str, Failure> {
    let bytes = bytes(parameter, data.cast(), len)?;
    if bytes.contains(&0) {
        return Err(nul(parameter));
    }
    str::from_utf8(bytes).map_err(|error| {
        let text = format_args!("it is not UTF-8 at byte {}; convert it to UTF-8", error.valid_up_to());
        Failure::new(DEFENDERAUTH_UTF8, message(&text)).field(parameter)
    })
}

/// The same where nothing may be allocated: the result of the call is all that is said of a failure.
pub(crate) fn text_or_code<'a>(data: *const u8, len: usize) -> Result<&'a str, ResultCode> {
    let bytes = memory(data, len)?;
    match str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => Ok(text),
        _ => Err(DEFENDERAUTH_UTF8),
    }
}

/// The ID of a registration's operation.
pub(crate) fn operation(text: &str) -> Result<OperationId, Failure> {
    text.parse().map_err(|error: OperationIdError| Failure::argument("operation", message(&error)))
}

/// An object that every function reaches through `&` alone, because some may run while another changes it: what the header has as a
/// pointer to an object that is not const.
pub(crate) fn object<'a, T: Sync>(object: Option<NonNull<T>>) -> Option<&'a T> {
    // SAFETY: the caller guarantees that it is an object of this type that is not freed before the call ends.
    object.map(|object| unsafe { object.as_ref() })
}

/// An object that is given beside one that it may be a view of. It is read before that is changed, by `changed`.
pub(crate) fn beside<'a, T: Sync>(object: *const T) -> Option<&'a T> {
    self::object(NonNull::new(object.cast_mut()))
}

/// An object that is changed, after everything was read that may be a view of it.
pub(crate) fn changed<'a, T>(object: Option<NonNull<T>>) -> Option<&'a mut T> {
    // SAFETY: the caller guarantees that it is an object of this type, and that nothing else uses it during the call.
    object.map(|mut object| unsafe { object.as_mut() })
}

/// Bytes, possibly none. They are valid during the call.
pub(crate) fn bytes<'a>(parameter: &'static str, data: *const u8, len: usize) -> Result<&'a [u8], Failure> {
    memory(data, len).map_err(|code| match code {
        DEFENDERAUTH_NULL => no_data(parameter),
        _ => Failure::argument(parameter, "the length is larger than any memory; check whether it was negative"),
    })
}

fn memory<'a>(data: *const u8, len: usize) -> Result<&'a [u8], ResultCode> {
    if len > MOST {
        return Err(DEFENDERAUTH_ARGUMENT);
    }
    if data.is_null() {
        return if len == 0 { Ok(&[]) } else { Err(DEFENDERAUTH_NULL) };
    }
    // SAFETY: the caller guarantees that `len` bytes are readable until the call ends, and nothing keeps them longer.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// The length of a text that ends with a NUL; 0 for NULL.
pub(crate) fn length(text: *const c_char) -> usize {
    if text.is_null() {
        return 0;
    }
    // SAFETY: the caller guarantees that the text ends with a NUL.
    unsafe { CStr::from_ptr(text) }.count_bytes()
}

/// Numbers, possibly none. They are valid during the call.
pub(crate) fn numbers<'a>(parameter: &'static str, data: *const u16, count: usize) -> Result<&'a [u16], Failure> {
    array(parameter, data, count)
}

/// An array of a type that any bytes are a value of: numbers, or structures of numbers and pointers.
fn array<'a, T>(parameter: &'static str, data: *const T, count: usize) -> Result<&'a [T], Failure> {
    if count > MOST / size_of::<T>() {
        return Err(Failure::argument(parameter, "the count is larger than any memory; check whether it was negative"));
    }
    if data.is_null() {
        return if count == 0 { Ok(&[]) } else { Err(no_data(parameter)) };
    }
    if !data.is_aligned() {
        return Err(Failure::argument(parameter, "it is not aligned; pass the address of an array of that type"));
    }
    // SAFETY: the caller guarantees that `count` values are readable until the call ends.
    Ok(unsafe { slice::from_raw_parts(data, count) })
}

/// The headers of a response, whose texts need no terminating NUL.
pub(crate) fn headers<'a>(data: *const Header, count: usize) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    let headers = array("headers", data, count)?;
    // A header that is not text has no meaning here.
    let readable = |header: &Header| {
        let name = bytes("headers[].name", header.name.data.cast(), header.name.len)?;
        let value = bytes("headers[].value", header.value.data.cast(), header.value.len)?;
        Ok(str::from_utf8(name).ok().zip(str::from_utf8(value).ok()))
    };
    headers.iter().filter_map(|header| readable(header).transpose()).collect()
}

/// The path of a file or a folder, in the system's own bytes, on Windows in UTF-8.
pub(crate) fn path<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    if bytes(parameter, data.cast(), len)?.is_empty() {
        return Err(Failure::argument(parameter, "it is empty; pass the path of a file or a folder"));
    }
    native(parameter, data, len)
}

#[cfg(all(feature = "std", unix))]
fn native<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let bytes = bytes(parameter, data.cast(), len)?;
    if bytes.contains(&0) {
        return Err(nul(parameter));
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// Where paths are not bytes, they are passed as UTF-8.
#[cfg(all(feature = "std", not(unix)))]
fn native<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    text(parameter, data, len).map(Path::new)
}

/// Without an operating system there are no files. What takes a path is not in such a build.
#[cfg(not(feature = "std"))]
pub(crate) type Path = str;

#[cfg(not(feature = "std"))]
fn native<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    text(parameter, data, len)
}

fn nul(parameter: &'static str) -> Failure {
    let message = "it contains a NUL; pass the length without the terminating NUL";
    Failure::new(DEFENDERAUTH_UTF8, message).field(parameter)
}

fn no_data(parameter: &'static str) -> Failure {
    Failure::new(DEFENDERAUTH_NULL, "it is NULL, but its length is not 0; pass a pointer, or the length 0")
        .field(parameter)
}

/// A time in seconds since 1970.
pub(crate) fn time(parameter: &'static str, secs: u64) -> Result<UnixTime, Failure> {
    if secs > UnixTime::LATEST.as_secs() {
        let message = "it is after the year 9999; pass seconds since 1970, not milliseconds and not a negative number";
        return Err(Failure::argument(parameter, message));
    }
    Ok(UnixTime::from_secs(secs))
}

/// A time some seconds after another.
pub(crate) fn after(parameter: &'static str, now: UnixTime, secs: u64) -> Result<UnixTime, Failure> {
    if secs == 0 {
        return Err(Failure::argument(parameter, "it is 0; pass at least 1 second"));
    }
    time(parameter, now.as_secs().saturating_add(secs)).map(|_| now + Duration::from_secs(secs))
}
