//! The daemons of a device that sign for an agent: what is sent and read byte by byte, and the emulator's doubles of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod answers;
mod errors;
mod identity_service;
#[cfg(all(target_os = "linux", feature = "private-key", feature = "https"))]
mod keyd;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod running;
mod workload;
mod world;

#[path = "../support/scratch.rs"]
mod scratch;
