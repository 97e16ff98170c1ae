//! A small fleet that authenticates, renews, falls back and moves for as long as it is told, while keys are rotated and
//! faults come at random by a seed. Every refusal must have a known reason, and memory and open files must not grow.
//!
//! As a test it does a few hundred operations. `cargo xtask soak --minutes 60 --seed 1` does it for an hour: this
//! program takes `--minutes N` or `--operations N`, `--seed N`, and `--tpm` for a device with swtpm. Waits move the
//! clocks of fleet and services and take no time, so that an hour holds months of it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a soak that cannot go on has failed")]

#[cfg(target_os = "linux")]
mod agent;
#[cfg(target_os = "linux")]
mod arguments;
#[cfg(target_os = "linux")]
mod cloud;
#[cfg(target_os = "linux")]
mod errand;
#[cfg(target_os = "linux")]
mod fault;
#[cfg(target_os = "linux")]
mod fleet;
#[cfg(target_os = "linux")]
mod order;
#[cfg(target_os = "linux")]
mod random;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
#[path = "../support/scratch.rs"]
mod scratch;
#[cfg(target_os = "linux")]
mod staying;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the tests of the TPM alone need all of it")]
#[path = "../tpm/swtpm.rs"]
mod swtpm;
#[cfg(target_os = "linux")]
mod time;
#[cfg(target_os = "linux")]
mod trial;
#[cfg(target_os = "linux")]
mod watch;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    run::main()
}

/// Memory and files of a process are looked up as Linux shows them.
#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
