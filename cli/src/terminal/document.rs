//! Documents in JSON on standard output: exactly one for each call with `--json`. `docs/json.md` describes them.

use super::{
    one_line::one_line,
    problem::{Cause, Problem},
};
use crate::explain::{
    self,
    number::{Family, Number},
};
use defender_auth::UnixTime;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use std::ffi::OsString;

/// The version of the shapes: it grows when a member changes its meaning or is removed, not when one is added.
const SCHEMA_VERSION: u32 = 1;

/// Whether the arguments ask for JSON, also if they are wrong otherwise.
pub(crate) fn is_wanted(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json")
}

/// A result, and what failed, if something did.
#[derive(Serialize)]
pub(super) struct Document<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    result: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Shape<'a>>,
}

impl<'a, T> Document<'a, T> {
    pub(super) fn new(result: &'a T, problem: Option<&'a Problem>) -> Self {
        Self { schema_version: SCHEMA_VERSION, result, error: problem.map(Shape::from) }
    }
}

/// No result.
#[derive(Serialize)]
pub(super) struct Nothing {}

#[derive(Serialize)]
struct Shape<'a> {
    code: i32,
    kind: &'static str,
    message: String,
    field: Option<&'a str>,
    tracking_id: Option<&'a str>,
    retryable: bool,
    causes: Vec<CauseShape<'a>>,
}

#[derive(Serialize)]
struct CauseShape<'a> {
    code: Option<&'a str>,
    text: &'a str,
}

impl<'a> From<&'a Problem> for Shape<'a> {
    fn from(problem: &'a Problem) -> Self {
        let cause = |cause: &'a Cause| CauseShape { code: cause.code.as_deref(), text: &cause.text };
        let own = problem.causes.iter().map(cause);
        Self {
            code: problem.code,
            kind: problem.kind.as_str(),
            message: one_line(&problem.what),
            field: problem.field.as_deref(),
            tracking_id: problem.tracking_id.as_deref(),
            retryable: problem.is_retryable,
            causes: if problem.causes.is_empty() { likely(problem.code) } else { own.collect() },
        }
    }
}

/// What failed, as a member of a result.
#[expect(clippy::ref_option, reason = "serde passes a reference to the member")]
pub(crate) fn as_error<S: Serializer>(problem: &Option<Problem>, serializer: S) -> Result<S::Ok, S::Error> {
    problem.as_ref().map(Shape::from).serialize(serializer)
}

/// The causes that `explain` has for a number.
fn likely(code: i32) -> Vec<CauseShape<'static>> {
    let entry = explain::entry(Number::new(Family::Library, code.unsigned_abs()));
    let causes = entry.into_iter().flat_map(|entry| entry.causes);
    causes.map(|cause| CauseShape { code: Some(cause.code), text: cause.text }).collect()
}

/// A time: seconds since 1970, and the same by RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) UnixTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut time = serializer.serialize_struct("Time", 2)?;
        time.serialize_field("unix", &self.0.as_secs())?;
        time.serialize_field("rfc3339", &self.0.to_string())?;
        time.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(words: &[&str]) -> bool {
        is_wanted(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn json_is_wanted_by_the_option_alone() {
        assert!(wanted(&["inspect", "--json", "-"]) && wanted(&["no-such", "--json"]));
        assert!(!wanted(&["inspect", "json"]) && !wanted(&["inspect", "--", "--json"]) && !wanted(&[]));
    }
}
