//! Opening private keys in a build without them.

use crate::failure::Failure;

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("private keys that sign where they are (feature `private-key`)")
}

/// Has no value.
pub(crate) enum Access {}

impl Access {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn set_passphrase(&mut self, _: &[u8]) {
        match *self {}
    }

    pub(super) const fn set_tpm(&mut self, _: &str) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_owner_password(&mut self, _: &[u8]) -> Result<(), Failure> {
        match *self {}
    }
}
