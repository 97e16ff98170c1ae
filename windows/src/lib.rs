//! What [`defender-auth`](https://docs.rs/defender-auth) needs of Windows and the standard library does not offer. On other
//! systems this crate is empty.

// What needs no call of the system is tested on every system.
#[cfg(any(windows, test))]
pub mod access;
#[cfg(windows)]
pub mod console;
#[cfg(windows)]
pub mod crash;
#[cfg(windows)]
pub mod tbs;
#[cfg(windows)]
pub mod volume;
#[cfg(windows)]
mod wide;
