//! `defenderauth`: authentication for Azure IoT Hub and DPS on the command line.
//!
//! Folders are layers. Each imports only from those before it: `system`, `explain`, `terminal`, `input`, `private_key`, `files`,
//! `network`, `daemon`, `tpm`, `login`, `certificates`, `command`, `command_line`.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic when the output is closed or full")]

mod certificates;
mod command;
mod command_line;
mod daemon;
mod explain;
mod files;
mod input;
mod login;
mod network;
mod private_key;
mod system;
mod terminal;
mod tpm;

use clap::Parser as _;
use command_line::{arguments::Arguments, misplaced};
use std::{env, process::ExitCode};
use terminal::failure::Failure;

fn main() -> ExitCode {
    // Before there is a secret in memory.
    #[cfg(unix)]
    system::core_dump::switch_off();
    run().map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    misplaced::check(&arguments)?;
    // clap ends the process itself, with 2, when an argument is wrong.
    Arguments::parse().run()
}
