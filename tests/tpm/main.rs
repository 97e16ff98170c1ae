//! The library with a software TPM: compared with independent tools, and with failures of the TPM and the connection.

#![cfg(feature = "tpm")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod access;
mod key_files;
mod key_vectors;

// swtpm is reached at a Unix socket. `cli/tests/command/tpm_of_windows.rs` has its tests on Windows.
#[cfg(unix)]
mod activation;
#[cfg(unix)]
mod blob;
#[cfg(unix)]
mod foreign;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod keys;
#[cfg(unix)]
mod memory;
#[cfg(unix)]
mod passwords;
#[cfg(unix)]
mod paths;
#[cfg(unix)]
mod registration;
#[cfg(unix)]
#[path = "../support/scratch.rs"]
mod scratch;
#[cfg(unix)]
mod scripted;
#[cfg(unix)]
mod signing;
#[cfg(unix)]
mod swtpm;
#[cfg(all(feature = "private-key", unix))]
mod tls_key;
#[cfg(unix)]
mod wire;
