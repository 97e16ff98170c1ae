//! Keys that sign where they are: requests, and TLS with servers that others wrote.

#![cfg(all(feature = "private-key", feature = "https"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod chains;
mod named;
mod process;
mod requests;
#[path = "../support/scratch.rs"]
mod scratch;
#[path = "../support/scripted_key.rs"]
mod scripted_key;
#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../../examples/signing_process.rs"]
mod signing_process;
mod traces;

use scratch::Scratch;
