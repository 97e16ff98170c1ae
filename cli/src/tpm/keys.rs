use super::arguments::Setup;
use crate::{failure::Failure, output};
use defender_auth::{
    Error,
    agent::Passphrase,
    dps::Attestation,
    error::Hierarchy,
    identity::RegistrationId,
    key::{ActivationBlob, KeyUse, Signature},
    sas::StringToSign,
    tpm::{Endpoint, Facts, Handles, Tpm as _, TpmClient},
};
use std::path::Path;

#[cfg(unix)]
use defender_auth::tpm::Connection;

/// There is no way to a TPM on this system.
#[cfg(not(unix))]
enum Connection {}

#[cfg(not(unix))]
impl defender_auth::tpm::Transport for Connection {
    fn exchange(&mut self, _: &[u8], _: &mut [u8]) -> Result<usize, defender_auth::error::AccessError> {
        match *self {}
    }
}

/// The keys of a TPM, or those of none: most commands have their keys elsewhere.
pub(crate) struct Keys(Option<TpmClient<Connection>>);

impl Keys {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Nothing is sent to the TPM unless its keys are to be made persistent.
    pub(super) fn open(endpoint: &Endpoint, setup: &Setup) -> Result<Self, Failure> {
        // Files first: what is wrong with them is no matter of the TPM.
        let [owner, endorsement] =
            [&setup.owner_password_file, &setup.endorsement_password_file].map(|path| password(path.as_deref()));
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

    pub(crate) fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Error> {
        Ok(self.tpm()?.activate(blob)?)
    }

    pub(crate) fn sign(&mut self, key_use: KeyUse, string: &StringToSign) -> Result<Signature, Error> {
        Ok(self.tpm()?.sign(key_use, string.as_bytes())?)
    }

    /// What a registration shows of the TPM. Whether the hub's key will find its place is seen before anybody is asked.
    pub(crate) fn attestation(&mut self) -> Result<Attestation, Error> {
        let tpm = self.tpm()?;
        tpm.facts()?;
        Ok(Attestation::Tpm { endorsement_key: tpm.endorsement_key()?, storage_root_key: tpm.storage_root_key()? })
    }

    /// The given name, or the one by which a TPM is enrolled when nobody says otherwise.
    pub(crate) fn registration_id(&mut self, given: Option<&RegistrationId>) -> Result<RegistrationId, Error> {
        match given {
            Some(id) => Ok(id.clone()),
            None => Ok(self.tpm()?.registration_id()?),
        }
    }

    pub(super) fn facts(&mut self) -> Result<(Facts, Handles), Error> {
        let tpm = self.tpm()?;
        Ok((tpm.facts()?, tpm.handles()))
    }

    fn tpm(&mut self) -> Result<&mut TpmClient<Connection>, Error> {
        self.0.as_mut().ok_or(Error::NotSupported { what: "a key that is held elsewhere" })
    }
}

#[cfg(unix)]
fn connect(endpoint: &Endpoint) -> Result<TpmClient<Connection>, Error> {
    Ok(defender_auth::tpm::open(endpoint)?)
}

#[cfg(not(unix))]
fn connect(_: &Endpoint) -> Result<TpmClient<Connection>, Error> {
    Err(Error::NotSupported { what: "a TPM on this system" })
}

fn password(path: Option<&Path>) -> Result<Option<Passphrase>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let (password, findings) = Passphrase::open(path)?;
    output::warn(&findings);
    Ok(Some(password))
}
