//! Texts that C looks at. They are made when their object changes and never when it is looked at.

use crate::{Slice, Str};
use std::ffi::c_char;
use zeroize::Zeroizing;

/// A text with a NUL behind it. Wiped when it ends: any of them may be a token.
#[derive(Default)]
pub(crate) struct View(Zeroizing<Vec<u8>>);

impl View {
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn of(value: impl ToString) -> Self {
        Self::new(&value.to_string())
    }

    pub(crate) fn as_str(&self) -> Str {
        match self.0.len() {
            0 => Str::EMPTY,
            with_nul => Str { data: self.0.as_ptr().cast::<c_char>(), len: with_nul - 1 },
        }
    }
}

/// The same for bytes.
pub(crate) fn slice(bytes: &[u8]) -> Slice {
    if bytes.is_empty() { Slice::EMPTY } else { Slice { data: bytes.as_ptr(), len: bytes.len() } }
}
