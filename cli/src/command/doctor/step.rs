//! What a step of the examination found.

use crate::terminal::failure::Failure;
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

/// What is wrong with the call, or a file that it names: 2.
pub(super) const INPUT: u8 = 2;

/// What is wrong with a service, or the way there: 1.
pub(super) const SERVICE: u8 = 1;

/// Why the failure of a port is a warning only.
pub(super) const NOT_NEEDED: &str = "the device gets in without this port";

/// The result of a step.
pub(super) struct Found {
    pub(super) status: Status,
    pub(super) text: String,
    pub(super) notes: Vec<String>,
    pub(super) next: Option<String>,
    /// The exit status, if it failed.
    pub(super) exit: u8,
}

impl Found {
    fn new(status: Status, text: impl Into<String>, exit: u8) -> Self {
        Self { status, text: text.into(), notes: Vec::new(), next: None, exit }
    }

    pub(super) fn ok(text: impl Into<String>) -> Self {
        Self::new(Status::Ok, text, 0)
    }

    pub(super) fn warning(text: impl Into<String>) -> Self {
        Self::new(Status::Warning, text, 0)
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::new(Status::Skipped, why, 0)
    }

    pub(super) fn failed(exit: u8, text: impl Into<String>) -> Self {
        Self::new(Status::Failed, text, exit)
    }

    /// The failure of a part of the command.
    pub(super) fn of(failure: &Failure) -> Self {
        let step = |what: String| Self::failed(failure.status().max(SERVICE), what);
        match failure.problem() {
            Some(problem) => step(problem.what).note(format!("fault: {}", problem.fault)),
            None => step(String::new()),
        }
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
    /// How long it took, in milliseconds.
    pub(super) elapsed_ms: u64,
}
