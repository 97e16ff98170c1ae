//! `defenderauth key`: private keys of certificates, wherever they are.

mod new;
mod show;

use crate::terminal::failure::Failure;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create a private key in a TPM, in a PKCS#11 token or in a file
    New(new::New),
    /// Open a private key and show where it is, its kind, and the signature schemes that it has; never the key
    Show(show::Show),
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::New(arguments) => new::run(arguments),
        Command::Show(arguments) => show::run(arguments),
    }
}
