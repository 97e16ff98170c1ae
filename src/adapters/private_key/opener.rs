//! Opening a private key by its name.

#[cfg(feature = "local-signer")]
use super::KeydKey;
#[cfg(unix)]
use super::ProcessKey;
#[cfg(feature = "tpm")]
use super::TpmKey;
use super::{Location, OpenedKey};
#[cfg(feature = "tpm")]
use crate::adapters::tpm::Endpoint;
#[cfg(feature = "tpm")]
use crate::error::{CertificateProblem, ForeignFormat};
#[cfg(feature = "local-signer")]
use crate::flow::identity_service::IdentityService;
#[cfg(feature = "tpm")]
use crate::{
    adapters::tpm::{Connection, KeyFile, SharedTpm, TpmClient},
    error::{Hierarchy, TpmError},
};
#[cfg(feature = "agent")]
use crate::{adapters::x509::Chain, credential::ClientCertificate};
use crate::{
    adapters::{
        file_read::{is_open_to_others, read_bytes, regular},
        x509::{self, SIZE_LIMIT},
    },
    base::secret::SecretBytes,
    error::{Error, KeyLocationError},
};
use alloc::{string::ToString as _, sync::Arc};
use std::path::Path;

/// Opens private keys by their names, wherever they are.
///
/// Passphrases and passwords are given apart from the name, because a name is shown in logs and process lists.
///
/// ```no_run
/// use defender_auth::{private_key::Opener, x509::Chain};
///
/// let key = Opener::new().open(&"tpm:handle=0x81000005".parse()?)?;
/// let certificate = key.certificate(&Chain::from_pem(&std::fs::read("chain.pem")?)?)?; // for a plan or an outcome
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Opener<'a> {
    passphrase: Option<&'a [u8]>,
    #[cfg(feature = "tpm")]
    tpm: Option<&'a Endpoint>,
    #[cfg(feature = "tpm")]
    owner: Option<&'a [u8]>,
}

impl<'a> Opener<'a> {
    /// For keys without passphrase or password. The TPM is `/dev/tpmrm0`, and `tbs:` on Windows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the passphrase of an encrypted PEM file, or the password of a key in a TPM.
    #[must_use]
    pub const fn with_passphrase(mut self, passphrase: &'a [u8]) -> Self {
        self.passphrase = Some(passphrase);
        self
    }

    /// With the TPM of the keys whose names do not contain one.
    #[cfg(feature = "tpm")]
    #[must_use]
    pub const fn with_tpm(self, tpm: &'a Endpoint) -> Self {
        Self { tpm: Some(tpm), ..self }
    }

    /// With the password of the TPM's owner hierarchy, below which the keys of key files usually are.
    #[cfg(feature = "tpm")]
    #[must_use]
    pub const fn with_owner_password(self, password: &'a [u8]) -> Self {
        Self { owner: Some(password), ..self }
    }

    /// Opens a key. One that is held elsewhere proves which schemes it has.
    ///
    /// # Errors
    /// Names the file or the key, what is wrong, and the cure: a file that cannot be read, a passphrase that is missing or
    /// wrong, a TPM or a process that cannot be reached or rejects the key. [`KeyLocationError::Token`] for a key in a token.
    pub fn open(&self, location: &Location) -> Result<OpenedKey, Error> {
        match location {
            Location::File(path) => self.open_file(path),
            #[cfg(feature = "tpm")]
            Location::TpmFile { path, tpm } => {
                let (text, _) = read(path)?;
                self.open_in_tpm(&text, tpm.as_ref()).map_err(|error| error.at(path.display().to_string()))
            }
            #[cfg(feature = "tpm")]
            Location::TpmHandle { handle, tpm } => {
                self.open_at(*handle, tpm.as_ref()).map_err(|error| error.at(location.to_string()))
            }
            #[cfg(feature = "local-signer")]
            Location::Keyd { id, folder } => {
                let service =
                    folder.as_deref().map_or_else(|| Ok(IdentityService::default()), IdentityService::in_folder);
                let key = KeydKey::open(&service.map_err(|_| KeyLocationError::Keyd)?, id);
                Ok(OpenedKey::elsewhere(Arc::new(key.map_err(|error| error.at(location.to_string()))?)))
            }
            #[cfg(unix)]
            Location::Process(socket) => Ok(OpenedKey::elsewhere(Arc::new(ProcessKey::connect(socket)?))),
            #[cfg(not(unix))]
            Location::Process(_) => Err(KeyLocationError::NotUnix.into()),
            Location::Token(_) => Err(KeyLocationError::Token.into()),
        }
    }

    fn open_file(&self, path: &Path) -> Result<OpenedKey, Error> {
        let (text, is_open_to_others) = read(path)?;
        self.open_text(&text, is_open_to_others).map_err(|error| error.at(path.display().to_string()))
    }

    /// The one key of a PEM text: itself, or that of a TPM.
    fn open_text(&self, text: &SecretBytes, is_open_to_others: bool) -> Result<OpenedKey, Error> {
        match x509::PrivateKey::from_pem(text.expose(), self.passphrase) {
            #[cfg(feature = "tpm")]
            Err(error) if error.problem == CertificateProblem::Foreign(ForeignFormat::Tss2) => {
                self.open_in_tpm(text, None)
            }
            key => Ok(OpenedKey::in_memory(key?, is_open_to_others)),
        }
    }
}

#[cfg(feature = "agent")]
impl Opener<'_> {
    pub(crate) const fn passphrase(&self) -> Option<&[u8]> {
        self.passphrase
    }

    /// A certificate with the key of a PEM text.
    pub(crate) fn certificate(&self, chain: &Chain, text: &SecretBytes) -> Result<ClientCertificate, Error> {
        Ok(self.open_text(text, false)?.certificate(chain)?)
    }
}

#[cfg(feature = "tpm")]
impl Opener<'_> {
    /// The key of a text with a block `TSS2 PRIVATE KEY`.
    fn open_in_tpm(&self, text: &SecretBytes, tpm: Option<&Endpoint>) -> Result<OpenedKey, Error> {
        let file = KeyFile::from_pem(text.expose())?;
        let key = TpmKey::open(&self.connect(tpm)?, &file, self.passphrase)?;
        Ok(OpenedKey::in_tpm(key))
    }

    fn open_at(&self, handle: u32, tpm: Option<&Endpoint>) -> Result<OpenedKey, Error> {
        let key = TpmKey::open_at(&self.connect(tpm)?, handle, self.passphrase)?;
        Ok(OpenedKey::in_tpm(key))
    }

    fn connect(&self, tpm: Option<&Endpoint>) -> Result<SharedTpm<Connection>, TpmError> {
        let default = Endpoint::default();
        let connection = Connection::open_reopening(tpm.or(self.tpm).unwrap_or(&default))?;
        let mut client = TpmClient::new(connection);
        if let Some(password) = self.owner {
            client.set_password(Hierarchy::Owner, password)?;
        }
        Ok(SharedTpm::new(client))
    }
}

/// The content of a file, and whether every user of the system may read it.
fn read(path: &Path) -> Result<(SecretBytes, bool), Error> {
    let place = path.display().to_string();
    let (file, metadata) = regular(path, &place)?;
    let is_open_to_others = is_open_to_others(&file, &metadata);
    Ok((read_bytes(file, &place, SIZE_LIMIT)?, is_open_to_others))
}
