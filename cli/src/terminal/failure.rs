//! Why the command failed: what happened and what to do, where the fault is, and the exit status.

use super::{one_line::one_line, stderr};
use defender_auth::{Error, error::ErrorKind};
use std::{fmt, io, process::ExitCode};

#[derive(Debug)]
pub(crate) enum Failure {
    /// The service rejected the request, or was not reached, or another process is at work: 1.
    Service { what: String, fault: &'static str },
    /// A token or a certificate is not valid, which standard output says: 1.
    NotValid,
    /// A step of an examination failed, which standard output says: 1 or 2, as that step's own failure has.
    Found(u8),
    /// An error of the library. The input is wrong: 2; or the service rejected it, or was not reached: 1.
    Input(Error),
    /// A file cannot be read where standard input is accepted as well.
    InputOrStdin(Error),
    /// The call, or a file that it names, is wrong in a way that only the command knows: 2.
    Call(String),
    /// This build cannot do it: 2.
    NotSupported(&'static str),
    /// A file cannot be written: 2.
    Write(String),
    /// The reader of standard output has closed it, and needs no further output: 0.
    OutputClosed,
    /// Standard output cannot be written: 2.
    Output(io::Error),
}

impl Failure {
    /// The call is wrong, at this place: a file, or a line in it.
    pub(crate) fn at(place: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self::Call(format!("{place}: {what}"))
    }

    /// Prints it, and returns the exit status.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::NotValid => return ExitCode::from(1),
            Self::Found(status) => return ExitCode::from(status),
            Self::OutputClosed => return ExitCode::SUCCESS,
            _ => {}
        }
        let (what, fault, status) = self.into_parts();
        stderr::line(format_args!("error: {}\nfault: {fault}", one_line(what)));
        ExitCode::from(status)
    }

    /// What happened and what to do, where the fault is, and the exit status.
    pub(crate) fn into_parts(self) -> (String, String, u8) {
        match self {
            Self::Service { what, fault } => (what, fault.to_owned(), 1),
            Self::Input(error) => (error.to_string(), error.kind().to_string(), status(&error)),
            Self::InputOrStdin(error) => {
                (format!("{error}, or `-` for standard input"), error.kind().to_string(), status(&error))
            }
            Self::Call(what) => (what, "the call".into(), 2),
            Self::NotSupported(what) => {
                (format!("{what} is not supported by this build; use a newer one"), "this build".into(), 2)
            }
            Self::Write(what) => (what, "the file".into(), 2),
            Self::Output(error) => (
                format!("standard output cannot be written: {error}; write to another file or disk"),
                "standard output".into(),
                2,
            ),
            Self::NotValid => (String::new(), String::new(), 1),
            Self::Found(status) => (String::new(), String::new(), status),
            Self::OutputClosed => (String::new(), String::new(), 0),
        }
    }
}

/// Whether it is a service that rejected the request.
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
