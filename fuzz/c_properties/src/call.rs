//! One call of an input: a line of `<function><object><buffer> argument|argument|…`.

use core::{ffi::c_char, ptr};
use std::borrow::Cow;

/// Text as C passes it.
pub(crate) type Given = (*const c_char, usize);

/// One call with its arguments.
pub(crate) struct Call<'a> {
    /// A letter.
    pub(crate) function: u8,
    object: u8,
    buffer: u8,
    arguments: Vec<&'a [u8]>,
}

impl<'a> Call<'a> {
    pub(crate) fn read(line: &'a [u8]) -> Option<Self> {
        let ([function, object, buffer], rest) = line.split_first_chunk()?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let arguments = rest.split(|byte| *byte == b'|').collect();
        Some(Self { function: *function, object: *object, buffer: *buffer, arguments })
    }

    /// Whether it has a place for an error.
    pub(crate) const fn wants_error(&self) -> bool {
        self.buffer & 0x40 == 0
    }

    /// The size of its buffer.
    pub(crate) const fn cap(&self) -> usize {
        (self.buffer & 0x3f) as usize * 2
    }

    /// An object: the latest but so many, or NULL.
    pub(crate) fn pick<'o, T>(&self, objects: &'o [Box<T>]) -> Option<&'o T> {
        self.place(objects.len()).map(|place| &*objects[place])
    }

    /// The same, for a call that changes it.
    pub(crate) fn pick_mut<'o, T>(&self, objects: &'o mut [Box<T>]) -> Option<&'o mut T> {
        self.place(objects.len()).map(|place| &mut *objects[place])
    }

    /// An optional object, with another index than the object of the call.
    pub(crate) fn option<'o, T>(&self, objects: &'o [Box<T>]) -> Option<&'o T> {
        if self.object & 0x10 == 0 { None } else { objects.last().map(|object| &**object) }
    }

    fn place(&self, count: usize) -> Option<usize> {
        match self.object % 8 {
            7 => None,
            back => count.checked_sub(usize::from(back) + 1),
        }
    }

    /// An argument as it is written; `~` is NULL, `~~` is NULL with a length, `^` has an impossible length.
    pub(crate) fn text(&self, place: usize) -> Given {
        match self.bytes(place) {
            b"~" => (ptr::null(), 0),
            b"~~" => (ptr::null(), 2),
            b"^" => (c"^".as_ptr(), usize::MAX),
            bytes => (bytes.as_ptr().cast(), bytes.len()),
        }
    }

    /// The argument's own bytes.
    pub(crate) fn bytes(&self, place: usize) -> &'a [u8] {
        self.arguments.get(place).copied().unwrap_or_default()
    }

    /// A number; a time in 2023 when there is none.
    pub(crate) fn number(&self, place: usize) -> u64 {
        str::from_utf8(self.bytes(place)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1_700_000_000)
    }

    /// Text of several lines, separated by `\` in the input.
    pub(crate) fn lines(&self, place: usize) -> Cow<'a, [u8]> {
        let bytes = self.bytes(place);
        if bytes.contains(&b'\\') {
            bytes.iter().map(|byte| if *byte == b'\\' { b'\n' } else { *byte }).collect()
        } else {
            bytes.into()
        }
    }
}
