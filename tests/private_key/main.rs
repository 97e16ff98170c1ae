//! Keys that sign where they are: requests, and TLS with servers that others wrote.

#![cfg(all(feature = "private-key", feature = "https"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod chains;
mod named;
#[cfg(unix)]
mod process;
mod requests;
#[path = "../support/scratch.rs"]
mod scratch;
#[path = "../support/scripted_key.rs"]
mod scripted_key;
#[cfg(unix)]
#[path = "../../examples/signing_server/mod.rs"]
mod signing_server;
mod traces;

use scratch::Scratch;
