//! How a TPM is used: its handles and passwords.

use clap::Args;
use defender_auth::tpm::Handles;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Setup {
    /// The persistent handle of the endorsement key in the TPM [default: 0x81010001]. If it is empty, the key is created
    /// from the template for each use
    #[arg(long, value_name = "HANDLE", value_parser = handle)]
    pub(super) endorsement_handle: Option<u32>,
    /// The persistent handle of the storage root key in the TPM [default: 0x81000001]. If it is empty, the key is created
    /// from the template for each use
    #[arg(long, value_name = "HANDLE", value_parser = handle)]
    pub(super) storage_root_handle: Option<u32>,
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

impl Setup {
    /// The given handles, and the default ones.
    pub(super) fn handles(&self) -> Handles {
        let default = Handles::default();
        Handles {
            endorsement: self.endorsement_handle.unwrap_or(default.endorsement),
            storage: self.storage_root_handle.unwrap_or(default.storage),
            identity: self.identity_handle.unwrap_or(default.identity),
        }
    }

    /// The arguments that name the given handles again.
    pub(super) fn again(&self) -> impl Iterator<Item = String> {
        [
            ("--endorsement-handle", self.endorsement_handle),
            ("--storage-root-handle", self.storage_root_handle),
            ("--identity-handle", self.identity_handle),
        ]
        .into_iter()
        .filter_map(|(option, handle)| Some([option.to_owned(), format!("{:#010x}", handle?)]))
        .flatten()
    }
}

fn handle(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let handle = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match handle {
        Some(handle) if Handles::RANGE.contains(&handle) => Ok(handle),
        Some(_) => {
            let (first, last) = Handles::RANGE.into_inner();
            Err(format!("it must be a persistent handle of the owner: {first:#010x} to {last:#010x}"))
        }
        None => Err("it must be hexadecimal, as tpm2-tools print it: 0x81000100".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_the_tools_print_it() {
        assert_eq!(handle("0x81000100"), Ok(0x8100_0100));
        assert_eq!(handle("0x817FFFFF"), Ok(0x817f_ffff));
        for bad in ["81000100", "0x", "0x181000100", "2164260864", "0x8100 0100"] {
            assert!(handle(bad).unwrap_err().contains("hexadecimal"), "{bad}");
        }
        // A loaded object, an NV index, the platform's range.
        for bad in ["0x80000001", "0x01c00002", "0x81800000", "0x0"] {
            assert!(handle(bad).unwrap_err().contains("0x81000000 to 0x817fffff"), "{bad}");
        }
    }
}
