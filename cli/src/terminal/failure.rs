//! Why the command failed: what happened and what to do, where the fault is, and the exit status.

use super::problem::{FILE_WRITE, Problem};
use defender_auth::{
    Error,
    error::{Code, ErrorKind},
};
use std::{fmt, io, time::Duration};

#[derive(Debug)]
pub(crate) enum Failure {
    /// The service rejected the request, or was not reached, or another process is at work: 1.
    Service(Box<Problem>),
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
    /// What is in a file, or on standard input, is not what is expected there: 2.
    Content {
        /// The file, or a line in it.
        place: String,
        what: String,
    },
    /// This build cannot do it: 2.
    NotSupported(&'static str),
    /// A file cannot be written: 2.
    Write(String),
    /// The reader of standard output has closed it, and needs no further output: 0.
    OutputClosed,
    /// Standard output cannot be written: 2.
    Output(io::Error),
    /// One that is part of the document on standard output.
    Printed(Box<Self>),
}

impl Failure {
    /// The call is wrong, at this place: a file, or a line in it.
    pub(crate) fn at(place: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self::Call(format!("{place}: {what}"))
    }

    /// What is in a file is not what is expected.
    pub(crate) fn content(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::Content { place: place.to_string(), what: what.into() }
    }

    /// The service rejected the request, or was not reached, or another process is at work.
    pub(crate) fn service(problem: Problem) -> Self {
        Self::Service(Box::new(problem))
    }

    /// What there is to tell. `None` if everything has been told.
    pub(crate) fn problem(&self) -> Option<Problem> {
        use ErrorKind as K;
        let of = |code: Code, kind: K, fault: &str, what: String| Problem::new(code.as_i32(), kind, fault, what);
        Some(match self {
            Self::Service(problem) => (**problem).clone(),
            Self::Input(error) => error.into(),
            Self::InputOrStdin(error) => {
                Problem { what: format!("{error}, or `-` for standard input"), ..Problem::from(error) }
            }
            Self::Call(what) => of(Code::Argument, K::Caller, "the call", what.clone()),
            Self::Content { place, what } => {
                of(Code::FileRead, K::File, "the file", format!("{place}: {what}")).about(place.as_str())
            }
            Self::NotSupported(what) => {
                let what = format!("{what} is not supported by this build; use a newer one");
                of(Code::Unsupported, K::Library, "this build", what)
            }
            Self::Write(what) => Problem::new(FILE_WRITE, K::File, "the file", what.as_str()),
            Self::Output(error) => {
                let what = format!("standard output cannot be written: {error}; write to another file or disk");
                Problem::new(FILE_WRITE, K::File, "standard output", what).about("standard output")
            }
            Self::Printed(failure) => return failure.problem(),
            Self::NotValid | Self::Found(_) | Self::OutputClosed => return None,
        })
    }

    /// How long the service asked to wait before the next try.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Input(error) | Self::InputOrStdin(error) => error.retry_after(),
            _ => None,
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Service(_) | Self::NotValid => 1,
            Self::Found(status) => *status,
            Self::Input(error) | Self::InputOrStdin(error) => status(error.kind()),
            Self::Call(_) | Self::Content { .. } | Self::NotSupported(_) | Self::Write(_) | Self::Output(_) => 2,
            Self::Printed(failure) => failure.status(),
        }
    }
}

/// The exit status for where the fault lies: 1 for a service or the way there.
pub(crate) const fn status(kind: ErrorKind) -> u8 {
    use ErrorKind as K;
    match kind {
        K::Service | K::Registry | K::Peer | K::Network | K::Time => 1,
        _ => 2,
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Input(error.into())
    }
}
