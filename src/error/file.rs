use super::{by_system::MORE_FILES, code::Code};
use crate::base::one_line::OneLine;
use alloc::string::String;

/// Why a file cannot be read.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", OneLine(path))]
pub struct FileError {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The file does not exist.
    #[error("there is no such file; check the path")]
    NotFound,
    /// The permission to read it is missing.
    #[error("no permission to read it; run as the agent's user, or give your user read access")]
    Permission,
    /// It is a folder, a device or a pipe.
    #[error("it is not a regular file; give a regular file")]
    NotRegular,
    /// The file is empty.
    #[error("it is empty; write its content again")]
    Empty,
    /// The file is larger than any file of its kind.
    #[error("it is larger than {limit} bytes; check that this is the right file")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The file is UTF-16 text.
    #[error("it is UTF-16 text; save it as UTF-8 (in PowerShell: `Set-Content -Encoding utf8`)")]
    Utf16,
    /// The file is not UTF-8 text.
    #[error("it is not UTF-8 text at byte {offset}; save it as UTF-8")]
    NotUtf8 {
        /// The first such byte, counted from 0.
        offset: usize,
    },
    /// The limit of open files is reached.
    #[error("it cannot be opened, because too many files are open; {MORE_FILES}")]
    TooManyOpen,
    /// Any other error of the system.
    #[error("it cannot be read: {0}; check the disk and the file system")]
    Other(String),
}

impl FileError {
    pub(super) const fn code(&self) -> Code {
        match self.problem {
            FileProblem::NotFound => Code::FileNotFound,
            FileProblem::Permission => Code::FilePermission,
            _ => Code::FileRead,
        }
    }
}
