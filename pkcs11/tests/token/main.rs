//! Keys in tokens: `SoftHSM`, and tpm2-pkcs11 with swtpm behind it. `cargo xtask test` brings them and runs these tests.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod alone;
#[path = "../../../tests/support/ended.rs"]
mod ended;
mod events;
mod forked;
mod generated;
mod modules;
#[path = "../../../tests/support/outside/mod.rs"]
mod outside;
mod pins;
#[path = "../../../tests/support/scratch.rs"]
mod scratch;
mod servers;
mod signing;
mod token;

use scratch::Scratch;
