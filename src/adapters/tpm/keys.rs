use super::{
    client::{Key, TpmClient, hierarchy_handle, is_transient},
    command::{Command, Op, Part},
    template::{self, OWNER},
    transport::Transport,
};
use crate::{
    base::encode,
    error::{Hierarchy, KeyRole, TpmError},
    identity::RegistrationId,
};
use alloc::{string::String, vec::Vec};
use core::fmt;
use sha2::{Digest as _, Sha256};

/// `TPM_PT_MANUFACTURER`; the firmware's version is six and seven places behind it.
const MANUFACTURER: u32 = 0x105;
const FIRMWARE: [u32; 2] = [0x10b, 0x10c];

/// The registration ID by which a TPM is enrolled when nobody says otherwise: SHA-256 of its endorsement key, the
/// complete `TPM2B_PUBLIC`, in base32 of lower case.
///
/// Source: `Azure/azure-iot-sdk-c:provisioning_client/src/prov_auth_client.c`.
#[must_use]
pub fn registration_id(endorsement_key: &[u8]) -> RegistrationId {
    RegistrationId::of_base32(&encode::base32(&Sha256::digest(endorsement_key)))
}

/// What a TPM says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// Who made it: four letters, such as `IFX` or `IBM`.
    pub manufacturer: String,
    /// The version of its firmware.
    pub firmware: Firmware,
    /// Whether an identity key is there: the device was provisioned.
    pub has_identity_key: bool,
}

/// The version of a TPM's firmware. Makers divide it as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmware(pub u64);

impl fmt::Display for Firmware {
    /// Four numbers: `8217.1.25.36`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |shift: u32| self.0 >> shift & 0xffff;
        write!(f, "{}.{}.{}.{}", part(48), part(32), part(16), part(0))
    }
}

impl<T: Transport> TpmClient<T> {
    /// What the TPM says about itself.
    ///
    /// # Errors
    /// When it says no or cannot be reached, or when something else is at the identity key's handle.
    pub fn facts(&mut self) -> Result<Facts, TpmError> {
        let properties = self.properties(MANUFACTURER, FIRMWARE[1] + 1 - MANUFACTURER)?;
        let value = |wanted| properties.iter().find(|(name, _)| *name == wanted).map_or(0, |(_, value)| *value);
        let letters = value(MANUFACTURER).to_be_bytes();
        let manufacturer =
            letters.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
        let [high, low] = FIRMWARE.map(|word| u64::from(value(word)));
        let has_identity_key = self.has_identity_key()?;
        Ok(Facts { manufacturer, firmware: Firmware(high << 32 | low), has_identity_key })
    }

    /// The registration ID by which this TPM is enrolled when nobody says otherwise: [`registration_id()`].
    ///
    /// # Errors
    /// When there is no endorsement key and none can be made.
    pub fn registration_id(&mut self) -> Result<RegistrationId, TpmError> {
        self.primary(KeyRole::Endorsement).map(|key| registration_id(&key.public))
    }

    /// Makes endorsement key and storage root key persistent, where they are not: each start is then faster by the
    /// making of two RSA keys. Other software finds them there too.
    ///
    /// # Errors
    /// When there is no room for them, or the owner has another password.
    pub fn persist_keys(&mut self) -> Result<(), TpmError> {
        for role in [KeyRole::Endorsement, KeyRole::StorageRoot] {
            let loaded = self.loaded(role)?;
            if is_transient(loaded) {
                let persistent = self.place(role);
                self.evict(loaded, persistent)?;
                self.let_go(role)?;
                if let Some(key) = self.known_mut(role) {
                    key.handle = Some(persistent);
                }
            }
        }
        Ok(())
    }

    /// Whether the hub's key is where it should be.
    pub(super) fn has_identity_key(&mut self) -> Result<bool, TpmError> {
        let handle = self.handles.identity;
        let public = self.read_public(handle, Self::run)?;
        public.as_deref().map_or(Ok(false), |public| belongs(KeyRole::Identity, handle, public).map(|()| true))
    }

    const fn place(&self, role: KeyRole) -> u32 {
        match role {
            KeyRole::Endorsement => self.handles.endorsement,
            KeyRole::StorageRoot => self.handles.storage,
            KeyRole::Identity => self.handles.identity,
        }
    }

    /// Moves a loaded key to a persistent handle, or removes the persistent key when both are the same.
    pub(super) fn evict(&mut self, object: u32, persistent: u32) -> Result<(), TpmError> {
        let owner = self.password(Hierarchy::Owner);
        let command = Command::new(Op::EvictControl, &[OWNER, object], &[owner], &[Part::Word(persistent)]);
        self.run(&command)?.done()
    }

    /// The handle of a primary key, which is loaded if need be.
    pub(super) fn loaded(&mut self, role: KeyRole) -> Result<u32, TpmError> {
        if let Some(handle) = self.known(role).and_then(|key| key.handle) {
            return Ok(handle);
        }
        let (key, handle) = self.find(role)?;
        *self.known_mut(role) = Some(key);
        Ok(handle)
    }

    /// A primary key: the persistent one, or one made from the template.
    pub(super) fn primary(&mut self, role: KeyRole) -> Result<&Key, TpmError> {
        if self.known(role).is_none() {
            self.loaded(role)?;
        }
        self.known(role).ok_or(TpmError::Answer { command: Op::CreatePrimary.name() })
    }

    fn find(&mut self, role: KeyRole) -> Result<(Key, u32), TpmError> {
        let handle = self.place(role);
        if let Some(public) = self.read_public(handle, Self::run)? {
            belongs(role, handle, &public)?;
            return Ok((Key { public, handle: Some(handle) }, handle));
        }
        let (public, handle) = self.create(role)?;
        Ok((Key { public, handle: Some(handle) }, handle))
    }

    fn create(&mut self, role: KeyRole) -> Result<(Vec<u8>, u32), TpmError> {
        let hierarchy = if role == KeyRole::Endorsement { Hierarchy::Endorsement } else { Hierarchy::Owner };
        // No password and no data of its own; no data about its making, no PCRs.
        let [size, template, unique] = template::primary(role);
        let parameters = [Part::Short(4), Part::Word(0), size, template, unique, Part::Short(0), Part::Word(0)];
        let auth = self.password(hierarchy);
        let command = Command::new(Op::CreatePrimary, &[hierarchy_handle(hierarchy)], &[auth], &parameters);
        let response = self.run(&command)?;
        let handle = response.handle()?;
        let read = response.read(|reader| {
            let public = reader.whole()?;
            reader.sized()?;
            reader.sized()?;
            reader.take(6)?;
            reader.sized()?;
            reader.sized()?;
            Ok(Vec::from(public))
        });
        let checked = read.and_then(|public| match template::check(role, &public) {
            Ok(()) => Ok((public, handle)),
            Err(_) => Err(TpmError::Answer { command: Op::CreatePrimary.name() }),
        });
        if checked.is_err() && is_transient(handle) {
            // What came is not what was asked for, but something was made.
            let _ = self.flush(handle, Self::ask);
        }
        checked
    }
}

fn belongs(expected: KeyRole, handle: u32, public: &[u8]) -> Result<(), TpmError> {
    template::check(expected, public).map_err(|found| TpmError::Foreign { handle, expected, found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn the_registration_id_is_that_of_every_sdk() {
        let mut key = Vec::from([0x01, 0x3a]);
        key.extend_from_slice(
            b"\x00\x01\x00\x0b\x00\x03\x00\xb2\x00\x20\x83\x71\x97\x67\x44\x84\xb3\xf8\x1a\x90\xcc\x8d\x46\xa5\xd7\x24\
              \xfd\x52\xd7\x6e\x06\x52\x0b\x64\xf2\xa1\xda\x1b\x33\x14\x69\xaa\x00\x06\x00\x80\x00\x43\x00\x10\x08\x00\
              \x00\x00\x00\x00\x01\x00\xc0",
        );
        key.extend((1..=254u32).map(|i| u8::try_from((i * 7 + 3) % 256).unwrap()));
        key.push(1);
        assert_eq!(key.len(), 316);
        assert_eq!(registration_id(&key).to_string(), "skwchxkbtzfwmqnhqd3ltxgnhlvmuqdh3zbkqeaxf22invswq5wa");
    }

    #[test]
    fn a_firmware_version_is_four_numbers() {
        assert_eq!(Firmware(0x2019_0001_0019_0024).to_string(), "8217.1.25.36");
    }
}
