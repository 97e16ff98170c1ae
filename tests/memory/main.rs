//! What is left of secrets in a process that has used and dropped them: its whole writable memory is searched, from
//! outside, by the process that knows them.
//!
//! The list of what may be left, and of who leaves it, is in the documentation of `defender_auth::secret`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

#[cfg(target_os = "linux")]
mod agent;
#[cfg(target_os = "linux")]
mod answers;
#[cfg(target_os = "linux")]
mod asymmetric;
#[cfg(target_os = "linux")]
#[path = "../support/ended.rs"]
mod ended;
#[cfg(target_os = "linux")]
mod forms;
#[cfg(target_os = "linux")]
mod pem;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod scan;
#[cfg(target_os = "linux")]
#[path = "../support/scratch.rs"]
mod scratch;
#[cfg(target_os = "linux")]
mod single_operations;
#[cfg(target_os = "linux")]
mod symmetric;
#[cfg(target_os = "linux")]
mod tests;
#[cfg(target_os = "linux")]
mod tpm;

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var(process::PART) {
        Ok(part) => agent::play(&part),
        Err(_) => tests::run(),
    }
}

/// Elsewhere no process can look into another's memory by reading a file.
#[cfg(not(target_os = "linux"))]
fn main() {}
