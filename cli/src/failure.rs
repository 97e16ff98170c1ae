//! Why the command did not do what it was asked for: what, whose fault, what to do, and the exit status.

use defender_auth::{Error, error::ErrorKind};
use std::{fmt, io, process::ExitCode};

#[derive(Debug)]
pub(crate) enum Failure {
    /// The service said no, or was not reached: 1. What and what to do, and whose fault it is.
    Service { what: String, fault: &'static str },
    /// A token does not hold: 1. It was said on standard output.
    DoesNotHold,
    /// What the library says. The input is wrong: 2; or the service said no, or was not reached: 1.
    Input(Error),
    /// The call is wrong in a way that the library has no word for: 2.
    Call(String),
    /// A file cannot be written: 2.
    Write(String),
    /// Standard output is closed. Whoever closed it has seen enough.
    OutputClosed,
    /// Standard output cannot be written.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn report(self) -> ExitCode {
        let (what, fault, status): (&dyn fmt::Display, &dyn fmt::Display, u8) = match &self {
            Self::Service { what, fault } => (what, fault, 1),
            Self::Input(error) => (error, &error.kind(), status(error)),
            Self::Call(what) => (what, &"the call", 2),
            Self::Write(what) => (what, &"the file", 2),
            Self::Output(error) => (error, &"standard output", 2),
            Self::DoesNotHold => return ExitCode::from(1),
            Self::OutputClosed => return ExitCode::SUCCESS,
        };
        eprintln!("error: {what}\nfault: {fault}");
        ExitCode::from(status)
    }
}

/// Whether it is a service that said no.
fn status(error: &Error) -> u8 {
    use ErrorKind as K;
    match error.kind() {
        K::Service | K::Registry | K::Peer | K::Network | K::Time => 1,
        _ => 2,
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Input(error.into())
    }
}
