use crate::{
    base::ISSUING_VERSION,
    chain::Certificates,
    fault::Operation,
    issuing::{Request, decode},
    journal::Refusal,
    tpm::{EndorsementKey, StorageRootKey, Tpm},
};
use serde_json::{Map, Value};
use std::fmt;

/// A request to the provisioning service.
pub(crate) struct Asked<'a> {
    pub(crate) scope: &'a str,
    pub(crate) registration_id: &'a str,
    pub(crate) wanted: Wanted<'a>,
    pub(crate) carrier: Carrier,
    pub(crate) api_version: &'a str,
    /// The `Authorization` header or the password.
    pub(crate) token: Option<&'a str>,
    /// The certificates of the TLS handshake.
    pub(crate) chain: &'a Certificates,
    pub(crate) body: &'a [u8],
}

/// The protocol of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Https,
    Mqtt,
}

/// The operation with its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    Register,
    /// The status of the operation of this ID.
    Status(&'a str),
    /// The state of the registration, if there is one.
    LookUp,
}

impl Wanted<'_> {
    pub(crate) const fn operation(self) -> Operation {
        match self {
            Self::Register => Operation::Register,
            Self::Status(_) => Operation::RegistrationStatus,
            Self::LookUp => Operation::LookUpRegistration,
        }
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.wanted {
            Wanted::Register => "register",
            Wanted::Status(_) => "poll",
            Wanted::LookUp => "look up",
        };
        write!(f, "{verb} {}/{}", self.scope, self.registration_id)
    }
}

/// Whether a registration ID has permitted characters and a permitted length.
pub(crate) fn is_registration_id(text: &str) -> bool {
    let special = [b'-', b'.', b'_', b':'];
    let is_permitted = |byte: u8| byte.is_ascii_alphanumeric() || special.contains(&byte);
    let last = text.bytes().next_back();
    text.len() <= 128
        && text.bytes().all(is_permitted)
        && last.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The members of a body that the emulator reads.
pub(crate) struct Body {
    pub(crate) payload: Option<Value>,
    /// The keys of the TPM.
    pub(crate) tpm: Option<Tpm>,
    /// The certificate signing request, or why the authority refuses it.
    pub(crate) request: Option<Result<Request, String>>,
}

/// Reads the body. That of a status request is ignored: some clients send none, others the registration again.
pub(crate) fn body(asked: &Asked<'_>) -> Result<Body, Refusal> {
    // The C agent sends the terminating zero of its string as well.
    let text = asked.body.strip_suffix(&[0]).unwrap_or(asked.body).trim_ascii();
    if matches!(asked.wanted, Wanted::Status(_)) || text.is_empty() {
        return Ok(Body { payload: None, tpm: None, request: None });
    }
    let value: Value = serde_json::from_slice(text).map_err(|_| Refusal::Body)?;
    let Value::Object(mut members) = value else { return Err(Refusal::Body) };
    let is_same = match members.get("registrationId") {
        None => true,
        Some(Value::String(id)) => id.eq_ignore_ascii_case(asked.registration_id),
        Some(_) => false,
    };
    // Some clients send a null instead of no member.
    let payload = members.remove("payload").filter(|payload| !payload.is_null());
    if !is_same {
        return Err(Refusal::Body);
    }
    let tpm = match members.get("tpm") {
        None | Some(Value::Null) => None,
        Some(Value::Object(keys)) => Some(tpm(keys)?),
        Some(_) => return Err(Refusal::Body),
    };
    let csr = members.get("csr").filter(|csr| !csr.is_null() && asked.api_version >= ISSUING_VERSION);
    let request = csr.map(|csr| signing_request(asked, csr)).transpose()?;
    Ok(Body { payload, tpm, request })
}

/// A certificate signing request. What is no request, or stands where none is allowed, is a mistake of the message.
fn signing_request(asked: &Asked<'_>, csr: &Value) -> Result<Result<Request, String>, Refusal> {
    let refused = |fault: &str| Refusal::SigningRequest { fault: fault.into() };
    if asked.wanted == Wanted::LookUp {
        return Err(refused("a lookup issues no certificate"));
    }
    let der = decode(csr.as_str().ok_or_else(|| refused("the csr is not a string"))?).map_err(refused)?;
    Ok(Request::read(&der))
}

fn tpm(keys: &Map<String, Value>) -> Result<Tpm, Refusal> {
    Ok(Tpm {
        endorsement_key: key(keys, "endorsementKey", EndorsementKey::parse)?,
        storage_root_key: key(keys, "storageRootKey", StorageRootKey::parse)?,
    })
}

fn key<T>(
    keys: &Map<String, Value>,
    member: &'static str,
    parse: impl Fn(&[u8]) -> Result<T, &'static str>,
) -> Result<T, Refusal> {
    let text = keys.get(member).and_then(Value::as_str).ok_or("it is missing, or not a string");
    let bytes = text.and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| "it is not base64"));
    bytes.and_then(|bytes| parse(&bytes)).map_err(|fault| Refusal::TpmKey { member, fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration_ids_are_checked_as_the_service_does() {
        for good in ["a", "A.b_c:d-", "01", &"x".repeat(128)] {
            assert!(is_registration_id(good), "{good}");
        }
        for bad in ["", "a@b", "a/b", "a b", "ä", "a.", "a_", "a:", &"x".repeat(129)] {
            assert!(!is_registration_id(bad), "{bad}");
        }
    }
}
