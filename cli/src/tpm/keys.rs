//! The keys of a TPM.

use super::setup::Setup;
use crate::{input::passphrase, terminal::failure::Failure};
use defender_auth::{
    dps::Attestation,
    error::Hierarchy,
    identity::RegistrationId,
    key::{ActivationBlob, KeyUse, Signature},
    sas::StringToSign,
    tpm::{Endpoint, Facts, Handles, Tpm as _, TpmClient},
};

#[cfg(unix)]
use defender_auth::tpm::Connection;

/// This system has no transport to a TPM.
#[cfg(not(unix))]
enum Connection {}

#[cfg(not(unix))]
impl defender_auth::tpm::Transport for Connection {
    fn exchange(&mut self, _: &[u8], _: &mut [u8]) -> Result<usize, defender_auth::error::AccessError> {
        match *self {}
    }
}

/// The keys of a TPM, or none: most commands have their keys elsewhere.
pub(crate) struct Keys(Option<TpmClient<Connection>>);

impl Keys {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Nothing is sent to the TPM unless its keys are to be made persistent.
    pub(crate) fn open(endpoint: &Endpoint, setup: &Setup) -> Result<Self, Failure> {
        // Files first: their errors do not depend on the TPM.
        let [owner, endorsement] = [
            ("--owner-password-file", &setup.owner_password_file),
            ("--endorsement-password-file", &setup.endorsement_password_file),
        ]
        .map(|(option, path)| path.as_deref().map(|path| passphrase::read(option, path)).transpose());
        let passwords = [(Hierarchy::Owner, owner?), (Hierarchy::Endorsement, endorsement?)];
        let mut tpm = connect(endpoint)?;
        if let Some(identity) = setup.identity_handle {
            tpm.set_handles(Handles { identity, ..Handles::default() })?;
        }
        for (hierarchy, password) in passwords {
            if let Some(password) = password {
                tpm.set_password(hierarchy, password.expose())?;
            }
        }
        if setup.persist_keys {
            tpm.persist_keys()?;
        }
        Ok(Self(Some(tpm)))
    }

    pub(crate) fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Failure> {
        Ok(self.tpm()?.activate(blob)?)
    }

    pub(crate) fn sign(&mut self, key_use: KeyUse, string: &StringToSign) -> Result<Signature, Failure> {
        Ok(self.tpm()?.sign(key_use, string.as_bytes())?)
    }

    /// The public keys that a registration sends. That the handle of the hub's key is free is tested before the service
    /// is contacted.
    pub(crate) fn attestation(&mut self) -> Result<Attestation, Failure> {
        let tpm = self.tpm()?;
        tpm.facts()?;
        Ok(Attestation::Tpm { endorsement_key: tpm.endorsement_key()?, storage_root_key: tpm.storage_root_key()? })
    }

    /// The given registration ID, or the TPM's default: the one that `tpm show` prints.
    pub(crate) fn registration_id(&mut self, given: Option<&RegistrationId>) -> Result<RegistrationId, Failure> {
        match given {
            Some(id) => Ok(id.clone()),
            None => Ok(self.tpm()?.registration_id()?),
        }
    }

    pub(crate) fn facts(&mut self) -> Result<(Facts, Handles), Failure> {
        let tpm = self.tpm()?;
        Ok((tpm.facts()?, tpm.handles()))
    }

    fn tpm(&mut self) -> Result<&mut TpmClient<Connection>, Failure> {
        self.0.as_mut().ok_or(Failure::NotSupported("a key that is held elsewhere"))
    }
}

#[cfg(unix)]
fn connect(endpoint: &Endpoint) -> Result<TpmClient<Connection>, Failure> {
    Ok(defender_auth::tpm::open(endpoint)?)
}

#[cfg(not(unix))]
fn connect(_: &Endpoint) -> Result<TpmClient<Connection>, Failure> {
    Err(Failure::NotSupported("a TPM on this system"))
}
