//! A software TPM, what independent tools say about it, and all that can go wrong between it and us.

#![cfg(all(feature = "tpm", unix))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod access;
mod activation;
mod blob;
mod foreign;
mod interrupted;
mod keys;
mod memory;
mod passwords;
mod registration;
#[path = "../support/scratch.rs"]
mod scratch;
mod scripted;
mod signing;
mod swtpm;
mod wire;
