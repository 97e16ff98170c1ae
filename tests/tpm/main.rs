//! The library with a software TPM: compared with independent tools, and with failures of the TPM and the connection.

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
#[cfg(feature = "private-key")]
mod tls_key;
mod wire;
