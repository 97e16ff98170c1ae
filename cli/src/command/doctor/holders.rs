//! What holds a key that is in no file: a TPM, a PKCS#11 token, a daemon or a process of this host.

use super::{command::Command, examination::Examination, step::Found};
use crate::{input::source::Source, login::subject::SubjectOptions, terminal::shell::quoted};
use defender_auth::{
    agent,
    error::{Code, ErrorKind},
    private_key::Location,
    tpm::{Endpoint, KeyPlace, SelfTest},
};
use std::{fs, path::Path};

/// The first line of a TPM's key file.
const KEY_FILE: &str = "-----BEGIN TSS2 PRIVATE KEY-----";

/// Examines each that is given. The name of the first step that failed, which holds the key.
pub(super) fn examine(examination: &mut Examination, subject: &SubjectOptions) -> Option<&'static str> {
    if let Some(endpoint) = &subject.tpm.endpoint {
        let place = Some(endpoint.to_string());
        if !examination.step("tpm", place, || identity_key(subject, endpoint)) {
            return Some("tpm");
        }
    }
    if subject.on_device.is_given() && !examination.step("daemon", None, || daemon(subject)) {
        return Some("daemon");
    }
    let location = subject.key_file.clone().or_else(|| key_of_folder(subject))?;
    let (step, next) = match &location {
        Location::File(path) if is_key_file(path) => ("tpm", tpm_next(None)),
        Location::TpmFile { tpm, .. } | Location::TpmHandle { tpm, .. } => ("tpm", tpm_next(tpm.as_ref())),
        Location::Token(_) => ("token", "pkcs11-tool --list-slots".to_owned()),
        Location::Keyd { folder, .. } => ("daemon", Command::Socket(folder.as_deref().unwrap_or("/run/aziot")).into()),
        Location::Process(path) => ("daemon", Command::Socket(&path.display().to_string()).into()),
        _ => return None,
    };
    let is_there = examination.step(step, Some(location.to_string()), || {
        let opened = subject.unlock.read(Some(&location)).and_then(|secrets| secrets.open(&location));
        match opened {
            Ok(_) => Found::ok("the key is present and can be opened"),
            Err(failure) => Found::of(&failure).next(next),
        }
    });
    (!is_there).then_some(step)
}

/// The private key in a micro agent's folder.
fn key_of_folder(subject: &SubjectOptions) -> Option<Location> {
    let Some(Source::Path(path)) = &subject.source else { return None };
    let folder = if path.is_dir() { path.as_path() } else { path.parent()? };
    let key = folder.join(agent::PRIVATE_KEY);
    is_key_file(&key).then_some(Location::File(key))
}

fn is_key_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() < 64 * 1024)
        && fs::read_to_string(path).is_ok_and(|text| text.contains(KEY_FILE))
}

fn tpm_next(endpoint: Option<&Endpoint>) -> String {
    match endpoint {
        None | Some(Endpoint::Device(_)) => Command::Tpm.into(),
        Some(Endpoint::Socket(path)) => Command::Socket(path).into(),
        Some(endpoint) => format!("defenderauth tpm show --tpm {}", quoted(&endpoint.to_string())),
    }
}

/// A TPM that holds the hub's key, or will.
fn identity_key(subject: &SubjectOptions, endpoint: &Endpoint) -> Found {
    let examined = subject.tpm.open().and_then(|mut keys| {
        // First: a TPM whose self-test has failed rejects the others.
        let test = keys.self_test()?;
        if let SelfTest::Failed(code) = test {
            return Ok(Err(code));
        }
        let (facts, handles) = keys.facts()?;
        keys.places().map(|places| Ok((test, facts, handles, places)))
    });
    let (test, facts, handles, places) = match examined {
        Ok(Ok(examined)) => examined,
        Ok(Err(code)) => {
            let what = format!("the TPM's self-test has failed ({code}); restart this device, then replace the TPM");
            return Found::failed(Code::TpmCommand, ErrorKind::Tpm, what).next(Command::SelfTest);
        }
        Err(failure) => return Found::of(&failure).next(tpm_next(Some(endpoint))),
    };
    let handle = format!("{:#010x}", handles.identity);
    let test = if test == SelfTest::Passed { "passed" } else { "passed as far as it has run" };
    let about = format!("{}, firmware {}, self-test {test}", facts.manufacturer, facts.firmware);
    let found = match (facts.has_identity_key, subject.must_register()) {
        (true, _) => Found::ok(format!("{about}; a hub's key is at {handle}")),
        (false, true) => Found::ok(format!("{about}; no hub's key is at {handle} yet, a registration brings it")),
        (false, false) => {
            let what = format!("{about}; no hub's key is at {handle}; register the device, which brings it");
            let tpm = quoted(&endpoint.to_string());
            return Found::failed(Code::TpmCommand, ErrorKind::Tpm, what)
                .next(format!("defenderauth provision --tpm {tpm} --id-scope SCOPE"));
        }
    };
    let shown = |name: &str, handle: u32, place: &KeyPlace| match place {
        KeyPlace::Occupied(other) => Some(format!("{handle:#010x}, the place of the {name}, holds {other}")),
        _ => None,
    };
    let notes = [
        shown("endorsement key", handles.endorsement, &places.endorsement),
        shown("storage root key", handles.storage, &places.storage),
    ];
    notes.into_iter().flatten().fold(found, Found::note)
}

/// A daemon that tells the identity and signs.
fn daemon(subject: &SubjectOptions) -> Found {
    match subject.on_device.signer() {
        Ok(Some(signer)) => {
            let (daemon, endpoint) = (signer.daemon(), signer.endpoint().to_string());
            Found::ok(format!("{daemon} at {endpoint}: this user is {}", signer.identity()))
        }
        Ok(None) => Found::ok("none is given"),
        Err(failure) => Found::of(&failure).next(Command::Daemons),
    }
}
