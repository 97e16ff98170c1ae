use crate::{
    connection_string_rules as rule, key,
    percent_encoding::{UNRESERVED, UPPER_HEX, decoded, upper_hex},
    records::{AGREES, Record, Rule, SAS, TYPED, compare, records},
    sas_asked::{ServiceOperation, asked, input, own_key, theirs},
    sas_read,
};
use core::time::Duration;
use defender_auth::{
    SharedAccessKey, UnixTime,
    sas::{Audience, Resource, SasToken, Signer, StringToSign, VerifyError},
};

/// Tokens that a peer made, or would not make.
pub(crate) const MADE: &[&str] = &[
    "sas_token.create",
    "sas_token.device",
    "sas_token.dps",
    "sas_token.dps_from_group_key",
    "sas_token.dps_service",
    "sas_token.empty_key",
    "sas_token.empty_key_name",
    "sas_token.expiry",
    "sas_token.key_length",
    "sas_token.key_name",
    "sas_token.module",
    "sas_token.service",
    "sas_token.service.slash_in_sig",
];

pub(crate) const ENCODED: Rule = "G.6: the audience is encoded; `Audience::Raw` writes the peer's";
pub(crate) const OWN_CASE: Rule = "G.6: names are written in their own case";
const ORDER: Rule = "G.6: the order is sr, sig, se, skn";
const POLICY: Rule = "G.6: `skn` follows; a registration's is `registration`, as with most (B.4)";
const POLICY_ENCODED: Rule = "G.6: `skn` is percent-encoded";
const NO_POLICY: Rule = "G.6: an empty `skn` is left out";
const ZERO: Rule = "types: an expiry is any second since 1970, the first too";
const NOTHING_MADE: Rule = "there is nothing to read: the peer made no token";

/// The names and the texts of a token's fields.
fn fields(token: &str) -> Vec<(&str, &str)> {
    let (_, pairs) = token.split_once(' ').unwrap();
    pairs.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
}

fn field<'a>(token: &'a str, name: &str) -> Option<&'a str> {
    fields(token).into_iter().find(|(other, _)| *other == name).map(|(_, text)| text)
}

/// What our audience and a peer's have in common.
pub(crate) fn audience(ours: &str, theirs: &str) -> Option<Rule> {
    let plain = decoded(ours)?;
    if ours == theirs {
        Some(AGREES)
    } else if theirs == plain {
        Some(ENCODED)
    } else if upper_hex(theirs) == ours {
        Some(UPPER_HEX)
    } else if theirs.replace("%2F", "/") == plain || decoded(theirs)? == plain {
        Some(UNRESERVED)
    } else {
        (decoded(theirs)?.to_lowercase() == plain.to_lowercase()).then_some(OWN_CASE)
    }
}

/// By which rule two tokens with the same meaning are written differently: that of `skn`, else of `sr`, of the
/// order, of `sig`.
fn difference(asked: &ServiceOperation, ours: &str, theirs: &str) -> Option<Rule> {
    let (sr, sig) = (field(theirs, "sr")?, field(theirs, "sig")?);
    let rule = audience(asked.resource.as_str(), sr)?;
    if let (ENCODED, Some(identity)) = (rule, &asked.identity) {
        assert_eq!(Resource::with_audience(identity, Audience::Raw).as_str(), sr);
    }
    // Over the peer's audience we make the peer's signature.
    let same = StringToSign::new(Resource::as_written(sr).unwrap(), asked.expiry).sign_with(&asked.key);
    let own = field(same.expose(), "sig")?;
    if decoded(own) != decoded(sig) || field(same.expose(), "se") != field(theirs, "se") {
        return None;
    }
    match (asked.resource.policy(), field(theirs, "skn")) {
        (None, Some("")) => return Some(NO_POLICY),
        (Some("registration"), None) => return Some(POLICY),
        (Some(policy), Some(_)) if field(ours, "skn") != field(theirs, "skn") => {
            return theirs.ends_with(&format!("&skn={policy}")).then_some(POLICY_ENCODED);
        }
        (None, None) | (Some(_), Some(_)) => {}
        _ => return None,
    }
    if rule != AGREES {
        return Some(rule);
    }
    let order = |token| fields(token).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    if order(ours) != order(theirs) {
        Some(ORDER)
    } else if own == upper_hex(sig) {
        Some(UPPER_HEX)
    } else {
        Some(UNRESERVED)
    }
}

/// Node's check of arguments that are missing.
fn falsy(record: &Record) -> Option<Rule> {
    assert_eq!(record.expected["error"], "ReferenceError");
    let value = &record.inputs["value"];
    match record.input("falsy_argument")? {
        "resourceUri" if value == "" => Resource::from_plain("").is_err().then_some(AGREES),
        "key" if value == "" => SharedAccessKey::from_base64("").is_err().then_some(AGREES),
        "expiry" if value == 0 => Some(ZERO),
        "resourceUri" | "key" | "expiry" => Some(TYPED),
        other => panic!("{other}"),
    }
}

/// A record that has an argument, a time or some words about a token instead of a token.
fn is_about_a_part(record: &Record) -> Option<Rule> {
    if record.input("falsy_argument").is_some() {
        return falsy(record);
    }
    if let Some(start) = record.input("start") {
        assert_eq!(start, "2018-01-01T00:00:00Z");
        let ttl = Duration::from_secs(record.inputs["ttl"].as_u64().unwrap());
        let end = UnixTime::from_secs(1_514_764_800) + ttl;
        return (end.as_secs().to_string() == record.expected.as_str()?).then_some(AGREES);
    }
    let order = record.expected.get("field_order")?;
    let Ok(asked) = asked(record) else { return None };
    let token = Signer::new(&asked.key, &asked.resource).token(asked.expiry);
    let names: Vec<_> = fields(token.expose()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.join(" "), order.as_str().unwrap());
    assert_eq!(token.policy().as_deref(), record.expected["skn"].as_str());
    audience(token.resource(), record.expected["sr"].as_str().unwrap())
}

#[test]
fn the_tokens_of_others_are_made_here_too() {
    let judge = |record: &Record| {
        if let Some(rule) = is_about_a_part(record) {
            return Some(rule);
        }
        let theirs = theirs(record);
        let asked = match (asked(record), &theirs) {
            (Ok(asked), _) => asked,
            (Err(Some(TYPED)), _) => return Some(TYPED),
            (Err(_), None) => return Some(AGREES),
            (Err(rule), Some(_)) => return rule,
        };
        let string = StringToSign::new(asked.resource.clone(), asked.expiry);
        if let Some(theirs) = record.whole.get("string_to_sign") {
            assert_eq!(string.as_bytes(), theirs.as_str().unwrap().as_bytes());
        }
        let ours = string.sign_with(&asked.key);
        assert_eq!(Signer::new(&asked.key, &asked.resource).token(asked.expiry), ours);
        match theirs {
            Some(theirs) if theirs == ours.expose() => Some(AGREES),
            Some(theirs) => difference(&asked, ours.expose(), &theirs),
            None => (record.inputs.get("expiry")? == 0).then_some(ZERO),
        }
    };
    compare(
        records(SAS, MADE),
        judge,
        &[
            (AGREES, 58),
            (rule::NAMES, 23),
            (POLICY, 11),
            (POLICY_ENCODED, 2),
            (NO_POLICY, 1),
            (UPPER_HEX, 9),
            (OWN_CASE, 2),
            (ENCODED, 49),
            (ORDER, 1),
            (UNRESERVED, 35),
            (key::CUT, 2),
            (ZERO, 2),
            (TYPED, 10),
        ],
    );
}

#[test]
fn the_tokens_of_others_hold_until_their_end() {
    let judge = |record: &Record| {
        let Some(text) = theirs(record).filter(|text| text.starts_with("SharedAccessSignature ")) else {
            return Some(NOTHING_MADE);
        };
        let key = match own_key(record) {
            Ok(key) => key,
            Err(rule) => return rule,
        };
        let token = match SasToken::parse(&text) {
            Ok(token) => token,
            Err(error) => return sas_read::refused(error),
        };
        let last = UnixTime::from_secs(token.expires_at().as_secs().saturating_sub(1));
        let held = token.verify(&key, last, Duration::ZERO);
        // A token that expires in 1970's first second is never valid. Its signature is checked before its expiry.
        let ended = token.expires_at().as_secs() == 0 && matches!(held, Err(VerifyError::Expired { .. }));
        if held.is_err() && !ended {
            return None;
        }
        if let Some(identity) = asked(record).ok().and_then(|asked| asked.identity) {
            // `h%2Fdevices%2Fdev%1`, an id as it is between encoded slashes, has no decoded form to compare.
            let half_encoded = token.plain_resource().is_none() && token.resource().contains("%2F");
            assert_ne!(token.is_good_for(&identity), half_encoded, "{record:#?}");
        }
        match (input(record, "key_name"), token.policy()) {
            (Some(given), Some(read)) if given != read => Some(POLICY_ENCODED),
            (None, _) | (Some(_), Some(_)) => Some(AGREES),
            (Some(_), None) => None,
        }
    };
    compare(
        records(SAS, MADE),
        judge,
        &[
            (AGREES, 179),
            (POLICY_ENCODED, 2),
            (key::CUT, 2),
            (sas_read::DIGITS, 2),
            (sas_read::GRAPHIC, 5),
            (NOTHING_MADE, 15),
        ],
    );
}
