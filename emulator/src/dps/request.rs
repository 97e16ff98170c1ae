use crate::{
    Refusal,
    chain::Certificates,
    fault::On,
    tpm::{EndorsementKey, StorageRootKey, Tpm},
};
use serde_json::{Map, Value};
use std::fmt;

/// One request to the provisioning service.
pub(crate) struct Asked<'a> {
    pub(crate) scope: &'a str,
    pub(crate) registration_id: &'a str,
    pub(crate) operation: Operation<'a>,
    pub(crate) carrier: Carrier,
    pub(crate) api_version: &'a str,
    /// What stands where a token belongs.
    pub(crate) token: Option<&'a str>,
    /// What came with the TLS handshake.
    pub(crate) chain: &'a Certificates,
    pub(crate) body: &'a [u8],
}

/// Which way it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Https,
    Mqtt,
}

/// What is wanted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    Register,
    /// The state of the operation of this id.
    Status(&'a str),
    /// The state of the registration, if there is one.
    Lookup,
}

impl Operation<'_> {
    pub(crate) const fn on(self) -> On {
        match self {
            Self::Register => On::Register,
            Self::Status(_) => On::Poll,
            Self::Lookup => On::Lookup,
        }
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.operation {
            Operation::Register => "register",
            Operation::Status(_) => "poll",
            Operation::Lookup => "look up",
        };
        write!(f, "{verb} {}/{}", self.scope, self.registration_id)
    }
}

/// What the emulator wants of a body.
pub(crate) struct Body {
    pub(crate) payload: Option<Value>,
    /// The TPM that the device says it has.
    pub(crate) tpm: Option<Tpm>,
}

/// Reads the body. A poll's is not looked at: clients send anything there, from nothing to the registration again.
pub(crate) fn body(asked: &Asked<'_>) -> Result<Body, Refusal> {
    // An agent in C sends the zero at the end of its string as well.
    let text = asked.body.strip_suffix(&[0]).unwrap_or(asked.body).trim_ascii();
    if matches!(asked.operation, Operation::Status(_)) || text.is_empty() {
        return Ok(Body { payload: None, tpm: None });
    }
    let value: Value = serde_json::from_slice(text).map_err(|_| Refusal::Body)?;
    let Value::Object(mut members) = value else { return Err(Refusal::Body) };
    let is_same = match members.get("registrationId") {
        None => true,
        Some(Value::String(id)) => id.eq_ignore_ascii_case(asked.registration_id),
        Some(_) => false,
    };
    // Some clients write a null where they have nothing to say.
    let payload = members.remove("payload").filter(|payload| !payload.is_null());
    if !is_same {
        return Err(Refusal::Body);
    }
    let tpm = match members.get("tpm") {
        None | Some(Value::Null) => None,
        Some(Value::Object(keys)) => Some(tpm(keys)?),
        Some(_) => return Err(Refusal::Body),
    };
    Ok(Body { payload, tpm })
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
    let text = keys.get(member).and_then(Value::as_str).ok_or("there is no such string");
    let bytes = text.and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| "it is not base64"));
    bytes.and_then(|bytes| parse(&bytes)).map_err(|fault| Refusal::TpmKey { member, fault })
}
