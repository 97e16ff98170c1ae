//! The plain types of the interface. They never change.

use core::ffi::c_char;

/// 0 is `DEFENDERAUTH_OK`; for the others see each definition.
pub type ResultCode = i32;

/// A `bool` that C passes: any byte, of which 0 is false. Only C and C++ see to it that a `bool` is 0 or 1, which Rust relies on.
pub type Flag = u8;

/// A view of text. `data` is never NULL and ends with a NUL that `len` does not count; an absent text has `len == 0`. It is
/// valid until the next non-const call on its object, or until the object is freed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Str {
    /// The text, in UTF-8.
    pub data: *const c_char,
    /// Its length in bytes.
    pub len: usize,
}

/// A view of bytes. `data` is never NULL; absent bytes have `len == 0`. It is valid as long as a view of text.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Slice {
    /// The bytes.
    pub data: *const u8,
    /// Their number.
    pub len: usize,
}

/// An HTTP header. From the library, both texts end with a NUL; to the library, they need none.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    /// Its name.
    pub name: Str,
    /// Its value.
    pub value: Str,
}

impl Str {
    /// The absent value.
    pub(crate) const EMPTY: Self = Self { data: c"".as_ptr(), len: 0 };
}

impl Slice {
    /// The absent value.
    pub(crate) const EMPTY: Self = Self { data: c"".as_ptr().cast(), len: 0 };
}

impl Header {
    /// The absent value.
    pub(crate) const EMPTY: Self = Self { name: Str::EMPTY, value: Str::EMPTY };
}
