//! Where a panic ends.

/// The code panicked.
pub(crate) struct Panicked;

/// Runs what might panic.
#[cfg(feature = "std")]
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    use std::{
        mem,
        panic::{AssertUnwindSafe, catch_unwind},
    };
    // An object in the middle of a change when the panic came is marked unusable by its own guard.
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // Dropping the payload could panic again.
        mem::forget(payload);
        Panicked
    })
}

/// Without the standard library nothing unwinds: a panic calls the program's hook and does not return.
#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "with the standard library a panic is caught")]
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    Ok(body())
}

/// Whether this thread unwinds.
pub(crate) fn is_panicking() -> bool {
    #[cfg(feature = "std")]
    return std::thread::panicking();
    #[cfg(not(feature = "std"))]
    return false;
}
