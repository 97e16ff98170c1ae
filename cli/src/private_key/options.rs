//! How a private key is opened.

use super::token::{self, NewKey};
use crate::{
    input::{
        finding::{self, Finding},
        passphrase::{self, PassphraseFile},
    },
    terminal::{failure::Failure, progress},
};
use clap::Args;
use defender_auth::{
    Error,
    agent::{self, Passphrase},
    credential::ClientCertificate,
    error::{CertificateProblem, Hierarchy, TpmKeyKind},
    private_key::{Location, OpenedKey, Opener},
    secret::SecretText,
    tpm::{self, Connection, Endpoint, KeyFile, Parent, TpmClient},
    x509::Purpose,
};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Unlock {
    #[command(flatten)]
    passphrase: PassphraseFile,
    #[arg(
        long = "key-tpm",
        id = "key_tpm",
        value_name = "TCTI",
        help = format!(
            "The TPM of a private key in a TPM's key file or at a handle, if its name does not contain one [default: {}]",
            Endpoint::default()
        )
    )]
    tpm: Option<Endpoint>,
    /// The file with the password of that TPM's owner hierarchy
    #[arg(long, value_name = "FILE")]
    key_owner_password_file: Option<PathBuf>,
}

/// What opens a private key: its passphrase, and its TPM.
pub(crate) struct Secrets<'a> {
    passphrase: Option<Passphrase>,
    tpm: Option<&'a Endpoint>,
    owner: Option<Passphrase>,
}

impl Unlock {
    /// Reads the files, for a key whose name is known, or for those that an agent's files name.
    pub(crate) fn read(&self, key: Option<&Location>) -> Result<Secrets<'_>, Failure> {
        let owner = self.key_owner_password_file.as_deref();
        let owner = owner.map(|path| passphrase::read("--key-owner-password-file", path)).transpose()?;
        Ok(Secrets { passphrase: self.passphrase(key)?, tpm: self.tpm.as_ref(), owner })
    }
}

impl Unlock {
    /// An empty password is one that a key of a TPM may have.
    fn passphrase(&self, key: Option<&Location>) -> Result<Option<Passphrase>, Failure> {
        match (self.passphrase.read(), key) {
            (Err(Failure::Input(error)), Some(Location::TpmFile { .. } | Location::TpmHandle { .. }))
                if is_empty(&error) =>
            {
                Ok(Some(Passphrase::new(SecretText::new(String::new()))))
            }
            (read, _) => read,
        }
    }
}

fn is_empty(error: &Error) -> bool {
    matches!(error.inner(), Error::Certificate(error) if error.problem == CertificateProblem::PassphraseEmpty)
}

impl Secrets<'_> {
    /// For keys that need none.
    pub(crate) const fn none() -> Self {
        Self { passphrase: None, tpm: None, owner: None }
    }

    pub(crate) fn opener(&self) -> Opener<'_> {
        let mut opener = Opener::new();
        if let Some(passphrase) = &self.passphrase {
            opener = opener.with_passphrase(passphrase.expose());
        }
        if let Some(tpm) = self.tpm {
            opener = opener.with_tpm(tpm);
        }
        if let Some(password) = &self.owner {
            opener = opener.with_owner_password(password.expose());
        }
        opener
    }

    /// The passphrase alone, for keys that are in files only.
    pub(crate) const fn passphrase(&self) -> Option<&Passphrase> {
        self.passphrase.as_ref()
    }

    /// Opens a key.
    pub(crate) fn open(&self, location: &Location) -> Result<OpenedKey, Failure> {
        let key = match location {
            Location::Token(uri) => token::open(uri, self.passphrase.as_ref())?,
            location => self.opener().open(location)?,
        };
        if key.is_open_to_others() {
            finding::warn([Finding::readable_by_others(&location.to_string())]);
        }
        Ok(key)
    }

    /// The name of a key at a persistent handle of the TPM.
    pub(crate) fn tpm_handle(&self, handle: u32) -> Location {
        Location::TpmHandle { handle, tpm: self.tpm.cloned() }
    }

    /// The name of a key file of the TPM.
    pub(crate) fn key_file(&self, path: &Path) -> Location {
        self.key_file_at(path, None)
    }

    /// The same of that TPM.
    pub(crate) fn key_file_at(&self, path: &Path, tpm: Option<&Endpoint>) -> Location {
        Location::TpmFile { path: path.into(), tpm: tpm.or(self.tpm).cloned() }
    }

    /// Generates a key in a token.
    pub(crate) fn generate_in_token(&self, uri: &str, kind: NewKey) -> Result<OpenedKey, Failure> {
        progress::during("the token is generating a key", || token::generate(uri, self.passphrase.as_ref(), kind))
    }

    /// A certificate with its key, for an ID with which its names are compared.
    pub(crate) fn certificate(
        &self,
        file: &Path,
        key: &Location,
        purpose: Purpose<'_>,
    ) -> Result<ClientCertificate, Failure> {
        let certificate = if let Location::Token(uri) = key {
            let chain = agent::chain_file(file)?;
            let opened = token::open(uri, self.passphrase.as_ref())?;
            opened.certificate(&chain).map_err(|error| Error::from(error).at(key.to_string()))?
        } else {
            let (certificate, findings) = agent::certificate_with_key(file, key, &self.opener())?;
            finding::warn(findings);
            certificate
        };
        finding::warn(agent::name_findings(&certificate, &file.display().to_string(), purpose));
        Ok(certificate)
    }
}

/// What may take a minute.
const CREATING: &str = "the TPM is creating a key";

impl Secrets<'_> {
    /// Creates a key in this TPM, or in the one of the options. The passphrase becomes its password.
    pub(crate) fn create_in_tpm(
        &self,
        tpm: Option<&Endpoint>,
        kind: TpmKeyKind,
        parent: Parent,
    ) -> Result<KeyFile, Failure> {
        let mut tpm = self.connect(tpm)?;
        let password = self.passphrase.as_ref().map(Passphrase::expose);
        Ok(progress::during(CREATING, || tpm.create_key(kind, parent, password))?)
    }

    /// The same in the TPM of the options, for a key that is made persistent at a vacant handle.
    pub(crate) fn persist_in_tpm(&self, kind: TpmKeyKind, parent: Parent, handle: u32) -> Result<(), Failure> {
        let mut tpm = self.connect(None)?;
        // Before a key is created, which may take a minute.
        tpm.check_vacant(handle)?;
        let password = self.passphrase.as_ref().map(Passphrase::expose);
        let key = progress::during(CREATING, || tpm.create_key(kind, parent, password))?;
        Ok(tpm.persist_key(&key, handle)?)
    }

    fn connect(&self, tpm: Option<&Endpoint>) -> Result<TpmClient<Connection>, Failure> {
        let mut tpm = tpm::open(&tpm.or(self.tpm).cloned().unwrap_or_default())?;
        if let Some(password) = &self.owner {
            tpm.set_password(Hierarchy::Owner, password.expose())?;
        }
        Ok(tpm)
    }
}
