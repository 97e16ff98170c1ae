//! The keys of a TPM, or of a daemon of this device.

use super::setup::Setup;
use crate::{input::passphrase, terminal::failure::Failure};
use defender_auth::{
    Error,
    dps::Attestation,
    error::{CommandCause, CommandError, Hierarchy, KeyRole, TpmError, TpmKeyKind},
    identity::RegistrationId,
    key::{ActivationBlob, KeyUse, Signature},
    local_signer::Signer,
    sas::StringToSign,
    tpm::{self, Connection, Endpoint, Facts, Handles, KeyPlace, SelfTest, Tpm as _, TpmClient},
};
use defender_auth_mqtt::driver;

/// The keys of a TPM or of a daemon, or none: most commands have their keys elsewhere.
pub(crate) struct Keys {
    tpm: Option<TpmClient<Connection>>,
    /// The roles whose handles were given. Another object there is an error, and not a reason to create the key.
    given: Vec<KeyRole>,
    daemon: Option<Signer>,
}

/// Where the primary keys are.
pub(crate) struct Places {
    pub(crate) endorsement: KeyPlace,
    pub(crate) storage: KeyPlace,
}

impl Keys {
    pub(crate) const fn none() -> Self {
        Self { tpm: None, given: Vec::new(), daemon: None }
    }

    /// Those that a daemon of this device has.
    pub(crate) const fn of_daemon(signer: Signer) -> Self {
        Self { tpm: None, given: Vec::new(), daemon: Some(signer) }
    }

    /// Nothing is sent to the TPM unless its keys are to be made persistent.
    pub(crate) fn open(endpoint: &Endpoint, setup: &Setup) -> Result<Self, Failure> {
        let handles = setup.handles();
        // Arguments and files first: their errors do not depend on the TPM.
        handles.check()?;
        let [owner, endorsement] = [
            ("--owner-password-file", &setup.owner_password_file),
            ("--endorsement-password-file", &setup.endorsement_password_file),
        ]
        .map(|(option, path)| path.as_deref().map(|path| passphrase::read(option, path)).transpose());
        let passwords = [(Hierarchy::Owner, owner?), (Hierarchy::Endorsement, endorsement?)];
        let mut tpm = tpm::open(endpoint)?;
        tpm.set_handles(handles)?;
        for (hierarchy, password) in passwords {
            if let Some(password) = password {
                tpm.set_password(hierarchy, password.expose())?;
            }
        }
        if setup.persist_keys {
            tpm.persist_keys().map_err(explained)?;
        }
        let given =
            [(KeyRole::Endorsement, setup.endorsement_handle), (KeyRole::StorageRoot, setup.storage_root_handle)];
        let given = given.into_iter().filter_map(|(role, handle)| handle.map(|_| role)).collect();
        Ok(Self { tpm: Some(tpm), given, daemon: None })
    }

    pub(crate) fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Failure> {
        self.tpm()?.activate(blob).map_err(explained)
    }

    pub(crate) fn sign(&mut self, key_use: KeyUse, string: &StringToSign) -> Result<Signature, Failure> {
        if let Some(daemon) = &mut self.daemon {
            return Ok(daemon.sign(key_use, string)?);
        }
        self.tpm()?.sign(key_use, string.as_bytes()).map_err(explained)
    }

    /// The public keys that a registration sends. That the handles can be used is tested before the service is contacted.
    pub(crate) fn attestation(&mut self) -> Result<Attestation, Failure> {
        self.facts()?;
        self.places()?;
        let tpm = self.tpm()?;
        let endorsement_key = tpm.endorsement_key().map_err(explained)?;
        let storage_root_key = tpm.storage_root_key().map_err(explained)?;
        Ok(Attestation::Tpm { endorsement_key, storage_root_key })
    }

    /// The given registration ID, or the TPM's default: the one that `tpm show` prints.
    pub(crate) fn registration_id(&mut self, given: Option<&RegistrationId>) -> Result<RegistrationId, Failure> {
        match given {
            Some(id) => Ok(id.clone()),
            None => self.tpm()?.registration_id().map_err(explained),
        }
    }

    pub(crate) fn facts(&mut self) -> Result<(Facts, Handles), Failure> {
        let tpm = self.tpm()?;
        Ok((tpm.facts().map_err(explained)?, tpm.handles()))
    }

    /// What came of the TPM's self-test.
    pub(crate) fn self_test(&mut self) -> Result<SelfTest, Failure> {
        self.tpm()?.self_test().map_err(explained)
    }

    /// The kinds of keys for TLS that the TPM has.
    pub(crate) fn signs(&mut self) -> Result<Vec<TpmKeyKind>, Failure> {
        let tpm = self.tpm()?;
        let rsa = [2048, 3072, 4096].map(|bits| TpmKeyKind::Rsa { bits });
        let mut kinds = vec![TpmKeyKind::P256, TpmKeyKind::P384];
        kinds.extend(rsa);
        let mut supported = Vec::new();
        for kind in kinds {
            if tpm.supports(kind).map_err(explained)? {
                supported.push(kind);
            }
        }
        Ok(supported)
    }

    pub(crate) fn places(&mut self) -> Result<Places, Failure> {
        let tpm = self.tpm()?;
        let handles = tpm.handles();
        let places = Places {
            endorsement: tpm.endorsement_key_place().map_err(explained)?,
            storage: tpm.storage_root_key_place().map_err(explained)?,
        };
        for (role, handle, place) in [
            (KeyRole::Endorsement, handles.endorsement, places.endorsement),
            (KeyRole::StorageRoot, handles.storage, places.storage),
        ] {
            if let KeyPlace::Occupied(found) = place
                && self.given.contains(&role)
            {
                return Err(explained(TpmError::Foreign { handle, expected: role, found }));
            }
        }
        Ok(places)
    }

    fn tpm(&mut self) -> Result<&mut TpmClient<Connection>, Failure> {
        self.tpm.as_mut().ok_or(Failure::NotSupported("a key that is held elsewhere"))
    }
}

/// The same keys for a driver.
impl driver::Signer for Keys {
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        match (&mut self.daemon, &mut self.tpm) {
            (Some(daemon), _) => daemon.sign(key, string_to_sign),
            (None, Some(tpm)) => Ok(tpm.sign(key, string_to_sign.as_bytes())?),
            (None, None) => Err(Error::NotSupported { what: "a key that is held elsewhere" }),
        }
    }

    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Error> {
        let tpm = self.tpm.as_mut().ok_or(Error::NotSupported { what: "a key that is held elsewhere" })?;
        Ok(tpm.activate(blob)?)
    }
}

/// Names the option that is the solution, if there is one.
fn explained(error: TpmError) -> Failure {
    match option(&error) {
        Some(option) => Failure::Call(format!("{error} ({option})")),
        None => error.into(),
    }
}

fn option(error: &TpmError) -> Option<&'static str> {
    const IDENTITY: &str = "--identity-handle";
    const STORAGE_ROOT: &str = "--storage-root-handle";
    match error {
        TpmError::Foreign { expected, .. } => Some(match expected {
            KeyRole::Endorsement => "--endorsement-handle",
            KeyRole::StorageRoot => STORAGE_ROOT,
            KeyRole::Identity => IDENTITY,
        }),
        TpmError::Command(CommandError { command, cause, .. }) => match cause {
            CommandCause::PasswordNeeded(of) | CommandCause::PasswordWrong(of) => Some(match of {
                Hierarchy::Owner => "--owner-password-file",
                Hierarchy::Endorsement => "--endorsement-password-file",
            }),
            CommandCause::KeyPassword if !command.starts_with("HMAC") => Some(STORAGE_ROOT),
            CommandCause::KeyPassword | CommandCause::NotAnHmacKey { .. } => Some(IDENTITY),
            _ => None,
        },
        _ => None,
    }
}
