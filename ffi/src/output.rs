//! What C gets: an object, text or bytes in memory of its own. The header says what a caller promises of that memory; this
//! file relies on it.

use crate::{code::DEFENDERAUTH_BUFFER_TOO_SMALL, failure::Failure};
use std::{ffi::c_char, mem::MaybeUninit, ptr, slice};

/// A place for an object.
pub(crate) struct Out<'a, T>(&'a mut MaybeUninit<Option<Box<T>>>);

/// The place for an object, with NULL in it until there is one. Called before anything else can fail.
pub(crate) fn object<T>(out: Option<&mut MaybeUninit<Option<Box<T>>>>) -> Result<Out<'_, T>, Failure> {
    let out = out.ok_or_else(|| Failure::null("out"))?;
    out.write(None);
    Ok(Out(out))
}

impl<T> Out<'_, T> {
    pub(crate) fn put(self, value: T) {
        self.0.write(Some(Box::new(value)));
    }
}

/// A buffer of the caller's, and the place for the length of what is in it.
pub(crate) struct Buffer<'a> {
    data: *mut u8,
    cap: usize,
    len: Option<&'a mut MaybeUninit<usize>>,
    /// Whether a NUL ends what is in it.
    is_text: bool,
}

/// A buffer for text, empty until there is some. Called before anything else can fail.
pub(crate) fn text(
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> Result<Buffer<'_>, Failure> {
    let mut buffer = Buffer::new(buf.cast(), cap, out_len, true)?;
    buffer.end(0);
    Ok(buffer)
}

/// A buffer for bytes. Called before anything else can fail.
pub(crate) fn bytes(buf: *mut u8, cap: usize, out_len: Option<&mut MaybeUninit<usize>>) -> Result<Buffer<'_>, Failure> {
    Buffer::new(buf, cap, out_len, false)
}

impl<'a> Buffer<'a> {
    fn new(
        data: *mut u8,
        cap: usize,
        mut len: Option<&'a mut MaybeUninit<usize>>,
        is_text: bool,
    ) -> Result<Self, Failure> {
        if let Some(len) = &mut len {
            len.write(0);
        }
        if cap > usize::MAX / 2 {
            return Err(Failure::argument("cap", "it is the size of no memory; see whether it was negative"));
        }
        if data.is_null() && cap > 0 {
            return Err(Failure::null("buf"));
        }
        Ok(Self { data, cap, len, is_text })
    }

    /// Copies it there.
    pub(crate) fn put(mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.say(bytes.len());
        if !self.has_room(bytes.len()) {
            return Err(too_small(bytes.len()));
        }
        if let Some(start) = self.memory().get_mut(..bytes.len()) {
            start.copy_from_slice(bytes);
        }
        self.end(bytes.len());
        Ok(())
    }

    /// Has it written there. `write` gives the length, or the length that it needs.
    pub(crate) fn fill(mut self, write: impl FnOnce(&mut [u8]) -> Result<usize, usize>) -> Result<(), Failure> {
        let room = self.cap.saturating_sub(usize::from(self.is_text));
        let written = write(self.memory().get_mut(..room).unwrap_or_default());
        let (Ok(len) | Err(len)) = written;
        self.say(len);
        if written.is_err() {
            // What was begun is not left there.
            self.end(0);
            return Err(too_small(len));
        }
        self.end(len);
        Ok(())
    }

    fn has_room(&self, len: usize) -> bool {
        if self.is_text { self.cap > len } else { self.cap >= len }
    }

    /// Writes the length, which the caller gets whether it fits or not.
    const fn say(&mut self, len: usize) {
        if let Some(out) = &mut self.len {
            out.write(len);
        }
    }

    /// Ends a text.
    fn end(&mut self, len: usize) {
        if self.is_text
            && let Some(nul) = self.memory().get_mut(len)
        {
            *nul = 0;
        }
    }

    const fn memory(&mut self) -> &mut [u8] {
        if self.cap == 0 {
            return &mut [];
        }
        // SAFETY: it is not NULL, and the caller promises that `cap` bytes can be written there until the call ends and
        // that nobody else looks at them meanwhile.
        unsafe { slice::from_raw_parts_mut(self.data, self.cap) }
    }
}

fn too_small(len: usize) -> Failure {
    let message = format!("the buffer is too small for {len} bytes (and the NUL behind text); give a larger one");
    Failure::new(DEFENDERAUTH_BUFFER_TOO_SMALL, message).field("buf")
}

/// Overwrites memory of the caller's so that the compiler cannot leave it out.
pub(crate) fn wipe(buf: *mut u8, len: usize) {
    if buf.is_null() || len > usize::MAX / 2 {
        return;
    }
    // SAFETY: the caller promises that `len` bytes can be written there.
    unsafe { ptr::write_bytes(buf, 0, len) };
    // SAFETY: the same bytes, and by now they have a value.
    zeroize::optimization_barrier(unsafe { slice::from_raw_parts(buf, len) });
}
