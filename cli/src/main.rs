//! `defenderauth`: what an agent has on disk, what it proves, and whether the hub believes it.

#![forbid(unsafe_code)]

mod arguments;
mod authenticate;
mod certificate;
mod clock;
#[cfg(unix)]
mod core_dump;
mod derive_key;
mod endpoint;
mod failure;
mod inspect;
mod login;
mod network;
mod output;
mod private_file;
mod progress;
mod provision;
mod run;
mod source;
mod token;
mod tpm;
mod twin;
mod unlock;
mod verify_token;
mod who;

use arguments::{Arguments, Command};
use clap::Parser as _;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before there is anything to lose.
    #[cfg(unix)]
    core_dump::switch_off();
    // clap ends the program by itself, with 2, when the call is wrong.
    let result = match Arguments::parse().command {
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::VerifyToken(arguments) => verify_token::run(&arguments),
        Command::DeriveKey(arguments) => derive_key::run(&arguments),
        Command::Authenticate(arguments) => authenticate::run(&arguments),
        Command::Provision(arguments) => provision::run(&arguments),
        Command::Twin(arguments) => twin::run(&arguments),
        Command::Certificate(command) => certificate::run(&command),
        Command::Tpm(command) => tpm::run(&command),
    };
    result.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}
