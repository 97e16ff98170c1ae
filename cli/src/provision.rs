use crate::{
    arguments::{Carrier, Provision},
    failure::Failure,
    network::Network,
    output, private_file, run,
    tpm::Keys,
};
use defender_auth::{
    Error, Outcome, Plan, SharedAccessKey,
    agent::{self, TextFile},
    dps::{Attestation, Profile},
    identity::{Identity, RegistrationId},
    payload::Payload,
    x509::Purpose,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::slice;

#[derive(Serialize)]
struct Report<'a> {
    id_scope: &'a str,
    registration_id: &'a str,
    host_name: &'a str,
    device_id: &'a str,
    substatus: Option<String>,
    last_updated: Option<&'a str>,
    etag: Option<&'a str>,
    /// What the service sent for the device.
    payload: Option<Value>,
    /// Members that mean nothing to this command.
    others: Map<String, Value>,
}

pub(crate) fn run(arguments: &Provision) -> Result<(), Failure> {
    check(arguments)?;
    if let Some(path) = &arguments.write_connection_string {
        private_file::check(path)?;
    }
    let endpoints = arguments.endpoint.as_ref().and_then(|service| service.elsewhere.as_ref());
    let network = Network::new(&arguments.trust, endpoints.map_or(&[], slice::from_ref))?;
    let mut keys = arguments.tpm.open()?;
    let id = keys.registration_id(arguments.registration_id.as_ref())?;
    let plan = Plan::provision(profile(arguments, &id)?, attestation(arguments, &id, &mut keys)?)?;
    let outcome = run::run(&plan, &network, arguments.carrier, &mut keys)?;
    // What has been done is said first, whatever becomes of the file; and the file is written, whatever becomes of that.
    let told = report(arguments, &id, &outcome);
    if let Some(path) = &arguments.write_connection_string {
        let string = outcome.connection_string().ok_or(Error::NotApplicable(
            "the device is registered, but has no connection string: its ID holds a `;`, or it proves itself otherwise"
                .into(),
        ))?;
        private_file::replace(path, string.expose().expose())?;
    }
    told
}

/// What cannot be, and why.
fn check(arguments: &Provision) -> Result<(), Failure> {
    let has_tpm = arguments.tpm.endpoint.is_some();
    let over_mqtt = arguments.carrier == Carrier::Mqtt;
    let what = match arguments {
        _ if has_tpm && over_mqtt => {
            "a TPM registers over HTTPS alone, for over MQTT it gets no challenge; leave out --carrier mqtt"
        }
        Provision { lookup: true, .. } if has_tpm => {
            "a lookup has no challenge that a TPM could answer; leave out --lookup: registering again changes nothing \
             but the key that the TPM has for the hub"
        }
        Provision { lookup: true, .. } if over_mqtt => "--lookup asks over HTTPS alone; leave out --carrier mqtt",
        Provision { write_connection_string: Some(_), .. } if has_tpm => {
            "a connection string holds the key, which never leaves the TPM; leave out --write-connection-string, and \
             have tokens made by `defenderauth token --tpm`"
        }
        _ => return Ok(()),
    };
    Err(Failure::Call(what.into()))
}

fn profile(arguments: &Provision, id: &RegistrationId) -> Result<Profile, Failure> {
    let mut profile = Profile::new(arguments.id_scope.clone(), id.clone());
    if let Some(service) = &arguments.endpoint {
        profile = profile.with_endpoint(service.host.clone());
    }
    if let Some(model) = &arguments.model_id {
        profile = profile.with_payload(Payload::model_id(model));
    }
    if let Some(path) = &arguments.payload_file {
        let file = TextFile::open(path, Payload::LIMIT)?;
        let payload = Payload::parse(file.text_without_mark()).map_err(|error| Error::from(error).at(file.place()))?;
        profile = profile.with_payload(payload);
    }
    Ok(profile.lookup_only(arguments.lookup))
}

/// The device's key, the one that is derived for it, its certificate, or its TPM.
fn attestation(arguments: &Provision, id: &RegistrationId, keys: &mut Keys) -> Result<Attestation, Failure> {
    let key = |path| -> Result<SharedAccessKey, Failure> {
        let (key, findings) = agent::key_file(path)?;
        output::warn(&findings);
        Ok(key)
    };
    match arguments {
        Provision { key_file: Some(path), .. } => Ok(key(path)?.into()),
        Provision { group_key_file: Some(path), .. } => Ok(key(path)?.derive(id).into()),
        Provision { certificate_file: Some(path), private_key_file: Some(key), .. } => {
            let (certificate, findings) = agent::certificate_files(path, key, arguments.unlock.passphrase()?.as_ref())?;
            output::warn(&findings);
            let place = path.display().to_string();
            output::warn(&agent::name_findings(&certificate, &place, Purpose::Provisioning(id)));
            Ok(certificate.into())
        }
        _ if arguments.tpm.endpoint.is_some() => Ok(keys.attestation()?),
        // clap has seen to it that there is one.
        _ => Err(Failure::Call("there is nothing to prove the device with; give --key-file".into())),
    }
}

fn report(arguments: &Provision, id: &RegistrationId, outcome: &Outcome) -> Result<(), Failure> {
    let identity = outcome.identity();
    let record = outcome.registration_state();
    let json = |payload: &Payload| serde_json::from_str(payload.as_str()).unwrap_or_default();
    let report = Report {
        id_scope: arguments.id_scope.as_str(),
        registration_id: id.as_str(),
        host_name: identity.hub().as_str(),
        device_id: identity.device_id().as_str(),
        substatus: record.and_then(|record| record.substatus.as_ref()).map(ToString::to_string),
        last_updated: record.and_then(|record| record.last_updated.as_deref()),
        etag: record.and_then(|record| record.etag.as_deref()),
        payload: record.and_then(|record| record.payload.as_ref()).map(json),
        others: record
            .map(|record| record.others.iter().map(|(name, value)| (name.clone(), json(value))).collect())
            .unwrap_or_default(),
    };
    if arguments.json {
        return output::json(&report);
    }
    let next = arguments.tpm.endpoint.is_some().then(|| next(arguments, identity));
    output::table(&[
        ("host name", Some(report.host_name)),
        ("device ID", Some(report.device_id)),
        ("substatus", report.substatus.as_deref()),
        ("last updated", report.last_updated),
        ("payload", record.and_then(|record| record.payload.as_ref()).map(Payload::as_str)),
        ("next", next.as_deref()),
    ])
}

/// How other programs get what they log in with: the key stays in the TPM.
fn next(arguments: &Provision, identity: &Identity) -> String {
    let whose = ["--host-name", identity.hub().as_str(), "--device-id", identity.device_id().as_str()];
    let tpm = arguments.tpm.again();
    let words = ["defenderauth", "token"].into_iter().chain(tpm.iter().map(String::as_str)).chain(whose);
    words.chain(["--ttl", "1h"]).map(for_shell).collect::<Vec<_>>().join(" ")
}

/// A word that a shell takes as it is.
fn for_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=,@%".contains(c);
    if word.chars().all(is_plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
