use crate::records::{AGREES, Record, Rule, SAS, assert_every_record_is_used, compare, records};
use crate::{sas_make::MADE, sas_parts};
use defender_auth::{
    UnixTime,
    identity::{DeviceId, HostName, Identity, ModuleId},
    sas::{Resource, SasToken, StringToSign, TokenError},
};

const PARSED: &[&str] = &["sas_token.parse"];
const VALIDATED: &[&str] = &["sas_token.validate"];
const EXTRACTED: &[&str] = &["sas_uri.extract"];

pub(crate) const PREFIX: Rule = "G.9: a token begins with its word, and nothing surrounds it";
pub(crate) const GRAPHIC: Rule = "G.9: a token has one space; others read white space and non-ASCII text as they like";
const PIECE: Rule = "G.9: what is not `name=value` is refused, such as the rest of a bare `&` in `skn` (G.6)";
const REQUIRED: Rule = "G.9: `sr`, `sig` and `se` are required";
const DUPLICATE: Rule = "G.9: a field that occurs twice is refused";
pub(crate) const DIGITS: Rule = "G.9: `se` is digits only, and fits 64 bits";
const ANY_FIELD: Rule = "G.9: any fields are read, unknown ones too";
const EMPTY_FIELD: Rule = "G.9: a `&` too many and an empty `skn=` are no fields";
const SIGNATURE: Rule = "G.9: whether `sig` is base64 shows when it is verified, not when it is read";
const C_PREFIX: Rule = "B.6: the C validator tolerates any prefix; G.9: we do not";
const C_SPACES: Rule = "B.6: the C validator lets spaces part the fields; G.9: we do not";
const C_SHORT: Rule = "B.6: the C validator reads one character short; G.9: any order is read";
const END: Rule = "G.9: a token expires at the second in `se`; the caller sets how much later it is accepted";
const COVERS: Rule = "G.9: a resource that covers the identity will do, such as the hub, in any case of letters";
const EMPTY_ID: Rule = "G.5: an empty ID is none";

/// The rule by which we refuse a token.
pub(crate) const fn refused(error: TokenError) -> Option<Rule> {
    match error {
        TokenError::Prefix
        | TokenError::Quoted
        | TokenError::HeaderName
        | TokenError::Preceded { .. }
        | TokenError::PercentEncoded => Some(PREFIX),
        TokenError::Character { .. } => Some(GRAPHIC),
        TokenError::Piece { .. } | TokenError::Truncated { .. } => Some(PIECE),
        TokenError::Missing { .. } => Some(REQUIRED),
        TokenError::Duplicate { .. } => Some(DUPLICATE),
        TokenError::Expiry => Some(DIGITS),
        _ => None,
    }
}

/// The rule by which we read a token that others refuse.
fn tolerated(token: &str) -> Option<Rule> {
    let (_, pairs) = token.split_once(' ')?;
    for piece in pairs.split('&') {
        match piece.split_once('=') {
            None | Some(("skn", "")) => return Some(EMPTY_FIELD),
            Some(("sig", text)) if text.trim_end_matches('=').contains('=') => return Some(SIGNATURE),
            Some(("sr" | "sig" | "se" | "skn", _)) => {}
            Some(_) => return Some(ANY_FIELD),
        }
    }
    None
}

/// Whether we read in a token what the peer read.
fn reads_the_same(token: &SasToken, record: &Record) -> bool {
    let se = token.expires_at().as_secs();
    let one = |(name, value): (&String, &serde_json::Value)| match name.as_str() {
        "ok" if value.is_object() => true,
        "ok" => value == true || value == token.expose(),
        "sr" => value == token.resource(),
        "sig" => token.expose().contains(&format!("sig={}", value.as_str().unwrap())),
        "se" => value.as_str() == Some(&se.to_string()),
        "skn" => *value == *token.policy().unwrap_or_default(),
        "expiry_time" | "expiry" => value == se,
        "resource_uri" => *value == *token.plain_resource().unwrap(),
        other => panic!("{other}"),
    };
    let inner = record.expected["ok"].as_object().into_iter().flatten();
    record.expected.as_object().unwrap().iter().chain(inner).all(one)
}

#[test]
fn every_record_of_tokens_is_used() {
    let used = [&[MADE, PARSED, VALIDATED, EXTRACTED], sas_parts::USED].concat();
    assert_every_record_is_used(SAS, &used, 432);
}

#[test]
fn tokens_are_read_in_any_order_and_strictly() {
    let judge = |record: &Record| {
        let text = record.input("token").unwrap();
        // Python reads the expiry when it is asked for it.
        let late = record.expected["expiry_time"].get("raises").is_some();
        match (SasToken::parse(text), record.expected.get("ok").filter(|_| !late)) {
            (Err(_), None) => Some(AGREES),
            (Err(error), Some(_)) => refused(error),
            (Ok(token), Some(_)) => reads_the_same(&token, record).then_some(AGREES),
            (Ok(_), None) => tolerated(text),
        }
    };
    compare(
        records(SAS, PARSED),
        judge,
        &[
            (AGREES, 80),
            (DIGITS, 9),
            (EMPTY_FIELD, 3),
            (DUPLICATE, 2),
            (PREFIX, 5),
            (GRAPHIC, 4),
            (ANY_FIELD, 1),
            (SIGNATURE, 1),
        ],
    );
}

#[test]
fn tokens_are_valid_before_their_end() {
    let judge = |record: &Record| {
        let text = record.input("token").unwrap();
        let now = UnixTime::from_secs(record.inputs["now"].as_u64().unwrap());
        let ours = SasToken::parse(text);
        let valid = ours.as_ref().is_ok_and(|token| now < token.expires_at());
        match (ours, record.expected.as_bool().unwrap()) {
            (_, theirs) if valid == theirs => Some(AGREES),
            (Err(TokenError::Prefix | TokenError::Preceded { .. }), true) => Some(C_PREFIX),
            (Err(TokenError::Character { .. }), true) => Some(C_SPACES),
            (Ok(token), true) => (token.expires_at() == now).then_some(END),
            (Ok(_), false) => {
                let fields: Vec<_> = text.split(['&', ' ']).collect();
                let is_last = fields.last().is_some_and(|field| field.starts_with("se="));
                let is_short = |field: &&str| {
                    field.starts_with("sr=") && field.len() == 4 || field.starts_with("sig=") && field.len() == 5
                };
                (!is_last || fields.iter().any(is_short)).then_some(C_SHORT)
            }
            _ => None,
        }
    };
    compare(records(SAS, VALIDATED), judge, &[(AGREES, 41), (C_SPACES, 1), (C_SHORT, 12), (C_PREFIX, 8), (END, 1)]);
}

#[test]
fn a_token_is_good_for_the_identity_that_others_read_in_it() {
    let judge = |record: &Record| {
        let resource = Resource::from_plain(record.input("uri").unwrap()).unwrap();
        let string = StringToSign::new(resource, UnixTime::from_secs(1));
        let token = string.token(&defender_auth::key::Signature::from_bytes([0; 32]));
        let Some(ids) = record.expected.get("ok") else {
            let device = Identity::device("h".parse().unwrap(), "d".parse().unwrap());
            return Some(if token.is_good_for(&device) { COVERS } else { AGREES });
        };
        let id = |name: &str| ids[name].as_str().unwrap();
        let hub = HostName::new(id("hostname")).unwrap();
        let Ok(device) = DeviceId::new(id("device_id")) else {
            return Some(EMPTY_ID);
        };
        let identity = match ModuleId::new(id("module_id")) {
            Ok(module) => Identity::module(hub, device, module),
            Err(_) => Identity::device(hub, device),
        };
        if token.is_good_for(&identity) {
            return Some(AGREES);
        }
        token.plain_resource()?.ends_with("/modules/").then_some(EMPTY_ID)
    };
    compare(records(SAS, EXTRACTED), judge, &[(AGREES, 9), (EMPTY_ID, 2), (COVERS, 3)]);
}
