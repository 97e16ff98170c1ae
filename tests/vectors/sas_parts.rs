use crate::{
    percent_encoding::{UNRESERVED, UPPER_HEX},
    records::{AGREES, Record, Rule, SAS, TYPED, bytes, compare, records},
    sas_make::{ENCODED, OWN_CASE, audience},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use defender_auth::{
    SharedAccessKey, UnixTime,
    identity::Identity,
    key::Signature,
    sas::{Audience, Resource, SasToken, StringToSign},
};

const AUDIENCE: &[&str] = &["audience"];
const DECODED_ONCE: &[&str] = &["audience.after_one_decode"];
const TO_SIGN: &[&str] = &["string_to_sign"];
const SIGNED: &[&str] = &["hmac.raw", "hmac.sign"];
const ASSEMBLED: &[&str] = &["sas_token.assemble"];
pub(crate) const USED: &[&[&str]] = &[AUDIENCE, DECODED_ONCE, TO_SIGN, SIGNED, ASSEMBLED];

const EMPTY_TEXT: Rule = "B.1: no string to sign is empty, so that only the key is checked; HMAC is defined for none";
const WHOLE_SIGNATURE: Rule = "B.1: a signature is whole base64, padding included";

fn identity(record: &Record) -> Option<Identity> {
    let host = record.input("host").or(record.input("hostname"))?.parse().unwrap();
    let device = record.input("device_id")?.parse().unwrap();
    Some(match record.input("module_id") {
        Some(module) => Identity::module(host, device, module.parse().unwrap()),
        None => Identity::device(host, device),
    })
}

fn expiry(record: &Record) -> UnixTime {
    UnixTime::from_secs(record.inputs["expiry"].as_u64().unwrap())
}

#[test]
fn an_audience_is_encoded_once() {
    let judge = |record: &Record| {
        let ours = match record.input("audience") {
            Some(plain) => Resource::from_plain(plain).unwrap(),
            None => Resource::of(&identity(record)?),
        };
        audience(ours.as_str(), record.expected.as_str()?)
    };
    compare(records(SAS, AUDIENCE), judge, &[(AGREES, 3), (OWN_CASE, 1), (ENCODED, 17), (UNRESERVED, 6)]);
}

#[test]
fn ids_that_are_encoded_twice_are_encoded_after_one_decoding() {
    let judge = |record: &Record| {
        let resource = Resource::with_audience(&identity(record)?, Audience::EncodedTwice);
        let string = StringToSign::new(resource, UnixTime::from_secs(1));
        let token = string.token(&Signature::from_bytes([0; 32]));
        (token.plain_resource()? == record.expected.as_str()?).then_some(AGREES)
    };
    compare(records(SAS, DECODED_ONCE), judge, &[(AGREES, 2)]);
}

#[test]
fn what_is_signed_is_the_audience_as_written_a_line_feed_and_the_expiry() {
    let judge = |record: &Record| {
        let theirs = record.expected.as_str()?;
        let resource = if let Some(written) = record.input("resource") {
            Resource::as_written(written).unwrap()
        } else if let Some(scope) = record.input("id_scope") {
            let id = record.input("registration_id")?.parse().unwrap();
            Resource::registration(&scope.parse().unwrap(), &id)
        } else {
            Resource::of(&identity(record)?)
        };
        let (sr, se) = theirs.split_once('\n')?;
        let string = StringToSign::new(resource, expiry(record));
        assert!(string.as_bytes().ends_with(format!("\n{se}").as_bytes()));
        if string.as_bytes() == theirs.as_bytes() {
            return Some(AGREES);
        }
        audience(string.resource().as_str(), sr).filter(|rule| *rule != AGREES)
    };
    compare(records(SAS, TO_SIGN), judge, &[(AGREES, 4), (UPPER_HEX, 1)]);
}

#[test]
fn signatures_are_hmac_sha256() {
    let judge = |record: &Record| {
        let key = match (record.input("key_utf8"), record.input("key")) {
            (Some(text), _) => SharedAccessKey::from_bytes(text.as_bytes()),
            (None, text) => SharedAccessKey::from_base64(text?),
        };
        let (Ok(key), Some(data)) = (key, record.inputs.get("data")) else {
            return record.expected.get("error").map(|_| AGREES);
        };
        let Some(data) = data.as_str() else { return Some(TYPED) };
        let signature = key.sign(data.as_bytes());
        let Some(theirs) = record.expected.as_str() else {
            return data.is_empty().then_some(EMPTY_TEXT);
        };
        let theirs = match record.kind.as_str() {
            "hmac.raw" => bytes(theirs),
            _ => from_base64(theirs).to_vec(),
        };
        (signature.as_bytes() == theirs.as_slice()).then_some(AGREES)
    };
    compare(records(SAS, SIGNED), judge, &[(AGREES, 5), (EMPTY_TEXT, 1), (TYPED, 1)]);
}

#[test]
fn a_token_takes_a_signature_that_was_made_elsewhere() {
    let judge = |record: &Record| {
        let mut resource = Resource::of(&identity(record)?);
        if let Some(policy) = record.input("key_name") {
            resource = resource.with_policy(&policy.parse().unwrap());
        }
        let given = record.input("signature")?;
        let token = StringToSign::new(resource, expiry(record)).token(&Signature::from_bytes(from_base64(given)));
        let theirs = record.expected.as_str()?;
        assert!(SasToken::parse(theirs).is_ok());
        // The peer writes what it is given, and its unit test gives no padding.
        (token.expose() == theirs.replace("&se=", "%3D&se=")).then_some(WHOLE_SIGNATURE)
    };
    compare(records(SAS, ASSEMBLED), judge, &[(WHOLE_SIGNATURE, 4)]);
}

/// 32 bytes from their base64, padded or not.
fn from_base64(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let length = STANDARD_NO_PAD.decode_slice(text.trim_end_matches('='), &mut bytes).unwrap();
    assert_eq!(length, 32);
    bytes
}
