//! Where the private keys of a folder's certificates are: the next one is made in the same place as the one in use.

use crate::{
    files::private_file,
    login::run::random,
    private_key::{options::Secrets, token::NewKey},
    terminal::failure::Failure,
};
use defender_auth::{
    error::TpmKeyKind,
    key::PrivateKey,
    private_key::{Location, MemoryKey},
    renewal::RecordedKey,
    secret::SecretText,
    tpm::{Endpoint, Parent},
    x509::{self, Curve},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How many hexadecimal digits the name of a new key ends with.
const DIGITS: usize = 16;

/// A place for new keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The file that the certificates are in.
    File,
    /// A TPM: each key is a file in the folder that only this TPM can use.
    Tpm(Option<Endpoint>),
    /// The PKCS#11 token that a URI names.
    Token(String),
}

/// `file`, `tpm` or the URI of a token.
pub(crate) fn parse(text: &str) -> Result<Place, String> {
    match text {
        "file" => Ok(Place::File),
        "tpm" => Ok(Place::Tpm(None)),
        _ => match text.parse::<Location>() {
            Ok(Location::Token(uri)) => Ok(Place::Token(uri)),
            Ok(_) => {
                Err("it is `file`, `tpm`, or the URI of a token, such as pkcs11:token=device;object=dev-01".into())
            }
            Err(error) => Err(error.to_string()),
        },
    }
}

impl Place {
    /// The place of a key.
    pub(crate) fn of(key: &RecordedKey) -> Result<Self, Failure> {
        let Some(name) = key.name() else { return Ok(Self::File) };
        match name.parse() {
            Ok(Location::TpmFile { tpm, .. }) => Ok(Self::Tpm(tpm)),
            Ok(Location::Token(uri)) => Ok(Self::Token(uri)),
            _ => {
                let what = "no new key can be made where this one is; say where with --keys-in";
                Err(Failure::at(name, what))
            }
        }
    }

    /// Makes a key, which is where its name says when this returns.
    pub(crate) fn make(
        &self,
        folder: &Path,
        name: &str,
        curve: Curve,
        secrets: &Secrets<'_>,
    ) -> Result<(RecordedKey, Arc<dyn PrivateKey>), Failure> {
        let suffix = format!("{:08x}{:08x}", random(), random());
        match self {
            Self::File => {
                let key = x509::PrivateKey::generate(curve)?;
                Ok((RecordedKey::pkcs8(key.expose_pkcs8()), Arc::new(MemoryKey::new(&key)?)))
            }
            Self::Tpm(tpm) => {
                let kind = if curve == Curve::P256 { TpmKeyKind::P256 } else { TpmKeyKind::P384 };
                // The record is read from any folder.
                let folder = fs::canonicalize(folder).map_err(|error| Failure::at(folder.display(), error))?;
                let path = folder.join(format!("key-{suffix}.pem"));
                private_file::create(&path, false, || {
                    let file = secrets.create_in_tpm(tpm.as_ref(), kind, Parent::StorageRoot)?;
                    Ok(SecretText::new(file.to_pem()))
                })?;
                opened(&secrets.key_file_at(&path, tpm.as_ref()), secrets)
            }
            Self::Token(uri) => {
                let uri = with_object(uri, name, &suffix);
                let kind = if curve == Curve::P256 { NewKey::P256 } else { NewKey::P384 };
                let key = secrets.generate_in_token(&uri, kind)?.into_private_key()?;
                Ok((RecordedKey::elsewhere(uri), key))
            }
        }
    }
}

fn opened(location: &Location, secrets: &Secrets<'_>) -> Result<(RecordedKey, Arc<dyn PrivateKey>), Failure> {
    Ok((RecordedKey::elsewhere(location.to_string()), secrets.open(location)?.into_private_key()?))
}

/// The URI with another object: its name, or that of the certificate, and after it what makes it a new one.
fn with_object(uri: &str, name: &str, suffix: &str) -> String {
    let (path, query) = uri.split_once('?').map_or((uri, None), |(path, query)| (path, Some(query)));
    let (scheme, path) = path.split_once(':').unwrap_or(("pkcs11", path));
    let object = path.split(';').find_map(|attribute| attribute.strip_prefix("object="));
    let object = object.map_or(name, without_suffix);
    let others = path.split(';').filter(|attribute| {
        !attribute.is_empty() && !attribute.starts_with("object=") && !attribute.starts_with("id=")
    });
    let attributes: Vec<String> = others.map(ToOwned::to_owned).chain([format!("object={object}-{suffix}")]).collect();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}:{}{query}", attributes.join(";"))
}

fn without_suffix(object: &str) -> &str {
    let is_suffix = |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    object.rsplit_once('-').filter(|(_, suffix)| is_suffix(suffix)).map_or(object, |(object, _)| object)
}

/// The key files in a folder that were made for it and are none of these.
pub(crate) fn unused_files(folder: &Path, used: &[&RecordedKey]) -> Vec<PathBuf> {
    let used: Vec<PathBuf> = used
        .iter()
        .filter_map(|key| match key.name()?.parse() {
            Ok(Location::TpmFile { path, .. }) => fs::canonicalize(path).ok(),
            _ => None,
        })
        .collect();
    let is_made = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let digits = name.strip_prefix("key-").and_then(|name| name.strip_suffix(".pem"));
        digits.is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| is_made(path) && fs::canonicalize(path).is_ok_and(|path| !used.contains(&path))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_new_object_has_the_name_of_the_former_and_its_own_end() {
        for (uri, made) in [
            ("pkcs11:token=t;object=pump", "pkcs11:token=t;object=pump-0011223344556677"),
            ("pkcs11:token=t;object=pump-0123456789abcdef", "pkcs11:token=t;object=pump-0011223344556677"),
            ("pkcs11:object=a%20b;id=%01;token=t", "pkcs11:token=t;object=a%20b-0011223344556677"),
            ("pkcs11:token=t", "pkcs11:token=t;object=dev-02-0011223344556677"),
            ("pkcs11:?pin-source=file:/p", "pkcs11:object=dev-02-0011223344556677?pin-source=file:/p"),
            ("pkcs11:token=t;object=x?pin-source=/p", "pkcs11:token=t;object=x-0011223344556677?pin-source=/p"),
        ] {
            assert_eq!(with_object(uri, "dev-02", "0011223344556677"), made);
        }
    }

    #[test]
    fn places_are_named() {
        assert_eq!(parse("file"), Ok(Place::File));
        assert_eq!(parse("tpm"), Ok(Place::Tpm(None)));
        assert_eq!(parse("pkcs11:token=t"), Ok(Place::Token("pkcs11:token=t".into())));
        for wrong in ["", "key.pem", "tpm:handle=0x81000005", "unix:/s", "pkcs11:token=t?pin-value=1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Place::of(&RecordedKey::pkcs8(&[1])).unwrap(), Place::File);
        let of = |name: &str| Place::of(&RecordedKey::elsewhere(name)).ok();
        assert_eq!(of("pkcs11:token=t"), Some(Place::Token("pkcs11:token=t".into())));
        assert!(matches!(of("tpm:file=a.pem&tpm=swtpm:path=/s"), Some(Place::Tpm(Some(_)))));
        for other in ["tpm:handle=0x81000005", "unix:/s", "slot 3", "a.pem"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
