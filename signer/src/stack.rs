//! Overwriting what work on a key left in memory.

use zeroize::optimization_barrier;

/// Overwrites bytes so that the compiler cannot remove it. All at once: byte by byte, as `Zeroizing` does it, a token costs as
/// much as a compression.
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

/// Overwrites that many bytes of what calls that have returned left on the stack.
#[inline(never)]
pub fn wipe_stack<const LENGTH: usize>() {
    wipe(&mut [0; LENGTH]);
}

/// How much stack is wiped after work on a key, in bytes: half as much again as the work needs. Unoptimized code needs more,
/// and its speed does not matter.
const STACK: usize = if cfg!(debug_assertions) { 32_768 } else { 3072 };

/// The same for a token of a prepared key: its own frame and that of SHA-256, because every nanosecond counts there.
const SMALL_STACK: usize = if cfg!(debug_assertions) { STACK } else { 896 };

/// Works on a key in a call of its own and then overwrites the stack that the call used: whatever the compiler put there,
/// copies, working variables and spilled registers.
///
/// A result that holds a secret must be a box or a vector of it: the result itself is moved through frames that are not
/// overwritten.
#[inline]
pub fn on_wiped_stack<T>(work: impl FnOnce() -> T) -> T {
    on_wiped_stack_of::<STACK, T>(work)
}

/// The same for work that needs more of it, in bytes.
#[inline]
pub fn on_wiped_stack_of<const LENGTH: usize, T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn in_a_call<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    let result = in_a_call(work);
    wipe_stack::<LENGTH>();
    result
}

/// Overwrites the stack that one token of a prepared key used.
#[inline]
pub(crate) fn wipe_small_stack() {
    wipe_stack::<SMALL_STACK>();
}
