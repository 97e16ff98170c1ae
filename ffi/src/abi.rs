//! The plain types of the interface. They never change.

use std::ffi::c_char;

/// 0 is `DEFENDERAUTH_OK`; what the others mean is said where they are defined.
pub type ResultCode = i32;

/// A view of text. `data` is never NULL and ends with a NUL that `len` does not count; absent is `len == 0`. It lives
/// until the next call on its object that is not const, or until the object is freed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Str {
    /// The text, in UTF-8.
    pub data: *const c_char,
    /// Its length in bytes.
    pub len: usize,
}

/// A view of bytes. `data` is never NULL; absent is `len == 0`. It lives as long as a view of text.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Slice {
    /// The bytes.
    pub data: *const u8,
    /// How many.
    pub len: usize,
}

/// A header of HTTP. Coming out of the library both are text with a NUL at the end; going in they need none.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    /// Its name.
    pub name: Str,
    /// Its value.
    pub value: Str,
}

impl Str {
    /// Nothing.
    pub(crate) const EMPTY: Self = Self { data: c"".as_ptr(), len: 0 };
}

impl Slice {
    /// Nothing.
    pub(crate) const EMPTY: Self = Self { data: c"".as_ptr().cast(), len: 0 };
}

impl Header {
    /// Nothing.
    pub(crate) const EMPTY: Self = Self { name: Str::EMPTY, value: Str::EMPTY };
}
