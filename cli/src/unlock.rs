//! Private keys that are encrypted.

use crate::{failure::Failure, output};
use clap::Args;
use defender_auth::agent::Passphrase;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Unlock {
    /// The passphrase of a private key that is encrypted, in a file of its own
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Unlock {
    pub(crate) fn passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        let Some(path) = &self.passphrase_file else { return Ok(None) };
        let (passphrase, findings) = Passphrase::open(path)?;
        output::warn(&findings);
        Ok(Some(passphrase))
    }
}
