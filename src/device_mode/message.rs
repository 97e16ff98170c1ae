//! The JSON of a module identity.
//!
//! Source of its shape: `Azure/azure-iot-sdk-csharp:iothub/service/src/Registry/Models/Module.cs`.

use super::Target;
use crate::{
    credential::{Credential, Keys},
    error::{Error, ModuleError, Problem, ProtocolError},
    identity::Identity,
    key::SharedAccessKey,
    secret::SecretText,
};
use alloc::borrow::Cow;
use core::mem;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the members")]
struct Module<'a> {
    #[serde(borrow)]
    module_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    device_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    authentication: Option<Authentication<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    symmetric_key: Option<SymmetricKey<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SymmetricKey<'a> {
    #[serde(borrow)]
    primary_key: Option<KeyText<'a>>,
    #[serde(borrow)]
    secondary_key: Option<KeyText<'a>>,
}

/// Borrowed from the body as a rule. Where a peer writes `\/` for `/` it is a copy, and wiped.
#[derive(Deserialize)]
#[serde(transparent)]
struct KeyText<'a>(#[serde(borrow)] Cow<'a, str>);

impl Drop for KeyText<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            drop(SecretText::new(mem::take(text)));
        }
    }
}

fn wrong(field: &'static str, problem: Problem) -> Error {
    ProtocolError::new(field, problem).into()
}

/// What the module authenticates with.
pub(super) fn credential(json: &[u8], device: &Identity, target: &Target) -> Result<Credential, Error> {
    let module: Module<'_> = serde_json::from_slice(json).map_err(|_| wrong("body", Problem::Unreadable))?;
    expect("moduleId", module.module_id.as_deref(), target.module.as_str())?;
    expect("deviceId", module.device_id.as_deref(), device.device_id().as_str())?;
    let authentication = module.authentication.ok_or_else(|| wrong("authentication", Problem::Missing))?;
    match authentication.kind.as_deref() {
        Some("sas") => keys(authentication.symmetric_key).map(Credential::Keys),
        Some("selfSigned" | "certificateAuthority") => {
            target.certificate.clone().map(Credential::Certificate).ok_or(ModuleError::NeedsCertificate.into())
        }
        Some("none") => Err(ModuleError::NoAuthentication.into()),
        Some(_) => Err(wrong("authentication.type", Problem::Unexpected)),
        None => Err(wrong("authentication.type", Problem::Missing)),
    }
}

/// An answer about somebody else is not believed.
fn expect(field: &'static str, given: Option<&str>, asked: &str) -> Result<(), Error> {
    match given {
        Some(given) if given == asked => Ok(()),
        Some(_) => Err(wrong(field, Problem::Unexpected)),
        None => Err(wrong(field, Problem::Missing)),
    }
}

fn keys(both: Option<SymmetricKey<'_>>) -> Result<Keys, Error> {
    const PRIMARY: &str = "authentication.symmetricKey.primaryKey";
    const SECONDARY: &str = "authentication.symmetricKey.secondaryKey";
    let both = both.ok_or_else(|| wrong("authentication.symmetricKey", Problem::Missing))?;
    let key = |field, text: &KeyText<'_>| {
        SharedAccessKey::from_base64(&text.0).map_err(|_| wrong(field, Problem::Unreadable))
    };
    let primary = key(PRIMARY, both.primary_key.as_ref().ok_or_else(|| wrong(PRIMARY, Problem::Missing))?)?;
    let secondary = both.secondary_key.as_ref().map(|text| key(SECONDARY, text)).transpose()?;
    Ok(Keys::new(primary, secondary))
}
