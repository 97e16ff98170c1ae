//! What [`defender-auth`](https://docs.rs/defender-auth) needs of Windows and the standard library does not offer. On other
//! systems this crate is empty.

#![cfg(windows)]

pub mod tbs;
