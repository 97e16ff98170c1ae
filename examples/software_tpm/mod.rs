//! A TPM in software for the examples: swtpm, which they start and end.

#[cfg(not(unix))]
mod absent;
#[cfg(unix)]
mod swtpm;

#[cfg(not(unix))]
pub(crate) use absent::Software;
#[cfg(unix)]
pub(crate) use swtpm::Software;
