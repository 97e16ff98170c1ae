//! What C hands in: a pointer and a length. The header says what a caller promises of them; this file relies on it.

use crate::{
    Header,
    code::{DEFENDERAUTH_NULL, DEFENDERAUTH_UTF8},
    failure::Failure,
};
use defender_auth::UnixTime;
use std::{ffi::c_char, path::Path, slice, str, time::Duration};

/// The largest length that can be meant.
const MOST: usize = usize::MAX / 2;

/// Text, which may be empty. It lives as long as the call.
pub(crate) fn text<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a str, Failure> {
    let bytes = bytes(parameter, data.cast(), len)?;
    if bytes.contains(&0) {
        return Err(nul(parameter));
    }
    str::from_utf8(bytes).map_err(|error| {
        let message = format!("it is not UTF-8 from byte {} on; convert it", error.valid_up_to());
        Failure::new(DEFENDERAUTH_UTF8, message).field(parameter)
    })
}

/// Bytes, which may be none. They live as long as the call.
pub(crate) fn bytes<'a>(parameter: &'static str, data: *const u8, len: usize) -> Result<&'a [u8], Failure> {
    if len > MOST {
        return Err(Failure::argument(parameter, "the length is that of no memory; see whether it was negative"));
    }
    if data.is_null() {
        return if len == 0 { Ok(&[]) } else { Err(no_data(parameter)) };
    }
    // SAFETY: the caller promises that `len` bytes can be read there until the call ends, and nothing keeps them longer.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// The headers of an answer, whose texts need no NUL at the end.
pub(crate) fn headers<'a>(data: *const Header, count: usize) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    const PARAMETER: &str = "headers";
    if count > MOST / size_of::<Header>() {
        return Err(Failure::argument(PARAMETER, "the count is that of no memory; see whether it was negative"));
    }
    if data.is_null() {
        return if count == 0 { Ok(Vec::new()) } else { Err(no_data(PARAMETER)) };
    }
    if !data.is_aligned() {
        return Err(Failure::argument(PARAMETER, "it does not point to headers; give the address of an array of them"));
    }
    // SAFETY: the caller promises that `count` headers can be read there until the call ends.
    let headers = unsafe { slice::from_raw_parts(data, count) };
    // A header that is not text is none that has a meaning here.
    let readable = |header: &Header| {
        let name = bytes("headers[].name", header.name.data.cast(), header.name.len)?;
        let value = bytes("headers[].value", header.value.data.cast(), header.value.len)?;
        Ok(str::from_utf8(name).ok().zip(str::from_utf8(value).ok()))
    };
    headers.iter().filter_map(|header| readable(header).transpose()).collect()
}

/// The name of a file or a folder, in the system's own bytes.
pub(crate) fn path<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    if bytes(parameter, data.cast(), len)?.is_empty() {
        return Err(Failure::argument(parameter, "it is empty; give the name of a file or a folder"));
    }
    native(parameter, data, len)
}

#[cfg(unix)]
fn native<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let bytes = bytes(parameter, data.cast(), len)?;
    if bytes.contains(&0) {
        return Err(nul(parameter));
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// Elsewhere names are not bytes, and UTF-8 stands for them.
#[cfg(not(unix))]
fn native<'a>(parameter: &'static str, data: *const c_char, len: usize) -> Result<&'a Path, Failure> {
    text(parameter, data, len).map(Path::new)
}

fn nul(parameter: &'static str) -> Failure {
    let message = "there is a NUL in it; give the length without the one at the end";
    Failure::new(DEFENDERAUTH_UTF8, message).field(parameter)
}

fn no_data(parameter: &'static str) -> Failure {
    Failure::new(DEFENDERAUTH_NULL, "it is NULL, and its length is not 0").field(parameter)
}

/// A time in seconds since 1970.
pub(crate) fn time(parameter: &'static str, secs: u64) -> Result<UnixTime, Failure> {
    if secs > UnixTime::LATEST.as_secs() {
        let message = "it lies after the year 9999; give seconds since 1970, not milliseconds and nothing negative";
        return Err(Failure::argument(parameter, message));
    }
    Ok(UnixTime::from_secs(secs))
}

/// A time that is some seconds after another.
pub(crate) fn after(parameter: &'static str, now: UnixTime, secs: u64) -> Result<UnixTime, Failure> {
    if secs == 0 {
        return Err(Failure::argument(parameter, "it is 0; give a second at least"));
    }
    time(parameter, now.as_secs().saturating_add(secs)).map(|_| now + Duration::from_secs(secs))
}
