//! What the operating system provides: its clock, the dumps of a crash, its terminals, and the words for its programs.

pub(crate) mod clock;
#[cfg(any(unix, windows))]
pub(crate) mod core_dump;
pub(crate) mod escapes;
pub(crate) mod platform;
