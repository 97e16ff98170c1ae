//! The JSON of a module identity.
//!
//! Source of its shape: `Azure/azure-iot-sdk-csharp:iothub/service/src/Registry/Models/Module.cs`.

use super::Target;
use crate::{
    base::secret::SecretText,
    credential::{Credential, SymmetricKeys},
    error::{Error, ModuleError, ProtocolError, ProtocolProblem},
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

/// The text of a key. serde would build one with escapes in it, `\/` for `/`, in memory that it does not wipe.
fn key_text(json: &RawValue) -> Option<SecretText> {
    let inside = json.get().strip_prefix('"')?.strip_suffix('"')?;
    let mut is_text = true;
    let text = SecretText::build(inside.len(), |text| {
        let mut pieces = inside.split('\\');
        text.extend(pieces.next());
        for piece in pieces {
            match unescaped(piece) {
                Some((first, rest)) => {
                    text.push(first);
                    text.push_str(rest);
                }
                None => is_text = false,
            }
        }
    });
    is_text.then_some(text)
}

/// The character that an escape means, without its backslash, and what follows. No other escape is in a key.
fn unescaped(piece: &str) -> Option<(char, &str)> {
    if let Some(rest) = piece.strip_prefix('/') {
        return Some(('/', rest));
    }
    let (digits, rest) = piece.strip_prefix('u')?.split_at_checked(4)?;
    let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    char::from_u32(code).filter(char::is_ascii).map(|first| (first, rest))
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
        let key = key_text(json).and_then(|text| SharedAccessKey::from_base64(text.expose()).ok());
        key.ok_or_else(|| wrong(field, ProtocolProblem::Unreadable))
    };
    let primary = key(PRIMARY, both.primary_key.ok_or_else(|| wrong(PRIMARY, ProtocolProblem::Missing))?)?;
    let secondary = both.secondary_key.map(|json| key(SECONDARY, json)).transpose()?;
    Ok(SymmetricKeys::new(primary, secondary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(json: &str) -> Option<SecretText> {
        key_text(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn escapes_of_ascii_in_a_key_are_undone() {
        for (json, text) in [
            (r#""ab+/=""#, "ab+/="),
            (r#""a\/b\/""#, "a/b/"),
            (r#""\u002b\u002F\u003d""#, "+/="),
            (r#""\/\u0061b""#, "/ab"),
            (r#""""#, ""),
        ] {
            assert_eq!(text_of(json).unwrap().expose(), text, "{json}");
        }
    }

    #[test]
    fn an_escape_that_no_key_has_is_rejected() {
        for json in [r#""a\nb""#, r#""a\b""#, r#""a\"b""#, r#""\u00e9""#, r#""\ud83d\ude00""#, "7", "true", "{}"] {
            assert!(text_of(json).is_none(), "{json}");
        }
    }
}
