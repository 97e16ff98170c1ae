//! The JSON of a module identity.
//!
//! Source of its shape: `Azure/azure-iot-sdk-csharp:iothub/service/src/Registry/Models/Module.cs`.

use super::Target;
use crate::{
    credential::{Credential, SymmetricKeys},
    error::{Error, ModuleError, ProtocolError, ProtocolProblem},
    flow::json_text::secret_text,
    identity::Identity,
    key::SharedAccessKey,
};
use alloc::string::String;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the members")]
struct Module<'a> {
    module_id: Option<String>,
    device_id: Option<String>,
    #[serde(borrow)]
    authentication: Option<Authentication<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    symmetric_key: Option<SymmetricKey<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SymmetricKey<'a> {
    #[serde(borrow)]
    primary_key: Option<&'a RawValue>,
    #[serde(borrow)]
    secondary_key: Option<&'a RawValue>,
}

fn wrong(field: &'static str, problem: ProtocolProblem) -> Error {
    ProtocolError::new(field, problem).into()
}

/// The credential that the module authenticates with.
pub(super) fn credential(json: &[u8], device: &Identity, target: &Target) -> Result<Credential, Error> {
    let module: Module<'_> = serde_json::from_slice(json).map_err(|_| wrong("body", ProtocolProblem::Unreadable))?;
    expect("moduleId", module.module_id.as_deref(), target.module.as_str())?;
    expect("deviceId", module.device_id.as_deref(), device.device_id().as_str())?;
    let authentication = module.authentication.ok_or_else(|| wrong("authentication", ProtocolProblem::Missing))?;
    match authentication.kind.as_deref() {
        Some("sas") => keys(authentication.symmetric_key).map(Credential::SymmetricKeys),
        Some("selfSigned" | "certificateAuthority") => {
            target.certificate.clone().map(Credential::Certificate).ok_or(ModuleError::NeedsCertificate.into())
        }
        Some("none") => Err(ModuleError::NoAuthentication.into()),
        Some(_) => Err(wrong("authentication.type", ProtocolProblem::Unexpected)),
        None => Err(wrong("authentication.type", ProtocolProblem::Missing)),
    }
}

/// An answer about another identity is rejected.
fn expect(field: &'static str, given: Option<&str>, asked: &str) -> Result<(), Error> {
    match given {
        Some(given) if given == asked => Ok(()),
        Some(_) => Err(wrong(field, ProtocolProblem::Unexpected)),
        None => Err(wrong(field, ProtocolProblem::Missing)),
    }
}

fn keys(both: Option<SymmetricKey<'_>>) -> Result<SymmetricKeys, Error> {
    const PRIMARY: &str = "authentication.symmetricKey.primaryKey";
    const SECONDARY: &str = "authentication.symmetricKey.secondaryKey";
    let both = both.ok_or_else(|| wrong("authentication.symmetricKey", ProtocolProblem::Missing))?;
    let key = |field, json| {
        let key = secret_text(json).and_then(|text| SharedAccessKey::from_base64(text.expose()).ok());
        key.ok_or_else(|| wrong(field, ProtocolProblem::Unreadable))
    };
    let primary = key(PRIMARY, both.primary_key.ok_or_else(|| wrong(PRIMARY, ProtocolProblem::Missing))?)?;
    let secondary = both.secondary_key.map(|json| key(SECONDARY, json)).transpose()?;
    Ok(SymmetricKeys::new(primary, secondary))
}
