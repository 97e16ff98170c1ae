use super::write_error::WriteError;
use crate::{
    base::one_line::OneLine,
    error::{FileError, FileProblem},
    flow::renewal::CertificatesError,
    session::SnapshotError,
};
use alloc::string::String;

/// Why something of a store cannot be read or written.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file, or the folder, cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file cannot be read.
    #[error("{}: {problem}", OneLine(path))]
    Read {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// A file is not what was saved.
    #[error("{}: {error}", OneLine(path))]
    Snapshot {
        /// The file.
        path: String,
        /// What is wrong with it.
        #[source]
        error: SnapshotError,
    },
    /// The file with certificates is not what was saved.
    #[error("{}: {error}", OneLine(path))]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        #[source]
        error: CertificatesError,
    },
    /// Another process requests certificates with what is in the folder.
    #[error(
        "{}: another process is using its certificates, an agent or another command; wait until that has ended",
        OneLine(folder)
    )]
    InUse {
        /// The folder.
        folder: String,
    },
    /// Another process runs a session with the state in the folder.
    #[error(
        "{}: another process runs a session with this state, and a hub ends the connection of one when the other connects; \
         stop that process, or give this one an identity and a folder of its own",
        OneLine(folder)
    )]
    SessionInUse {
        /// The folder.
        folder: String,
    },
    /// A name with more than letters, digits, `-`, `_` and inner dots, which might lead out of the folder.
    #[error("{0:?} is no name for a file of a store; use letters, digits, `-`, `_` and dots between them")]
    Name(String),
    /// What is to be written is longer than what is read.
    #[error("{}: it would be longer than {limit} bytes, which is the most that is read again", OneLine(path))]
    TooLong {
        /// The file.
        path: String,
        /// The limit, in bytes.
        limit: usize,
    },
}

crate::base::debug::debug_as_text! { StoreError }

impl From<FileError> for StoreError {
    fn from(FileError { path, problem }: FileError) -> Self {
        Self::Read { path, problem }
    }
}
