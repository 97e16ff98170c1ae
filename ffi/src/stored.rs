//! What a file of a store is rejected or cannot be written for.

use crate::{
    code::{
        DEFENDERAUTH_FILE_NOT_FOUND, DEFENDERAUTH_FILE_PERMISSION, DEFENDERAUTH_FILE_READ, DEFENDERAUTH_FILE_WRITE,
        DEFENDERAUTH_SNAPSHOT,
    },
    failure::Failure,
};
use defender_auth::{error::FileProblem, store::StoreError};

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Self {
        let (code, field) = match error {
            StoreError::Write(error) => (DEFENDERAUTH_FILE_WRITE, &*error.path),
            StoreError::TooLong { path, .. }
            | StoreError::InUse { folder: path }
            | StoreError::SessionInUse { folder: path } => (DEFENDERAUTH_FILE_WRITE, &**path),
            StoreError::Snapshot { path, .. } | StoreError::Certificates { path, .. } => {
                (DEFENDERAUTH_SNAPSHOT, &**path)
            }
            StoreError::Read { path, problem: FileProblem::NotFound } => (DEFENDERAUTH_FILE_NOT_FOUND, &**path),
            StoreError::Read { path, problem: FileProblem::Permission } => (DEFENDERAUTH_FILE_PERMISSION, &**path),
            StoreError::Read { path, .. } => (DEFENDERAUTH_FILE_READ, &**path),
            _ => (DEFENDERAUTH_FILE_READ, ""),
        };
        Self::new(code, error.to_string()).field(field.to_owned())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}
