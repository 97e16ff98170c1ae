//! Texts that C reads. They are created when their object changes, never when they are read.

use crate::abi::{Slice, Str};
use alloc::{string::ToString, vec::Vec};
use core::ffi::{CStr, c_char};
use zeroize::Zeroizing;

/// A text with a terminating NUL. Wiped when dropped: any of them may be a token.
pub(crate) enum View {
    Static(&'static CStr),
    Made(Zeroizing<Vec<u8>>),
}

impl View {
    pub(crate) const EMPTY: Self = Self::Static(c"");

    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        Self::Made(Zeroizing::new(bytes))
    }

    /// One line for a log: a path or a name may contain any character.
    pub(crate) fn line(text: &str) -> Self {
        if text.contains(char::is_control) { Self::new(&text.replace(char::is_control, " ")) } else { Self::new(text) }
    }

    pub(crate) fn of(value: &impl ToString) -> Self {
        Self::new(&value.to_string())
    }

    pub(crate) fn as_str(&self) -> Str {
        let with_nul = match self {
            Self::Static(text) => text.to_bytes_with_nul(),
            Self::Made(bytes) => bytes,
        };
        Str { data: with_nul.as_ptr().cast::<c_char>(), len: with_nul.len().saturating_sub(1) }
    }
}

impl Default for View {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// A view of bytes.
pub(crate) const fn slice(bytes: &[u8]) -> Slice {
    if bytes.is_empty() { Slice::EMPTY } else { Slice { data: bytes.as_ptr(), len: bytes.len() } }
}
