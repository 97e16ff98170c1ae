//! How a TPM is used: its handles and passwords.

use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Setup {
    /// The persistent handle of the hub's key in the TPM [default: 0x81000100]
    #[arg(long, value_name = "HANDLE", value_parser = handle)]
    pub(super) identity_handle: Option<u32>,
    /// The file with the password of the TPM's owner hierarchy
    #[arg(long, value_name = "FILE")]
    pub(super) owner_password_file: Option<PathBuf>,
    /// The file with the password of the TPM's endorsement hierarchy
    #[arg(long, value_name = "FILE")]
    pub(super) endorsement_password_file: Option<PathBuf>,
    /// Make endorsement key and storage root key persistent in the TPM, so that they need not be created again
    #[arg(long)]
    pub(super) persist_keys: bool,
}

fn handle(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let handle = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    handle.ok_or_else(|| "it must be hexadecimal, as tpm2-tools print it: 0x81000100".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_the_tools_print_it() {
        assert_eq!(handle("0x81000100"), Ok(0x8100_0100));
        for bad in ["81000100", "0x", "0x181000100", "2164260864", "0x8100 0100"] {
            assert!(handle(bad).is_err(), "{bad}");
        }
    }
}
