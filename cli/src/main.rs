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

use command_line::{arguments::Arguments, misplaced, mistake};
use std::{env, ffi::OsString, process::ExitCode};
use terminal::{document, failure::Failure, report};

fn main() -> ExitCode {
    // Before there is a secret in memory.
    #[cfg(any(unix, windows))]
    system::core_dump::switch_off();
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let as_json = document::is_wanted(&arguments);
    report::end(&run(&arguments, as_json), as_json)
}

fn run(arguments: &[OsString], as_json: bool) -> Result<(), Failure> {
    misplaced::check(arguments)?;
    // A wrong argument, `--help` and `--version` end the process here.
    let arguments: Arguments = mistake::parse(as_json);
    arguments.run()
}
