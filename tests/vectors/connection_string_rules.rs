//! Which rule decides where we and others read a connection string differently.

use crate::{
    key,
    records::{Record, Rule},
    sas_read,
};
use defender_auth::connection_string::ConnectionStringError as E;

pub(crate) const PIECE: Rule = "G.1: a piece without `=` is an error, or the rest of a value with a `;` in it (G.5)";
pub(crate) const EMPTY_PIECE: Rule = "G.1: empty pieces are dropped";
pub(crate) const FIRST_EQUALS: Rule = "G.1: the value begins after the first `=` and may hold others";
pub(crate) const STRIPPED: Rule = "G.1: a byte order mark is stripped";
pub(crate) const NOT_STRIPPED: Rule =
    "G.1: nothing else is stripped, neither quotes round the string nor white space in it";
pub(crate) const ANY_CASE: Rule = "G.2: names are matched without case";
pub(crate) const UNKNOWN: Rule = "G.2: unknown names, historical ones too, are ignored";
pub(crate) const KNOWN: Rule = "G.2: `ModuleId` and `GatewayHostName` are known names";
pub(crate) const ALIAS: Rule = "A.2: `X509Cert` is the older name of `x509`";
pub(crate) const DUPLICATE: Rule = "G.2: a name that occurs twice is refused, as is `x509` beside its alias";
pub(crate) const REQUIRED: Rule = "G.2: required names are missing; others make a map of whatever there is";
pub(crate) const FOREIGN: Rule = "trip list: a text of another kind is named as what it is";
pub(crate) const PLACEHOLDER: Rule = "trip list: a placeholder of a template is not a value";
pub(crate) const PROVISIONING: Rule = "A.2: provisioning has no connection string";
pub(crate) const X509: Rule = "G.3: `x509` is `true` or `false` in any case, and nothing else";
pub(crate) const X509_FALSE: Rule = "G.3: `x509=false` is not x509";
pub(crate) const ONE_CREDENTIAL: Rule = "G.4: exactly one credential";
pub(crate) const ANY_CREDENTIAL: Rule = "G.4: a SAS and a certificate are credentials as a key is";
pub(crate) const NAMES: Rule = "G.5: a name that the service does not take is refused";
pub(crate) const NOT_DECODED: Rule = "G.5: an ID is not decoded; Java reads it as a form field";
pub(crate) const POLICY: Rule = "G.6: a policy may hold `&`, because `skn` is percent-encoded";
pub(crate) const ONE_LABEL: Rule = "A.6: a host name needs no dot";
pub(crate) const NO_MODULE: Rule = "types: a device is told from a module by `module_id()`";
pub(crate) const SERVICE_STRING: Rule = "trip list 1: a service string is none for a device";
pub(crate) const DEVICE_STRING: Rule = "trip list 2: a device string is none for a service";

/// The rule by which we refuse a string.
pub(crate) fn refused(error: &E, text: &str) -> Option<Rule> {
    match error {
        E::Empty | E::NotPairs | E::Missing { .. } | E::Misspelt { .. } | E::CutShort => Some(REQUIRED),
        E::Foreign(_) => Some(FOREIGN),
        E::Template | E::Placeholder { .. } => Some(PLACEHOLDER),
        E::Wrapped { .. } | E::WhiteSpace { .. } => Some(NOT_STRIPPED),
        E::Piece { .. } => Some(PIECE),
        E::Duplicate { .. } => Some(DUPLICATE),
        E::ServiceString => Some(SERVICE_STRING),
        E::DeviceString => Some(DEVICE_STRING),
        E::Provisioning => Some(PROVISIONING),
        E::X509 => Some(X509),
        E::NoCredential if text.contains("x509=false") => Some(X509_FALSE),
        E::NoCredential | E::TwoCredentials { .. } => Some(ONE_CREDENTIAL),
        E::Value { .. } => Some(NAMES),
        E::Key(error) => key::refused(*error),
        E::Token(error) => sas_read::refused(*error),
        _ => None,
    }
}

/// The names that we know, as the portal writes them.
const KNOWN_NAMES: [&str; 9] = [
    "HostName",
    "DeviceId",
    "ModuleId",
    "GatewayHostName",
    "SharedAccessKeyName",
    "SharedAccessKey",
    "SharedAccessSignature",
    "x509",
    "X509Cert",
];

/// The rule by which we read a string that another refuses, or read something else in it.
pub(crate) fn tolerated(record: &Record) -> Option<Rule> {
    let text = record.input("connection_string")?;
    let pairs: Vec<(&str, &str)> = text.split(';').filter_map(|piece| piece.split_once('=')).collect();
    let get = |name: &str| pairs.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    let has = |name: &str| get(name).is_some();
    let value = |name: &str| get(name).unwrap_or_default();
    let x509 = get("x509").or(get("X509Cert"));
    let is_known = |(name, _): &(&str, &str)| KNOWN_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_written_so = |(name, _): &(&str, &str)| KNOWN_NAMES.contains(name);
    let by = |peer: &str| record.source.contains(peer);
    // Java reports or refuses another ID than the one that is written, whatever else the string has.
    if by("azure-iot-sdk-java") && value("DeviceId").contains(['%', '+']) {
        Some(NOT_DECODED)
    } else if text.starts_with('\u{feff}') {
        Some(STRIPPED)
    } else if text.split(';').any(str::is_empty) {
        Some(EMPTY_PIECE)
    } else if !pairs.iter().all(is_known) {
        Some(UNKNOWN)
    } else if x509.is_some_and(|x509| x509.eq_ignore_ascii_case("false")) {
        Some(X509_FALSE)
    } else if x509.is_some_and(|x509| x509 != "true") {
        Some(X509)
    } else if has("X509Cert") {
        Some(ALIAS)
    } else if !pairs.iter().all(is_written_so) {
        Some(ANY_CASE)
    } else if x509.is_some() || has("SharedAccessSignature") {
        Some(ANY_CREDENTIAL)
    } else if value("SharedAccessKeyName").contains('&') {
        Some(POLICY)
    } else if !value("HostName").contains('.') {
        Some(ONE_LABEL)
    } else if by("sdk-rs") && pairs.iter().any(|(_, value)| value.contains('=')) {
        Some(FIRST_EQUALS)
    } else if by("ModuleClient") && !has("ModuleId") {
        Some(NO_MODULE)
    } else if knows_device_alone(record) && (has("ModuleId") || has("GatewayHostName")) {
        Some(KNOWN)
    } else {
        key::tolerated(value("SharedAccessKey"))
    }
}

/// Whether the peer is one of the two that know neither modules nor gateways.
pub(crate) fn knows_device_alone(record: &Record) -> bool {
    let peers = ["compiled: Azure/iot-identity-service", "compiled: azure-iot-sdk-rs"];
    peers.iter().any(|peer| record.source.starts_with(peer))
}
