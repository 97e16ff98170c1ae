//! `defenderauth tpm`

use crate::{
    terminal::{failure::Failure, output},
    tpm::{keys::Keys, setup::Setup},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand};
use defender_auth::{dps::Attestation, tpm::Endpoint};

use serde::Serialize;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the data an enrollment needs: registration ID, endorsement key, storage root key; and whether the TPM holds
    /// a hub's key
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Show {
    // `help` and no comment: rustdoc would take a path of a device for a link.
    #[arg(
        long = "tpm",
        value_name = "TCTI",
        default_value_t,
        help = "The TPM: device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT"
    )]
    endpoint: Endpoint,
    #[command(flatten)]
    setup: Setup,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    tpm: String,
    registration_id: String,
    endorsement_key: String,
    storage_root_key: String,
    manufacturer: String,
    firmware: String,
    identity_key: IdentityKey,
}

#[derive(Serialize)]
struct IdentityKey {
    handle: String,
    is_present: bool,
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let Command::Show(arguments) = command;
    let mut keys = Keys::open(&arguments.endpoint, &arguments.setup)?;
    let (facts, handles) = keys.facts()?;
    let Attestation::Tpm { endorsement_key, storage_root_key } = keys.attestation()? else {
        return Err(Failure::NotSupported("this TPM"));
    };
    let report = Report {
        tpm: arguments.endpoint.to_string(),
        registration_id: keys.registration_id(None)?.to_string(),
        endorsement_key: STANDARD.encode(endorsement_key),
        storage_root_key: STANDARD.encode(storage_root_key),
        manufacturer: facts.manufacturer,
        firmware: facts.firmware.to_string(),
        identity_key: IdentityKey { handle: format!("{:#010x}", handles.identity), is_present: facts.has_identity_key },
    };
    if arguments.json { output::json(&report) } else { report.print() }
}

impl Report {
    fn print(&self) -> Result<(), Failure> {
        let IdentityKey { handle, is_present } = &self.identity_key;
        let identity = if *is_present { format!("at {handle}") } else { format!("none at {handle}") };
        output::table(&[
            ("registration ID", Some(&self.registration_id)),
            ("endorsement key", Some(&self.endorsement_key)),
            ("storage root key", Some(&self.storage_root_key)),
            ("manufacturer", Some(&self.manufacturer)),
            ("firmware", Some(&self.firmware)),
            ("identity key", Some(&identity)),
        ])
    }
}
