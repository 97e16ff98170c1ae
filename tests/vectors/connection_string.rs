use crate::{
    connection_string_rules::{self as rule, knows_device_alone, refused, tolerated},
    key,
    records::{AGREES, CONNECTION_STRING, Record, Rule, TYPED, assert_every_record_is_used, bytes, compare, records},
    sas_read,
};
use defender_auth::{
    ConnectionString, SharedAccessKey,
    connection_string::{ConnectionStringError, ServiceConnectionString},
    credential::{ClientCertificate, Credential},
    identity::{HostName, Identity, ModuleId},
};
use serde_json::{Map, Value};

const DEVICE: &[&str] = &["connection_string.parse"];
const SERVICE: &[&str] = &["connection_string.service", "connection_string.dps_service"];
const BUILT: &[&str] = &["connection_string.build"];
const DICTIONARY: &[&str] = &["dictionary.parse"];

fn key_in(credential: &Credential) -> Option<&SharedAccessKey> {
    match credential {
        Credential::SymmetricKeys(keys) => Some(keys.current()),
        Credential::PolicyKey(policy) => Some(&policy.key),
        _ => None,
    }
}

/// Whether a key's text means the key that we have; no text means none.
fn is_key(ours: Option<&SharedAccessKey>, text: Option<&str>) -> bool {
    text.and_then(|text| SharedAccessKey::from_base64(text).ok()).as_ref() == ours
}

/// Whether the peer reports what we read.
fn is_the_same(string: &ConnectionString, reported: &Map<String, Value>) -> bool {
    let identity = string.identity();
    let hub = identity.hub().as_str();
    let (first, rest) = hub.split_once('.').unwrap_or((hub, ""));
    let credential = string.credential();
    let token = match credential {
        Credential::Token(token) => Some(token.expose()),
        _ => None,
    };
    let policy = match credential {
        Credential::PolicyKey(policy) => Some(policy.policy.as_str()),
        _ => None,
    };
    let certificate = matches!(credential, Credential::Certificate(_));
    reported.iter().all(|(name, value)| {
        let text = value.as_str().filter(|text| !text.is_empty());
        match name.to_ascii_lowercase().as_str() {
            "hostname" | "iothub_hostname" => text == Some(hub),
            "hubname" | "iothubname" => text == Some(first),
            "iothubsuffix" => text == Some(rest),
            "deviceid" | "device_id" => text == Some(identity.device_id().as_str()),
            "moduleid" => text == identity.module_id().map(ModuleId::as_str),
            "gateway" | "gatewayhostname" => text == identity.gateway().map(HostName::as_str),
            "sharedaccesskey" | "devicekey" => is_key(key_in(credential), text),
            "key_hex" => SharedAccessKey::from_bytes(&bytes(text.unwrap())).as_ref().ok() == key_in(credential),
            "key_bytes_utf8" => {
                SharedAccessKey::from_bytes(text.unwrap().as_bytes()).as_ref().ok() == key_in(credential)
            }
            "sharedaccesskeyname" => text == policy,
            "sharedaccesssignature" | "sharedaccesstoken" | "devicesastoken" => text == token,
            "isusingx509" | "usingx509cert" => value == certificate,
            "x509" | "x509cert" => certificate == text.is_some_and(|text| text.eq_ignore_ascii_case("true")),
            "use_provisioning" => value == false,
            // Passed over by us, kept by the peer.
            "foo" | "" | "credentialscope" | "credentialtype" => true,
            // A name that the peer made of two pieces, or of other rests.
            _ => false,
        }
    })
}

fn agrees(string: &ConnectionString, record: &Record) -> bool {
    let identity = string.identity();
    if knows_device_alone(record) && (identity.module_id().is_some() || identity.gateway().is_some()) {
        return false;
    }
    match &record.expected["ok"] {
        Value::Bool(true) => true,
        Value::String(token) => key_in(string.credential()).is_some_and(|key| key::made(key, token)),
        Value::Object(reported) => is_the_same(string, reported),
        other => panic!("{other}"),
    }
}

fn is_the_same_service(ours: &ServiceConnectionString, record: &Record) -> bool {
    let (host, policy) = (ours.host_name(), ours.policy_name());
    let first = host.as_str().split('.').next().unwrap();
    let is_key = |text: &str| {
        SharedAccessKey::from_base64(text)
            .is_ok_and(|key| ServiceConnectionString::new(host.clone(), policy.clone(), key) == *ours)
    };
    let reported = match &record.expected["ok"] {
        Value::Bool(true) => return true,
        Value::Object(reported) => reported,
        other => panic!("{other}"),
    };
    reported.iter().all(|(name, value)| {
        let text = value.as_str().unwrap();
        match name.to_ascii_lowercase().as_str() {
            "hostname" => text == host.as_str(),
            "deviceprovisioningservicename" => text == first,
            "userstring" => text == format!("{policy}@SAS.root.{first}"),
            "sharedaccesskey" => is_key(text),
            "sharedaccesskeyname" => text == policy.as_str(),
            "sharedaccesssignature" => text == ours.given_token().map_or("", |token| token.expose()),
            other => panic!("{other}"),
        }
    })
}

fn judge_service(record: &Record, text: &str) -> Option<Rule> {
    match (ServiceConnectionString::parse(text), record.expected.get("ok")) {
        (Err(_), None) => Some(AGREES),
        (Err(error), Some(_)) => refused(&error, text),
        (Ok(string), Some(_)) if is_the_same_service(&string, record) => Some(AGREES),
        (Ok(_), _) => tolerated(record),
    }
}

fn judge_device(record: &Record) -> Option<Rule> {
    let Some(text) = record.input("connection_string") else {
        return Some(TYPED);
    };
    // These two read a service's strings, into a map that takes a device's as well.
    let reads_services = ["PyPI azure-iot-hub", "connection_string_parser.c"];
    let reads_services = reads_services.iter().any(|peer| record.source.contains(peer));
    match (ConnectionString::parse(text), record.expected.get("ok")) {
        (Err(ConnectionStringError::ServiceString), Some(_)) if reads_services => judge_service(record, text),
        (Err(_), None) => Some(AGREES),
        (Err(error), Some(_)) => refused(&error, text),
        (Ok(string), Some(_)) if agrees(&string, record) => Some(AGREES),
        (Ok(_), _) => tolerated(record),
    }
}

#[test]
fn every_record_of_connection_strings_is_used() {
    assert_every_record_is_used(CONNECTION_STRING, &[DEVICE, SERVICE, BUILT, DICTIONARY], 583);
}

#[test]
fn a_devices_string_is_read_by_the_profile_that_fits_everyone() {
    compare(
        records(CONNECTION_STRING, DEVICE),
        judge_device,
        &[
            (AGREES, 363),
            (rule::ALIAS, 6),
            (rule::PROVISIONING, 3),
            (rule::ONE_LABEL, 2),
            (rule::STRIPPED, 6),
            (rule::PIECE, 9),
            (rule::EMPTY_PIECE, 8),
            (rule::NOT_STRIPPED, 4),
            (rule::FIRST_EQUALS, 4),
            (rule::KNOWN, 4),
            (rule::DUPLICATE, 13),
            (rule::ANY_CASE, 13),
            (rule::REQUIRED, 4),
            (rule::UNKNOWN, 7),
            (rule::X509_FALSE, 3),
            (rule::X509, 6),
            (rule::ANY_CREDENTIAL, 7),
            (rule::ONE_CREDENTIAL, 15),
            (rule::NAMES, 35),
            (rule::NOT_DECODED, 3),
            (key::CUT, 15),
            (key::EMPTY, 2),
            (key::TRIMMED, 2),
            (sas_read::PREFIX, 1),
            (rule::SERVICE_STRING, 2),
            (rule::NO_MODULE, 1),
            (TYPED, 4),
        ],
    );
}

#[test]
fn a_services_string_is_read_by_the_same_rules() {
    let judge = |record: &Record| judge_service(record, record.input("connection_string")?);
    compare(
        records(CONNECTION_STRING, SERVICE),
        judge,
        &[
            (AGREES, 22),
            (rule::ONE_LABEL, 1),
            (rule::PIECE, 1),
            (rule::DUPLICATE, 1),
            (rule::ANY_CASE, 1),
            (rule::ONE_CREDENTIAL, 1),
            (rule::NAMES, 1),
            (rule::POLICY, 1),
            (key::CUT, 1),
            (rule::DEVICE_STRING, 1),
        ],
    );
}

#[test]
fn a_string_is_built_as_node_builds_it() {
    let judge = |record: &Record| {
        let (host, device) = (record.input("hostname")?.parse(), record.input("device_id")?.parse());
        let credential = match record.input("key") {
            Some(key) => SharedAccessKey::from_base64(key).unwrap().into(),
            None => Credential::from(ClientCertificate::held_elsewhere(None)),
        };
        let string = ConnectionString::new(Identity::device(host.unwrap(), device.unwrap()), credential).unwrap();
        let (ours, theirs) = (string.expose(), record.expected.as_str()?);
        if ours.expose() == theirs {
            Some(AGREES)
        } else {
            (ours.expose().trim_end_matches('=') == theirs).then_some(key::PADDING)
        }
    };
    compare(records(CONNECTION_STRING, BUILT), judge, &[(AGREES, 1), (key::PADDING, 1)]);
}

#[test]
fn pairs_of_other_names_are_no_connection_string() {
    let judge = |record: &Record| {
        let text = record.input("text")?;
        refused(&ConnectionString::parse(text).unwrap_err(), text)
    };
    compare(records(CONNECTION_STRING, DICTIONARY), judge, &[(rule::PIECE, 1), (rule::REQUIRED, 7)]);
}
