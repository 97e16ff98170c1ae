//! Arguments of a command that can use a TPM.

use super::{TRANSPORTS, keys::Keys, setup::Setup};
use crate::terminal::failure::Failure;
use clap::{ArgGroup, Args};
use defender_auth::tpm::Endpoint;

#[derive(Args)]
#[command(group = ArgGroup::new("tpm_setup").multiple(true).requires("tpm").args([
    "endorsement_handle", "storage_root_handle", "identity_handle", "owner_password_file", "endorsement_password_file",
    "persist_keys",
]))]
pub(crate) struct Tpm {
    #[arg(
        long = "tpm",
        id = "tpm",
        value_name = "TCTI",
        help = format!("The TPM that holds the device's keys: {TRANSPORTS}")
    )]
    pub(crate) endpoint: Option<Endpoint>,
    #[command(flatten)]
    setup: Setup,
}

impl Tpm {
    /// The keys of the TPM, if one is given.
    pub(crate) fn open(&self) -> Result<Keys, Failure> {
        self.endpoint.as_ref().map_or_else(|| Ok(Keys::none()), |endpoint| Keys::open(endpoint, &self.setup))
    }

    /// Whether the TPM is to be changed.
    pub(crate) const fn persists_keys(&self) -> bool {
        self.setup.persist_keys
    }

    /// The arguments that name the same keys again.
    pub(crate) fn again(&self) -> Vec<String> {
        let endpoint = self.endpoint.iter().flat_map(|endpoint| ["--tpm".into(), endpoint.to_string()]);
        endpoint.chain(self.setup.again()).collect()
    }
}
