use super::Keys;
use crate::failure::Failure;
use clap::{ArgGroup, Args, Subcommand};
use defender_auth::tpm::Endpoint;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print what an enrollment wants to know of a TPM, and whether it has a hub's key
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Show {
    // The way to a device looks like a link to those who read comments.
    #[arg(
        long = "tpm",
        value_name = "TCTI",
        default_value_t,
        help = "Where the TPM is: device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT"
    )]
    pub(crate) endpoint: Endpoint,
    #[command(flatten)]
    pub(crate) setup: Setup,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The TPM of a command that may go without one.
#[derive(Args)]
#[command(group = ArgGroup::new("tpm_setup").multiple(true).requires("tpm").args([
    "identity_handle", "owner_password_file", "endorsement_password_file", "persist_keys",
]))]
pub(crate) struct Tpm {
    #[arg(
        long = "tpm",
        id = "tpm",
        value_name = "TCTI",
        help = "The TPM that has the device's keys: device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT"
    )]
    pub(crate) endpoint: Option<Endpoint>,
    #[command(flatten)]
    setup: Setup,
}

/// How a TPM is used.
#[derive(Args)]
pub(crate) struct Setup {
    /// Where the TPM has the hub's key, if it is not 0x81000100
    #[arg(long, value_name = "HANDLE", value_parser = handle)]
    pub(super) identity_handle: Option<u32>,
    /// The password of the TPM's owner hierarchy, in a file of its own
    #[arg(long, value_name = "FILE")]
    pub(super) owner_password_file: Option<PathBuf>,
    /// The password of the TPM's endorsement hierarchy, in a file of its own
    #[arg(long, value_name = "FILE")]
    pub(super) endorsement_password_file: Option<PathBuf>,
    /// Leave endorsement key and storage root key in the TPM, so that they need not be made again
    #[arg(long)]
    pub(super) persist_keys: bool,
}

impl Tpm {
    /// The keys of the TPM, if there is one.
    pub(crate) fn open(&self) -> Result<Keys, Failure> {
        self.endpoint.as_ref().map_or_else(|| Ok(Keys::none()), |endpoint| Keys::open(endpoint, &self.setup))
    }

    /// The arguments that name the same keys again.
    pub(crate) fn again(&self) -> Vec<String> {
        let endpoint = self.endpoint.iter().flat_map(|endpoint| ["--tpm".into(), endpoint.to_string()]);
        let handle = self.setup.identity_handle.iter();
        endpoint.chain(handle.flat_map(|handle| ["--identity-handle".into(), format!("{handle:#010x}")])).collect()
    }
}

fn handle(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let handle = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    handle.ok_or_else(|| "it is a number as tpm2-tools print it: 0x81000100".into())
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
