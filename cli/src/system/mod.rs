//! What the operating system provides: its clock, the limit of core dumps, and the words by which texts name its programs.

pub(crate) mod clock;
#[cfg(unix)]
pub(crate) mod core_dump;
pub(crate) mod platform;
