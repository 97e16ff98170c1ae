//! Where a device keeps its certificates: a text, or a file in a folder.

use super::{
    machine::{self, Lock, Record},
    object::Certificates,
};
use crate::{abi::ResultCode, error::Error, guard, input, object::shared, output};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// Creates an object without a certificate and without a request.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_new(
    out: Option<&mut MaybeUninit<Option<Box<Certificates>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Record::new().map(Certificates::new))
}

/// From what `defenderauth_certificates_text` wrote. When it cannot be used, the result is `DEFENDERAUTH_SNAPSHOT`: register
/// again, and request another certificate.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_parse(
    text: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificates>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Record::parse(input::text("text", text, len)?).map(Certificates::new))
}

/// Reads `certificates.json` in a folder. If there is no such file, the object has no certificate; if there is no such
/// folder, it is made.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_load(
    folder: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificates>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Record::load(input::path("folder", folder, len)?).map(Certificates::new))
}

/// The same for a program that requests certificates. No other process can request certificates with this folder until the
/// object is freed: of two that do, one would lose what it is issued. While another process uses it, the result is
/// `DEFENDERAUTH_FILE_WRITE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_load_locked(
    folder: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificates>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let folder = input::path("folder", folder, len)?;
        let lock = Lock::of(folder)?;
        Ok(Certificates::locked(Record::load(folder)?, lock))
    })
}

/// Writes `certificates.json` in a folder, for the owner alone. It is on the disk when this returns `DEFENDERAUTH_OK`;
/// otherwise the former file is as it was.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_save(
    certificates: Option<&Certificates>,
    folder: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::is_available()?;
        shared(certificates)?.record.save(input::path("folder", folder, len)?)
    })
}

/// Writes what is kept as a text, for a program that has a storage of its own. It contains the keys: wipe the buffer when it
/// is no longer needed. It may be longer than `DEFENDERAUTH_TEXT_CAPACITY`; pass NULL and 0 to get its length.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_text(
    certificates: Option<&Certificates>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        machine::is_available()?;
        out.put(shared(certificates)?.record.text().expose().as_bytes())
    })
}
