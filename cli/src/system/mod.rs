//! What the operating system provides: its clock, and the limit of core dumps.

pub(crate) mod clock;
#[cfg(unix)]
pub(crate) mod core_dump;
