/// The largest message that is read, in bytes.
pub(super) const LIMIT: usize = 128 * 1024;

/// How deep objects and arrays may be nested.
pub(super) const DEPTH: usize = 127;

crate::base::debug::with_structure! {
    /// Why a message is not a twin. Quotes nothing of it.
    #[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum TwinError {
        /// More than `Twin::LIMIT` bytes.
        #[error("the twin is larger than {LIMIT} bytes, which no hub allows; ask the hub for it again")]
        TooLarge,
        /// Not JSON, or deeper than `Twin::DEPTH`.
        #[error(
            "line {line}, column {column} of the twin is not JSON, or nested deeper than {DEPTH} levels; ask the hub for it again"
        )]
        NotJson {
            /// Counted from 1.
            line: usize,
            /// Counted from 1.
            column: usize,
        },
        /// The message is JSON, and not an object.
        #[error("the twin is not a JSON object; check that the topic is the twin's")]
        NotAnObject,
        /// A part of the twin is missing, or no object.
        #[error("the twin has no object `{part}`; if this is a patch, read it as one")]
        NoPart {
            /// `desired` or `reported`.
            part: &'static str,
        },
    }
}
