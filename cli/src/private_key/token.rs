//! Keys in PKCS#11 tokens.

use crate::terminal::failure::Failure;
use defender_auth::{agent::Passphrase, private_key::OpenedKey};
#[cfg(feature = "pkcs11")]
use defender_auth::{key::PrivateKeyError, secret::SecretText};
#[cfg(feature = "pkcs11")]
use defender_auth_pkcs11::{Access, Error, KeyKind, TokenKey, Uri, UriError};
#[cfg(feature = "pkcs11")]
use std::sync::Arc;

/// Opens the key that a URI names. The PIN is in the file that its `pin-source` names, or else given.
#[cfg(feature = "pkcs11")]
pub(super) fn open(uri: &str, pin: Option<&Passphrase>) -> Result<OpenedKey, Failure> {
    let parsed = parsed(uri)?;
    let key = TokenKey::open_with(&parsed, access(&parsed, pin)).map_err(|error| failed(uri, &error))?;
    Ok(OpenedKey::elsewhere(Arc::new(key)))
}

#[cfg(feature = "pkcs11")]
fn failed(uri: &str, error: &Error) -> Failure {
    let text = format!("{uri}: {error}");
    let made = if error.is_retryable() { PrivateKeyError::temporary } else { PrivateKeyError::permanent };
    made(text).into()
}

/// The kind of a new key.
#[derive(Clone, Copy)]
pub(crate) enum NewKey {
    P256,
    P384,
    Rsa2048,
}

/// Generates a key in a token, and opens it.
#[cfg(feature = "pkcs11")]
pub(super) fn generate(uri: &str, pin: Option<&Passphrase>, kind: NewKey) -> Result<OpenedKey, Failure> {
    let parsed = parsed(uri)?;
    let kind = match kind {
        NewKey::P256 => KeyKind::P256,
        NewKey::P384 => KeyKind::P384,
        NewKey::Rsa2048 => KeyKind::Rsa { bits: 2048 },
    };
    let key = TokenKey::generate(&parsed, kind, access(&parsed, pin)).map_err(|error| failed(uri, &error))?;
    Ok(OpenedKey::elsewhere(Arc::new(key)))
}

#[cfg(feature = "pkcs11")]
fn parsed(uri: &str) -> Result<Uri, Failure> {
    uri.parse().map_err(|error: UriError| Failure::at(uri, error))
}

/// With a PIN that is not in the URI's file.
#[cfg(feature = "pkcs11")]
fn access(uri: &Uri, pin: Option<&Passphrase>) -> Access {
    let Some(pin) = pin.filter(|_| uri.pin_source().is_none()) else { return Access::new() };
    // It was read as UTF-8.
    Access::new().with_pin(SecretText::new(str::from_utf8(pin.expose()).unwrap_or_default().into()))
}

#[cfg(not(feature = "pkcs11"))]
pub(super) fn generate(_: &str, _: Option<&Passphrase>, _: NewKey) -> Result<OpenedKey, Failure> {
    Err(Failure::NotSupported(OFF))
}

#[cfg(not(feature = "pkcs11"))]
const OFF: &str = "a key in a PKCS#11 token (feature `pkcs11` is off)";

#[cfg(not(feature = "pkcs11"))]
pub(super) fn open(_: &str, _: Option<&Passphrase>) -> Result<OpenedKey, Failure> {
    Err(Failure::NotSupported(OFF))
}
