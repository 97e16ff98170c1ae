//! Keys that sign where they are: requests, and TLS with servers that others wrote.

#![cfg(all(feature = "private-key", feature = "https"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod requests;
#[path = "../support/scratch.rs"]
mod scratch;
#[path = "../support/scripted_key.rs"]
mod scripted_key;
mod traces;

use scratch::Scratch;
