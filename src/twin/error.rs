/// The largest message that is read, in bytes.
pub(super) const LIMIT: usize = 128 * 1024;

/// How deep objects and arrays may be nested.
pub(super) const DEPTH: usize = 127;

/// Why a message is not a twin. Never quotes it.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TwinError {
    /// More than `Twin::LIMIT` bytes.
    #[error("the twin is larger than {LIMIT} bytes, which no hub allows; request it again")]
    TooLarge,
    /// Not JSON, or deeper than `Twin::DEPTH`.
    #[error(
        "line {line}, column {column} of the twin is not JSON, or nested deeper than {DEPTH} levels; request it again"
    )]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The message is JSON, but not an object.
    #[error("the twin is not a JSON object; check that the topic is the twin's")]
    NotAnObject,
    /// A part of the twin is missing or not an object.
    #[error("the twin has no object `{part}`; if the message is a patch, read it with `Desired::patch`")]
    NoPart {
        /// `desired` or `reported`.
        part: &'static str,
    },
}
