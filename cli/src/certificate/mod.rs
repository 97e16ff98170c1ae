//! Certificates: checks before connecting; for testing also CAs, devices' certificates, and proofs of possession of a
//! CA's key.

mod arguments;
mod authority;
mod bar;
mod check;
mod files;
mod ids;
mod issue;
mod new;
mod verification;

pub(crate) use arguments::Command;

use crate::failure::Failure;
use defender_auth::Error;
use std::fmt::Display;

/// Printed with everything that is created here.
const NOTE: &str = "for testing only: the key of a production device is generated on the device and never leaves it";

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::New(kind) => new::run(kind),
        Command::Check(arguments) => check::run(arguments),
        Command::Verification(arguments) => verification::run(arguments),
    }
}

/// A mistake in a file, or in the name of one.
fn mistake(place: impl Display, what: impl Display) -> Failure {
    Failure::Input(Error::NotApplicable(what.to_string().into()).at(place.to_string()))
}
