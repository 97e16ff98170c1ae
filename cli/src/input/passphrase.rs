//! Passphrases and passwords, each in a file of its own.

use super::finding;
use crate::terminal::failure::Failure;
use clap::Args;
use defender_auth::{
    Error,
    agent::Passphrase,
    error::{FileError, FileProblem},
};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct PassphraseFile {
    /// The file with the passphrase of an encrypted private key, the password of a key in a TPM, or the PIN of a token
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseFile {
    pub(crate) fn read(&self) -> Result<Option<Passphrase>, Failure> {
        self.passphrase_file.as_deref().map(|path| read("--passphrase-file", path)).transpose()
    }
}

/// Reads the file that an option names.
pub(crate) fn read(option: &str, path: &Path) -> Result<Passphrase, Failure> {
    match Passphrase::open(path) {
        Ok((passphrase, findings)) => {
            finding::warn(findings);
            Ok(passphrase)
        }
        Err(error) if is_absent(&error) && may_be_the_passphrase(path) => Err(Failure::Call(format!(
            "the file that {option} names does not exist; its name is not repeated here, because it may be the \
             passphrase itself. Write the passphrase to a file that only you can read, and give the name of that file; \
             if this was the passphrase, replace it: the shell's history and the process list have it"
        ))),
        Err(error) => Err(error.into()),
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error.inner(), Error::File(FileError { problem: FileProblem::NotFound, .. }))
}

/// A passphrase cannot be recognized by its form. A path with a folder or with an extension is hardly one.
fn may_be_the_passphrase(path: &Path) -> bool {
    path.parent().is_none_or(|folder| folder.as_os_str().is_empty()) && path.extension().is_none()
}
