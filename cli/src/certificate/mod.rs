//! Certificates: what services will say of one; and for testing a chain of authorities, devices' certificates, and the
//! proof that somebody has a CA's key.

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

/// What everything that is made here is good for.
const NOTE: &str = "for testing only: the key of a production device is made on the device and never leaves it";

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::New(kind) => new::run(kind),
        Command::Check(arguments) => check::run(arguments),
        Command::Verification(arguments) => verification::run(arguments),
    }
}

/// What is wrong with a file, or with what is to be one.
fn mistake(place: impl Display, what: impl Display) -> Failure {
    Failure::Input(Error::NotApplicable(what.to_string().into()).at(place.to_string()))
}
