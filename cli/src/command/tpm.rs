//! `defenderauth tpm`

use crate::{
    terminal::{failure::Failure, output, said::Said},
    tpm::{
        TRANSPORTS,
        keys::{Keys, Places},
        setup::Setup,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand};
use defender_auth::{
    dps::Attestation,
    tpm::{Endpoint, KeyPlace},
    x509::Severity,
};
use serde::Serialize;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the data an enrollment needs: registration ID, endorsement key, storage root key; whether the TPM holds a
    /// hub's key; and the kinds of private keys for TLS that it can create
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Show {
    #[arg(long = "tpm", value_name = "TCTI", default_value_t, help = format!("The TPM: {TRANSPORTS}"))]
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
    /// `null` if the key is not persistent: it is created from the template for each use.
    endorsement_key_handle: Option<String>,
    storage_root_key: String,
    /// `null` likewise.
    storage_root_key_handle: Option<String>,
    /// Handles that hold other objects than these keys.
    findings: Vec<Said>,
    manufacturer: String,
    firmware: String,
    identity_key: IdentityKey,
    /// The kinds of private keys for TLS that it can create.
    tls_keys: Vec<String>,
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
    let Places { endorsement, storage } = keys.places()?;
    let Attestation::Tpm { endorsement_key, storage_root_key } = keys.attestation()? else {
        return Err(Failure::NotSupported("this TPM"));
    };
    let report = Report {
        tpm: arguments.endpoint.to_string(),
        registration_id: keys.registration_id(None)?.to_string(),
        endorsement_key: STANDARD.encode(endorsement_key),
        endorsement_key_handle: persistent(handles.endorsement, endorsement),
        storage_root_key: STANDARD.encode(storage_root_key),
        storage_root_key_handle: persistent(handles.storage, storage),
        findings: [
            note("endorsement key", handles.endorsement, endorsement),
            note("storage root key", handles.storage, storage),
        ]
        .into_iter()
        .flatten()
        .collect(),
        manufacturer: facts.manufacturer,
        firmware: facts.firmware.to_string(),
        identity_key: IdentityKey { handle: format!("{:#010x}", handles.identity), is_present: facts.has_identity_key },
        tls_keys: keys.signs()?.iter().map(ToString::to_string).collect(),
    };
    if arguments.json { output::json(&report) } else { report.print() }
}

fn persistent(handle: u32, place: KeyPlace) -> Option<String> {
    (place == KeyPlace::Persistent).then(|| format!("{handle:#010x}"))
}

/// What a handle holds in place of the key.
fn note(key: &str, handle: u32, place: KeyPlace) -> Option<Said> {
    match place {
        KeyPlace::Occupied(found) => {
            let text = format!("{handle:#010x} holds {found}; the {key} is created from the template for each use");
            Some(Said::new(Severity::Note, text))
        }
        _ => None,
    }
}

impl Report {
    fn print(&self) -> Result<(), Failure> {
        let IdentityKey { handle, is_present } = &self.identity_key;
        let identity = if *is_present { format!("at {handle}") } else { format!("none at {handle}") };
        let tls_keys = if self.tls_keys.is_empty() { "none".to_owned() } else { self.tls_keys.join(", ") };
        let mut rows: Vec<(&str, Option<&str>)> = vec![
            ("registration ID", Some(&self.registration_id)),
            ("endorsement key", Some(&self.endorsement_key)),
            ("storage root key", Some(&self.storage_root_key)),
            ("manufacturer", Some(&self.manufacturer)),
            ("firmware", Some(&self.firmware)),
            ("TLS keys", Some(&tls_keys)),
            ("identity key", Some(&identity)),
        ];
        rows.extend(self.findings.iter().map(|note| ("note", Some(note.text.as_str()))));
        output::table(&rows)
    }
}
