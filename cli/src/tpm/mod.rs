//! Keys in a TPM: which one, what it says of itself, and its part in a plan and a login.

mod arguments;
mod keys;
mod show;

pub(crate) use arguments::{Command, Tpm};
pub(crate) use keys::Keys;

use crate::failure::Failure;

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments),
    }
}
