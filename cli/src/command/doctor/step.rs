//! What a step of the examination found.

use crate::terminal::{
    document::as_error,
    failure::{self, Failure},
    problem::Problem,
};
use defender_auth::error::{Code, ErrorKind};
use serde::Serialize;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// It was not done, because it depends on one that failed or on something that was not given.
    Skipped,
    /// Nothing is wrong.
    Ok,
    /// The device may get in, and something should be looked at.
    Warning,
    /// The device does not get in, or not always.
    Failed,
}

impl Status {
    /// The word for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// Why the failure of a port is a warning only.
pub(super) const NOT_NEEDED: &str = "the device gets in without this port";

/// Why a step is not begun.
pub(super) const OUT_OF_TIME: &str = "the time limit of this command has passed";

/// The result of a step.
pub(super) struct Found {
    pub(super) status: Status,
    pub(super) text: String,
    pub(super) notes: Vec<String>,
    pub(super) next: Option<String>,
    /// What is wrong, if it failed.
    pub(super) problem: Option<Problem>,
    /// The exit status, if it failed.
    pub(super) exit: u8,
}

impl Found {
    fn new(status: Status, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), notes: Vec::new(), next: None, problem: None, exit: 0 }
    }

    pub(super) fn ok(text: impl Into<String>) -> Self {
        Self::new(Status::Ok, text)
    }

    pub(super) fn warning(text: impl Into<String>) -> Self {
        Self::new(Status::Warning, text)
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::new(Status::Skipped, why)
    }

    /// With the library's number for it, and where the fault lies.
    pub(super) fn failed(code: Code, kind: ErrorKind, text: impl Into<String>) -> Self {
        Self::of_problem(Problem::new(code.as_i32(), kind, &kind.to_string(), text), failure::status(kind))
    }

    /// The failure of a part of the command.
    pub(super) fn of(failure: &Failure) -> Self {
        match failure.problem() {
            Some(problem) => Self::of_problem(problem, failure.status().max(1)),
            None => Self::skipped("standard output is closed"),
        }
    }

    fn of_problem(problem: Problem, exit: u8) -> Self {
        let text = problem.what.clone();
        Self { problem: Some(problem), exit, ..Self::new(Status::Failed, text) }
    }

    /// With a command to type next.
    pub(super) fn next(mut self, command: impl Into<String>) -> Self {
        self.next = Some(command.into());
        self
    }

    /// With a further line.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// As a warning instead of a failure, for this reason.
    pub(super) fn softened(mut self, why: &str) -> Self {
        if self.status == Status::Failed {
            self.status = Status::Warning;
            self.problem = None;
            self.notes.push(why.into());
        }
        self
    }
}

/// A step, as it is reported.
#[derive(Serialize)]
pub(super) struct Step {
    /// Its name, which is the same in every version.
    #[serde(rename = "step")]
    pub(super) name: &'static str,
    /// The file, host or device that it is about.
    pub(super) place: Option<String>,
    pub(super) status: Status,
    pub(super) text: String,
    pub(super) notes: Vec<String>,
    pub(super) next: Option<String>,
    /// What is wrong, if it failed.
    #[serde(serialize_with = "as_error")]
    pub(super) error: Option<Problem>,
    /// How long it took, in milliseconds.
    pub(super) elapsed_ms: u64,
}
