//! Results for C: an object, text or bytes in the caller's memory. The header states what the caller guarantees of that
//! memory; this file relies on it.

use crate::{
    abi::ResultCode,
    code::{DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_BUFFER_TOO_SMALL, DEFENDERAUTH_NULL},
    failure::{Failure, message},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, ptr, slice};

/// A place for an object.
pub(crate) struct Out<'a, T>(&'a mut MaybeUninit<Option<Box<T>>>);

/// The place for an object, set to NULL until there is one. Called before anything else can fail.
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

/// The caller's buffer, and the place for the length.
pub(crate) struct Buffer<'a> {
    data: *mut u8,
    cap: usize,
    len: Option<&'a mut MaybeUninit<usize>>,
    /// Whether the content ends with a NUL.
    is_text: bool,
}

/// A buffer for text, set to the empty text until there is some. Called before anything else can fail.
pub(crate) fn text(
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> Result<Buffer<'_>, Failure> {
    let mut buffer = Buffer::new(buf.cast(), cap, out_len, true)?;
    buffer.end(0);
    Ok(buffer)
}

/// The same when there are texts or bytes of the caller, which must be elsewhere: they are read after the buffer is set.
pub(crate) fn text_apart<'a>(
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&'a mut MaybeUninit<usize>>,
    inputs: &[Input],
) -> Result<Buffer<'a>, Failure> {
    match overlap(buf.cast(), cap, inputs) {
        Some(failure) => refused(out_len, failure),
        None => text(buf, cap, out_len),
    }
}

/// The same where nothing may be allocated: the result of the call is all that is said of a failure.
pub(crate) fn text_or_code<'a>(
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&'a mut MaybeUninit<usize>>,
    inputs: &[Input],
) -> Result<Buffer<'a>, ResultCode> {
    if overlapping(buf.cast(), cap, inputs).is_some() {
        return refused(out_len, DEFENDERAUTH_ARGUMENT);
    }
    let mut buffer = Buffer::checked(buf.cast(), cap, out_len, true)?;
    buffer.end(0);
    Ok(buffer)
}

/// What a call reads: the name of the parameter, and where it is.
pub(crate) type Input = (&'static str, *const u8, usize);

/// Why the buffer cannot be written: it overlaps with something that is read.
fn overlap(buf: *const u8, cap: usize, inputs: &[Input]) -> Option<Failure> {
    let (parameter, ..) = overlapping(buf, cap, inputs)?;
    let text = format_args!("it overlaps with `{parameter}`; pass a buffer of its own");
    Some(Failure::argument("buf", message(&text)))
}

/// The first of the inputs that the buffer overlaps with.
pub(crate) fn overlapping(buf: *const u8, cap: usize, inputs: &[Input]) -> Option<&Input> {
    let is_memory = |data: *const u8, len: usize| !data.is_null() && len > 0 && len <= usize::MAX / 2;
    let end = |start: *const u8, len: usize| start.addr().saturating_add(len);
    // What is no memory is refused where it is read.
    let overlaps = |&&(_, data, len): &&Input| {
        is_memory(buf, cap) && is_memory(data, len) && data.addr() < end(buf, cap) && buf.addr() < end(data, len)
    };
    inputs.iter().find(overlaps)
}

/// Nothing is written but the length, which is that of nothing.
fn refused<T, E>(out_len: Option<&mut MaybeUninit<usize>>, failure: E) -> Result<T, E> {
    if let Some(len) = out_len {
        len.write(0);
    }
    Err(failure)
}

/// A text that is written at once into a buffer with room for it, or not at all: `None` leaves everything as it was but the
/// content of the buffer.
#[inline]
pub(crate) fn text_at_once(
    buf: *mut c_char,
    cap: usize,
    out_len: &mut Option<&mut MaybeUninit<usize>>,
    write: impl FnOnce(&mut [MaybeUninit<u8>]) -> Option<usize>,
) -> Option<()> {
    if buf.is_null() || cap > usize::MAX / 2 {
        return None;
    }
    let mut buffer = Buffer { data: buf.cast(), cap, len: None, is_text: true };
    let memory = buffer.memory();
    let (_, room) = memory.split_last_mut()?;
    let len = write(room)?;
    memory.get_mut(len)?.write(0);
    if let Some(out) = out_len {
        out.write(len);
    }
    Some(())
}

/// The same for a buffer for bytes.
pub(crate) fn bytes_apart<'a>(
    buf: *mut u8,
    cap: usize,
    out_len: Option<&'a mut MaybeUninit<usize>>,
    inputs: &[Input],
) -> Result<Buffer<'a>, Failure> {
    match overlap(buf, cap, inputs) {
        Some(failure) => refused(out_len, failure),
        None => bytes(buf, cap, out_len),
    }
}

/// A buffer for bytes. Called before anything else can fail.
pub(crate) fn bytes(buf: *mut u8, cap: usize, out_len: Option<&mut MaybeUninit<usize>>) -> Result<Buffer<'_>, Failure> {
    Buffer::new(buf, cap, out_len, false)
}

impl<'a> Buffer<'a> {
    fn new(data: *mut u8, cap: usize, len: Option<&'a mut MaybeUninit<usize>>, is_text: bool) -> Result<Self, Failure> {
        Self::checked(data, cap, len, is_text).map_err(|code| match code {
            DEFENDERAUTH_NULL => Failure::null("buf"),
            _ => Failure::argument("cap", "it is larger than any memory; check whether it was negative"),
        })
    }

    fn checked(
        data: *mut u8,
        cap: usize,
        mut len: Option<&'a mut MaybeUninit<usize>>,
        is_text: bool,
    ) -> Result<Self, ResultCode> {
        if let Some(len) = &mut len {
            len.write(0);
        }
        if cap > usize::MAX / 2 {
            if is_text && !data.is_null() {
                // SAFETY: it is not NULL, and the caller guarantees that a buffer has at least one byte.
                unsafe { data.write(0) };
            }
            return Err(DEFENDERAUTH_ARGUMENT);
        }
        if data.is_null() && cap > 0 {
            return Err(DEFENDERAUTH_NULL);
        }
        Ok(Self { data, cap, len, is_text })
    }

    /// Copies the bytes into the buffer.
    pub(crate) fn put(mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.report(bytes.len());
        if !self.has_room(bytes.len()) {
            return Err(self.too_small(bytes.len()));
        }
        if let Some(start) = self.memory().get_mut(..bytes.len()) {
            // SAFETY: `start` has as many bytes as are read, and it is the caller's memory, while `bytes` are the library's.
            // A loop would take a step for each byte in a library that is built for size.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start.as_mut_ptr().cast(), bytes.len()) };
        }
        self.end(bytes.len());
        Ok(())
    }

    /// Lets `write` fill the buffer. It returns the length, or the length that it needs.
    pub(crate) fn fill(
        mut self,
        write: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize, usize>,
    ) -> Result<(), Failure> {
        self.filled(write).map_err(|needed| self.too_small(needed))
    }

    /// The same where nothing may be allocated.
    pub(crate) fn fill_or_code(
        mut self,
        write: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize, usize>,
    ) -> Result<(), ResultCode> {
        self.filled(write).map_err(|_| DEFENDERAUTH_BUFFER_TOO_SMALL)
    }

    fn filled(&mut self, write: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize, usize>) -> Result<(), usize> {
        let room = self.cap.saturating_sub(usize::from(self.is_text));
        let written = write(self.memory().get_mut(..room).unwrap_or_default());
        let (Ok(len) | Err(len)) = written;
        self.report(len);
        // No partial output is left behind.
        self.end(written.unwrap_or(0));
        written.map(drop)
    }

    fn has_room(&self, len: usize) -> bool {
        if self.is_text { self.cap > len } else { self.cap >= len }
    }

    /// Writes the length, whether the content fits or not.
    const fn report(&mut self, len: usize) {
        if let Some(out) = &mut self.len {
            out.write(len);
        }
    }

    /// Terminates a text.
    fn end(&mut self, len: usize) {
        if self.is_text
            && let Some(nul) = self.memory().get_mut(len)
        {
            nul.write(0);
        }
    }

    fn too_small(&self, len: usize) -> Failure {
        if self.data.is_null() {
            return Failure::new(DEFENDERAUTH_BUFFER_TOO_SMALL, "").into_answer();
        }
        let text = format_args!(
            "the buffer is too small for {len} bytes (plus the terminating NUL of a text); pass a larger one"
        );
        Failure::new(DEFENDERAUTH_BUFFER_TOO_SMALL, message(&text)).field("buf")
    }

    /// The caller's memory, which may hold nothing yet.
    const fn memory(&mut self) -> &mut [MaybeUninit<u8>] {
        if self.cap == 0 {
            return &mut [];
        }
        // SAFETY: it is not NULL, and the caller guarantees that `cap` bytes are writable until the call ends and that
        // nothing else accesses them meanwhile. Uninitialised memory is a value of `MaybeUninit`.
        unsafe { slice::from_raw_parts_mut(self.data.cast(), self.cap) }
    }
}

/// Overwrites the caller's memory in a way that the compiler cannot optimise away.
pub(crate) fn wipe(buf: *mut u8, len: usize) {
    if buf.is_null() || len > usize::MAX / 2 {
        return;
    }
    // SAFETY: the caller guarantees that `len` bytes are writable.
    unsafe { ptr::write_bytes(buf, 0, len) };
    // SAFETY: the same bytes, now initialised.
    zeroize::optimization_barrier(unsafe { slice::from_raw_parts(buf, len) });
}
