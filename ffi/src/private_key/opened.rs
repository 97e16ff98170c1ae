//! Opening a private key by its name.

use crate::{failure::Failure, opener::Access};
use defender_auth::{
    Error,
    private_key::{Location, OpenedKey, Opener},
};

/// With a passphrase, if it is not empty.
pub(super) fn open(uri: &str, passphrase: &[u8]) -> Result<OpenedKey, Failure> {
    let opener = Opener::new();
    let opener = if passphrase.is_empty() { opener } else { opener.with_passphrase(passphrase) };
    open_by(&opener, passphrase, uri)
}

pub(super) fn open_with(access: &Access, uri: &str) -> Result<OpenedKey, Failure> {
    open_by(&access.opener(), access.passphrase(), uri)
}

fn open_by(opener: &Opener<'_>, pin: &[u8], uri: &str) -> Result<OpenedKey, Failure> {
    let location = uri.parse::<Location>().map_err(|error| Failure::from(Error::from(error)).field("uri"))?;
    if let Location::Token(uri) = &location {
        return in_token(uri, pin);
    }
    Ok(opener.open(&location)?)
}

#[cfg(feature = "pkcs11")]
fn in_token(uri: &str, pin: &[u8]) -> Result<OpenedKey, Failure> {
    use crate::code::{DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_PRIVATE_KEY, DEFENDERAUTH_UTF8};
    use defender_auth::secret::SecretText;
    use defender_auth_pkcs11::{Access, TokenKey, Uri};
    use std::{str, sync::Arc};

    let uri: Uri = uri.parse().map_err(|error: defender_auth_pkcs11::UriError| {
        Failure::new(DEFENDERAUTH_ARGUMENT, error.to_string()).field("uri")
    })?;
    let pin = str::from_utf8(pin).map_err(|_| {
        Failure::new(DEFENDERAUTH_UTF8, "the PIN of a token is not UTF-8; convert it to UTF-8").field("passphrase")
    })?;
    let access = if pin.is_empty() { Access::new() } else { Access::new().with_pin(SecretText::new(pin.to_owned())) };
    let key = TokenKey::open_with(&uri, access).map_err(|error| {
        let mut failure = Failure::new(DEFENDERAUTH_PRIVATE_KEY, error.to_string()).field("uri");
        failure.is_retryable = error.is_retryable();
        failure
    })?;
    Ok(OpenedKey::elsewhere(Arc::new(key)))
}

#[cfg(not(feature = "pkcs11"))]
fn in_token(_: &str, _: &[u8]) -> Result<OpenedKey, Failure> {
    let failure = Failure::new(
        crate::code::DEFENDERAUTH_UNSUPPORTED,
        "this build of the library does not include private keys in PKCS#11 tokens; build it with the feature `pkcs11`",
    );
    Err(failure.field("uri"))
}
