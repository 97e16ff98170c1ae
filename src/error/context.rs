use super::Error;
use crate::base::one_line::OneLine;
use alloc::string::String;

/// An error, and the place where it was found. Its text contains that of the error, which is its source.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {error}", OneLine(place))]
pub struct Context {
    /// A file, or a file and a setting in it.
    pub place: String,
    /// What is wrong there.
    #[source]
    pub error: Error,
}
