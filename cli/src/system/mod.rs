//! What the operating system provides: its clock, the dumps of a crash, and its terminals.

pub(crate) mod clock;
#[cfg(any(unix, windows))]
pub(crate) mod core_dump;
pub(crate) mod escapes;
