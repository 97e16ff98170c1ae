//! How a device or module authenticates, as the REST interface of a hub has it.

use crate::{
    chain::Thumbprint,
    config::{Authentication, Credentials, Key},
    journal::Refusal,
    tpm::random,
};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

/// The member `authentication` of a body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Given {
    #[serde(rename = "type")]
    kind: Option<Authentication>,
    symmetric_key: Option<Keys>,
    x509_thumbprint: Option<Thumbprints>,
}

/// The member `symmetricKey`, of an enrollment's attestation too.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keys {
    pub(super) primary_key: Option<Key>,
    pub(super) secondary_key: Option<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thumbprints {
    primary_thumbprint: Option<Thumbprint>,
    secondary_thumbprint: Option<Thumbprint>,
}

/// A new key in base64.
pub(crate) fn new_key() -> Result<String, Refusal> {
    Ok(BASE64.encode(&random::<32>()?))
}

/// The credentials of a body. With keys that it does not name, they are new ones.
pub(super) fn credentials(given: Option<Given>) -> Result<Credentials, Refusal> {
    let given = given.unwrap_or(Given { kind: None, symmetric_key: None, x509_thumbprint: None });
    let authentication = given.kind.unwrap_or_default();
    let mut made = Credentials { authentication, ..Credentials::default() };
    match authentication {
        Authentication::Sas => {
            let keys = given.symmetric_key;
            let (primary, secondary) = keys.map_or((None, None), |keys| (keys.primary_key, keys.secondary_key));
            let key =
                |given: Option<Key>| given.map_or_else(|| new_key().map(|key| key.as_str().into()), Ok::<_, Refusal>);
            made.primary_key = Some(key(primary)?);
            made.secondary_key = Some(key(secondary)?);
        }
        Authentication::SelfSigned => {
            let known = given.x509_thumbprint.ok_or(Refusal::IdentityBody)?;
            (made.thumbprint, made.secondary_thumbprint) = (known.primary_thumbprint, known.secondary_thumbprint);
        }
        Authentication::CertificateAuthority | Authentication::None => {}
    }
    Ok(made)
}

/// The member `authentication` of an answer.
pub(super) fn authentication(credentials: &Credentials) -> Value {
    let [primary, secondary] = credentials.keys().map(|key| key.map(Key::text));
    let is_own = credentials.authentication == Authentication::SelfSigned;
    let [thumbprint, second] = credentials.thumbprints().map(|known| known.filter(|_| is_own).map(Thumbprint::text));
    json!({
        "symmetricKey": { "primaryKey": primary, "secondaryKey": secondary },
        "x509Thumbprint": { "primaryThumbprint": thumbprint, "secondaryThumbprint": second },
        "type": credentials.authentication.as_str(),
    })
}

/// The etag of a revision.
pub(super) fn etag(revision: u64) -> String {
    BASE64.encode(format!("\"{revision}\"").as_bytes())
}

/// Whether `If-Match` names this etag, or `*` for every one. Clients write one with or without quotation marks.
pub(super) fn check_etag(revision: u64, if_match: Option<&str>) -> Result<(), Refusal> {
    match if_match.map(|text| text.trim_matches('"')) {
        Some(given) if given != "*" && given != etag(revision) => Err(Refusal::Precondition),
        _ => Ok(()),
    }
}
