//! `defenderauth key new`

use super::show;
use crate::{
    files::private_file,
    private_key::{
        name,
        options::{Secrets, Unlock},
        token::NewKey,
    },
    terminal::failure::Failure,
};
use clap::{ArgGroup, Args, ValueEnum};
use defender_auth::{
    error::TpmKeyKind,
    private_key::Location,
    secret::SecretText,
    tpm::{Handles, Parent},
    x509::{Curve, PrivateKey},
};
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(group = ArgGroup::new("where").required(true).args(["out", "uri", "handle"]))]
pub(crate) struct New {
    /// Where the private key is
    #[arg(long = "in", value_enum, value_name = "PLACE")]
    place: Place,
    /// The kind of the key
    #[arg(long, value_enum, default_value = "p256")]
    kind: Kind,
    /// Write the key file to this file, which only its owner can read: PKCS#8 in PEM, or the file that only the TPM can use
    /// (TSS2 PRIVATE KEY)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// In a token: the PKCS#11 URI that the key gets, with token=, object= and pin-source=
    #[arg(long, value_name = "URI", value_parser = name::parser())]
    uri: Option<Location>,
    /// In a TPM: make the key persistent at this handle, 0x81000000 to 0x817fffff, which must be free; no file is written
    #[arg(long, value_name = "HANDLE", value_parser = handle)]
    handle: Option<u32>,
    /// In a TPM: the persistent handle of the parent [default: the storage root key, created from the TCG's template]
    #[arg(long, value_name = "HANDLE", value_parser = parent)]
    parent: Option<Parent>,
    #[command(flatten)]
    unlock: Unlock,
    /// Replace an existing file
    #[arg(long, requires = "out")]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    /// In a TPM 2.0 (--key-tpm), below its storage root key. A passphrase becomes the key's password
    Tpm,
    /// In a PKCS#11 token, which generates it. A passphrase is the token's PIN
    Pkcs11,
    /// In a file, not encrypted
    File,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// ECDSA with P-256
    P256,
    /// ECDSA with P-384
    P384,
    /// RSA with 2048 bits: not in files
    Rsa2048,
}

pub(super) fn run(arguments: &New) -> Result<(), Failure> {
    let secrets = arguments.unlock.read(arguments.uri.as_ref())?;
    let location = match (arguments.place, &arguments.out, &arguments.uri, arguments.handle) {
        (Place::Tpm, Some(path), None, None) => in_tpm(arguments, path, &secrets)?,
        (Place::Tpm, None, None, Some(handle)) => {
            secrets.persist_in_tpm(arguments.kind.in_tpm(), arguments.parent(), handle)?;
            secrets.tpm_handle(handle)
        }
        (Place::File, Some(path), None, None) => in_file(arguments, path, &secrets)?,
        (Place::Pkcs11, None, Some(Location::Token(uri)), None) => {
            let opened = secrets.generate_in_token(uri, arguments.kind.in_token())?;
            return show::report(&Location::Token(uri.clone()), opened, arguments.json);
        }
        (Place::Pkcs11, ..) => {
            return Err(Failure::Call("with --in pkcs11, give the URI of the new key: --uri pkcs11:…".into()));
        }
        (Place::Tpm, ..) => {
            let what = "with --in tpm, give the file to write, --out FILE, or a free persistent handle: --handle 0x81…";
            return Err(Failure::Call(what.into()));
        }
        (Place::File, ..) => return Err(Failure::Call("with --in file, give the file to write: --out FILE".into())),
    };
    // It is opened again by its name, which shows that it works.
    show::report(&location, secrets.open(&location)?, arguments.json)
}

fn in_tpm(arguments: &New, path: &Path, secrets: &Secrets<'_>) -> Result<Location, Failure> {
    private_file::create(path, arguments.force, || {
        Ok(SecretText::new(secrets.create_in_tpm(None, arguments.kind.in_tpm(), arguments.parent())?.to_pem()))
    })?;
    Ok(secrets.key_file(path))
}

fn in_file(arguments: &New, path: &Path, secrets: &Secrets<'_>) -> Result<Location, Failure> {
    if secrets.passphrase().is_some() {
        let what =
            "the file is not encrypted; leave out --passphrase-file, or encrypt it: `openssl pkcs8 -topk8 -in FILE`";
        return Err(Failure::Call(what.into()));
    }
    let curve = match arguments.kind {
        Kind::P256 => Curve::P256,
        Kind::P384 => Curve::P384,
        Kind::Rsa2048 => {
            let what = "an RSA key is not generated in a file; use `openssl genpkey -algorithm RSA`, or --in tpm";
            return Err(Failure::Call(what.into()));
        }
    };
    private_file::create(path, arguments.force, || Ok(PrivateKey::generate(curve)?.to_pem()))?;
    Ok(Location::File(path.into()))
}

impl New {
    fn parent(&self) -> Parent {
        self.parent.unwrap_or(Parent::StorageRoot)
    }
}

impl Kind {
    const fn in_token(self) -> NewKey {
        match self {
            Self::P256 => NewKey::P256,
            Self::P384 => NewKey::P384,
            Self::Rsa2048 => NewKey::Rsa2048,
        }
    }

    const fn in_tpm(self) -> TpmKeyKind {
        match self {
            Self::P256 => TpmKeyKind::P256,
            Self::P384 => TpmKeyKind::P384,
            Self::Rsa2048 => TpmKeyKind::Rsa { bits: 2048 },
        }
    }
}

fn hexadecimal(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    // A sign would be a number too.
    let is_number = digits.chars().all(|digit| digit.is_ascii_hexdigit());
    is_number.then(|| u32::from_str_radix(digits, 16).ok())?
}

fn handle(text: &str) -> Result<u32, String> {
    let range = Handles::RANGE;
    hexadecimal(text).filter(|handle| range.contains(handle)).ok_or_else(|| {
        let (first, last) = (range.start(), range.end());
        format!("it must be a handle that the TPM's owner can assign, in hexadecimal: {first:#010x} to {last:#010x}")
    })
}

fn parent(text: &str) -> Result<Parent, String> {
    match hexadecimal(text).map(Parent::of) {
        Some(Ok(parent)) => Ok(parent),
        _ => Err("it must be the handle of a persistent key in hexadecimal: 0x81000000 to 0x81ffffff".into()),
    }
}
