//! The files of the micro agent and of both security agents.

mod scratch;

use crate::{inputs::Inputs, secret_parts::secret_parts};
use defender_auth::{
    ConnectionString, Device, Error, Outcome, SharedAccessKey,
    agent::{self, CONNECTION_STRING, Loaded, Observation, Passphrase},
    credential::Credential,
    device_mode::Target,
    dps::Attestation,
    identity::{Identity, ModuleId},
    secret::SecretText,
};
use scratch::Scratch;
use serde_json::Value;

/// Stands between the parts of an input: the configuration, a passphrase, the file that the configuration names.
const SEPARATOR: u8 = 0x1e;

/// Where the name of a file may lead that no test should open.
const ELSEWHERE: [&str; 5] = ["/proc", "/dev", "/sys", "/run", ".."];

/// What was read is what stands there, once like twice; what is told of it quotes neither key nor passphrase.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let which = inputs.byte();
    let mut parts = inputs.rest().splitn(3, |byte| *byte == SEPARATOR);
    let mut next = || parts.next().unwrap_or_default();
    let (configuration, passphrase, secret) = (next(), next(), next());
    let text = String::from_utf8_lossy(configuration);
    // Escapes in JSON and XML could spell them, too.
    let plain = text.replace("\\u", "/proc").replace("&#", "/proc");
    if which % 4 < 2 && ELSEWHERE.iter().any(|place| plain.contains(place)) {
        return;
    }
    let name = match which % 4 {
        0 => "LocalConfiguration.json",
        1 => "Authentication.config",
        2 => CONNECTION_STRING,
        _ => "key",
    };
    let is_open = which & 0x80 != 0;
    let folder = Scratch::new();
    let file = folder.write(name, configuration, false);
    // Under one of these names a configuration finds it; the last are the micro agent's.
    for name in ["key", "key.pem", "key.pfx", agent::CERTIFICATE, agent::PRIVATE_KEY] {
        if which % 4 < 2 && text.contains(name) || which % 4 == 2 && name.starts_with("certificate") {
            folder.write(name, secret, is_open);
        }
    }
    let passphrase = str::from_utf8(passphrase).unwrap_or_default();
    let secrets = [secrets_of(configuration, which), secrets_of(secret, 3), vec![passphrase.to_owned()]].concat();
    if which % 4 == 3 {
        key_file(&file, configuration, &secrets);
        return;
    }
    let given = Passphrase::new(SecretText::new(passphrase.to_owned()));
    let loaded = agent::load_with_certificate(&file, Some(&given));
    quotes_none(&secrets, &text, &shown(&loaded));
    // An encrypted key is opened once: that is slow on purpose.
    if secret.len() < 256 {
        let by_folder = agent::load_with_certificate(folder.folder(), Some(&given));
        assert_eq!(shown(&by_folder), shown(&loaded), "a folder is the one file in it");
    }
    match (which % 4, loaded) {
        (0, Ok(loaded)) => json_says(&text, secret, &loaded),
        (1, Ok(loaded)) => xml_says(&text, &loaded),
        (2, loaded) => string_says(configuration, &loaded),
        _ => {}
    }
}

fn shown<T: core::fmt::Debug>(result: &Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => {
            assert!(!error.to_string().contains(['\n', '\r']), "{error} is one line");
            format!("{error} {error:?}")
        }
    }
}

/// Base64 and the like in a text, by which a key would be known.
fn secrets_of(bytes: &[u8], which: u8) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let keys: Vec<_> = match which % 4 {
        2 => {
            let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
            let keys = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("SharedAccessKey"));
            keys.map(|(_, key)| key.to_owned()).collect()
        }
        3 => text.split_whitespace().filter(|word| !word.contains("---")).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    keys.into_iter().filter(|key| key.is_ascii()).collect()
}

/// No part of a secret, unless the configuration has it, too.
fn quotes_none(secrets: &[String], configuration: &str, shown: &str) {
    for secret in secrets {
        let elsewhere = configuration.replacen(secret.as_str(), "", 1);
        for part in secret_parts(secret) {
            assert!(!shown.contains(part) || elsewhere.contains(part), "{shown} quotes a secret");
        }
    }
}

fn key_file(file: &std::path::Path, bytes: &[u8], secrets: &[String]) {
    let read = agent::key_file(file);
    quotes_none(secrets, "", &shown(&read));
    if let Ok((key, findings)) = read {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        assert_eq!(SharedAccessKey::from_base64(text).as_ref(), Ok(&key));
        // On other systems the file has the access of its folder.
        let is_private = findings.iter().all(|finding| finding.observation != Observation::ReadableByOthers);
        assert!(is_private || cfg!(not(unix)));
    }
}

/// Against a reader that takes any JSON.
fn json_says(text: &str, secret: &[u8], loaded: &Loaded) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // It refuses depth where nobody looks; the library does not.
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    let settings = &document["Configuration"]["Authentication"];
    let says = |name: &str| settings[name].as_str();
    let key = str::from_utf8(secret).ok().map(|key| key.strip_prefix('\u{feff}').unwrap_or(key));
    let key = key.and_then(|key| SharedAccessKey::from_base64(key).ok());
    let plan = &loaded.plan;
    assert!(loaded.defaults.is_some());
    match says("Identity") {
        Some("SecurityModule") => {
            let me = plan.outcome().expect("a module needs no request");
            assert_eq!(Some(me.identity().hub().as_str()), says("HostName"));
            assert_eq!(Some(me.identity().device_id().as_str()), says("DeviceId"));
            assert_eq!(me.identity().module_id().map(ModuleId::as_str), Some("azureiotsecurity"));
            assert!(matches!(me.credential(), Credential::SymmetricKeys(keys) if Some(keys.current()) == key.as_ref()));
        }
        Some("Device") => {
            let device = plan.known_device().expect("a device");
            assert_eq!(Some(device.identity().hub().as_str()), says("HostName"));
            assert_eq!(Some(device.identity().device_id().as_str()), says("DeviceId"));
            assert_eq!(plan.target().map(|target| target.module().as_str()), Some("azureiotsecurity"));
        }
        Some("DPS") => {
            let profile = plan.profile().expect("a registration");
            assert_eq!(Some(profile.id_scope().as_str()), settings["DPS"]["IDScope"].as_str());
            assert_eq!(Some(profile.registration_id().as_str()), settings["DPS"]["RegistrationId"].as_str());
            assert!(profile.is_lookup_only() && plan.target().is_some());
            if let Some(Attestation::SymmetricKey(given)) = plan.attestation() {
                assert_eq!(Some(given), key.as_ref());
            }
        }
        other => panic!("{other:?} is nobody"),
    }
}

/// Without a reader of its own: every name is one of the texts that stand there, unless it is escaped.
fn xml_says(text: &str, loaded: &Loaded) {
    assert!(loaded.defaults.is_some() && text.contains("Authentication"));
    let plan = &loaded.plan;
    let known = plan.known_device().map(Device::identity);
    let identity = plan.outcome().map(Outcome::identity).or(known);
    let names = identity.map(|id| [id.hub().as_str(), id.device_id().as_str()]);
    let registered = plan.profile().map(|profile| [profile.id_scope().as_str(), profile.registration_id().as_str()]);
    let module =
        identity.and_then(Identity::module_id).or_else(|| plan.target().map(Target::module)).map(ModuleId::as_str);
    assert!(module.is_some() && (names.is_some() != registered.is_some()));
    for name in names.into_iter().chain(registered).flatten().chain(module) {
        assert!(text.contains('&') || text.contains(name), "{name} stands there");
    }
}

/// From a file or from memory it is the same.
fn string_says(bytes: &[u8], loaded: &Result<Loaded, Error>) {
    let read = str::from_utf8(bytes).ok().and_then(|text| ConnectionString::read(text).ok()).map(|(string, _)| string);
    match (read, loaded) {
        (Some(read), Ok(loaded)) => {
            assert_eq!(Some(read.identity()), loaded.plan.outcome().map(Outcome::identity));
            assert!(loaded.defaults.is_none());
        }
        // With a certificate there is more that can be wrong.
        (Some(read), Err(_)) => {
            assert!(bytes.contains(&0) || matches!(read.credential(), Credential::Certificate(_)), "{read:?}");
        }
        (None, Err(_)) => {}
        (None, Ok(_)) => panic!("a file that is no connection string was read as one"),
    }
}
