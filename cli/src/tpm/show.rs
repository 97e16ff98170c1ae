use super::{Keys, arguments::Show};
use crate::{failure::Failure, output};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{Error, dps::Attestation};
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    tpm: String,
    registration_id: String,
    /// What an enrollment wants.
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

pub(super) fn run(arguments: &Show) -> Result<(), Failure> {
    let mut keys = Keys::open(&arguments.endpoint, &arguments.setup)?;
    let (facts, handles) = keys.facts()?;
    let Attestation::Tpm { endorsement_key, storage_root_key } = keys.attestation()? else {
        return Err(Error::NotSupported { what: "this TPM" }.into());
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
