use super::{
    client::TpmClient,
    command::{Command, Op, Part},
    handles::is_transient,
    key::{Key, KeyPlace},
    template::{self, ENDORSEMENT, OWNER},
    transport::Transport,
};
use crate::{
    base::encode,
    error::{Found, Hierarchy, KeyRole, TpmError},
    identity::RegistrationId,
};
use alloc::vec::Vec;
use sha2::{Digest as _, Sha256};

/// The default registration ID of a TPM: SHA-256 of its endorsement key, the complete `TPM2B_PUBLIC`, in lower-case base32.
///
/// Source: `Azure/azure-iot-sdk-c:provisioning_client/src/prov_auth_client.c`.
#[must_use]
pub fn registration_id(endorsement_key: &[u8]) -> RegistrationId {
    RegistrationId::of_base32(&encode::base32(&Sha256::digest(endorsement_key)))
}

/// The object at a persistent handle.
enum Occupant {
    None,
    /// The expected key, with its complete `TPM2B_PUBLIC`.
    Key(Vec<u8>),
    Foreign(Found),
}

impl<T: Transport> TpmClient<T> {
    /// The default registration ID of this TPM: [`registration_id()`].
    ///
    /// # Errors
    /// When the endorsement key cannot be read or created.
    pub fn registration_id(&mut self) -> Result<RegistrationId, TpmError> {
        self.primary(KeyRole::Endorsement).map(|key| registration_id(&key.public))
    }

    /// Where the endorsement key is.
    ///
    /// # Errors
    /// When it cannot be read or created.
    pub fn endorsement_key_place(&mut self) -> Result<KeyPlace, TpmError> {
        self.primary(KeyRole::Endorsement).map(|key| key.place)
    }

    /// Where the storage root key is.
    ///
    /// # Errors
    /// When it cannot be read or created.
    pub fn storage_root_key_place(&mut self) -> Result<KeyPlace, TpmError> {
        self.primary(KeyRole::StorageRoot).map(|key| key.place)
    }

    /// Makes the endorsement key and the storage root key persistent, unless they are. A process then does not have to
    /// create two RSA keys, which takes some TPMs a minute. Other software finds them at their handles too.
    ///
    /// # Errors
    /// When one of the handles holds another object ([`TpmError::Foreign`]: nothing was made persistent then), when the
    /// persistent memory is full, or when the owner hierarchy requires a password.
    pub fn persist_keys(&mut self) -> Result<(), TpmError> {
        for role in [KeyRole::Endorsement, KeyRole::StorageRoot] {
            let found = match self.known(role) {
                Some(Key { place: KeyPlace::Occupied(found), .. }) => *found,
                Some(_) => continue,
                None => match self.occupant(role)? {
                    Occupant::Foreign(found) => found,
                    _ => continue,
                },
            };
            return Err(TpmError::Foreign { handle: self.persistent(role), expected: role, found });
        }
        for role in [KeyRole::Endorsement, KeyRole::StorageRoot] {
            let loaded = self.loaded(role)?;
            if is_transient(loaded) {
                let persistent = self.persistent(role);
                self.evict(loaded, persistent)?;
                self.let_go(role)?;
                if let Some(key) = self.known_mut(role) {
                    (key.place, key.handle) = (KeyPlace::Persistent, Some(persistent));
                }
            }
        }
        Ok(())
    }

    /// Whether the identity key is at its handle. Another object there is an error.
    pub(super) fn has_identity_key(&mut self) -> Result<bool, TpmError> {
        let (role, handle) = (KeyRole::Identity, self.handles().identity);
        match self.occupant(role)? {
            Occupant::None => Ok(false),
            Occupant::Key(_) => Ok(true),
            Occupant::Foreign(found) => Err(TpmError::Foreign { handle, expected: role, found }),
        }
    }

    const fn persistent(&self, role: KeyRole) -> u32 {
        match role {
            KeyRole::Endorsement => self.handles().endorsement,
            KeyRole::StorageRoot => self.handles().storage,
            KeyRole::Identity => self.handles().identity,
        }
    }

    fn occupant(&mut self, role: KeyRole) -> Result<Occupant, TpmError> {
        let Some(public) = self.read_public(self.persistent(role), Self::run)? else { return Ok(Occupant::None) };
        Ok(match template::check(role, &public) {
            Ok(()) => Occupant::Key(public),
            Err(found) => Occupant::Foreign(found),
        })
    }

    /// Moves a loaded key to a persistent handle, or removes the persistent key if both handles are the same.
    pub(super) fn evict(&mut self, object: u32, persistent: u32) -> Result<(), TpmError> {
        let owner = self.password(Hierarchy::Owner);
        let command = Command::new(Op::EvictControl, &[OWNER, object], &[owner], &[Part::Word(persistent)]);
        self.run(&command)?.done()
    }

    /// The handle of a primary key, which is created if necessary.
    pub(super) fn loaded(&mut self, role: KeyRole) -> Result<u32, TpmError> {
        if let Some(handle) = self.known(role).and_then(|key| key.handle) {
            return Ok(handle);
        }
        let (key, handle) = self.find(role)?;
        *self.known_mut(role) = Some(key);
        Ok(handle)
    }

    /// A primary key: the persistent one, or one that is created from the template.
    pub(super) fn primary(&mut self, role: KeyRole) -> Result<&Key, TpmError> {
        if self.known(role).is_none() {
            self.loaded(role)?;
        }
        self.known(role).ok_or(TpmError::Answer { command: Op::CreatePrimary.name() })
    }

    fn find(&mut self, role: KeyRole) -> Result<(Key, u32), TpmError> {
        let place = match self.occupant(role)? {
            Occupant::Key(public) => {
                let handle = self.persistent(role);
                return Ok((Key { public, place: KeyPlace::Persistent, handle: Some(handle) }, handle));
            }
            Occupant::None => KeyPlace::Transient,
            // Other software uses these handles for keys of other templates, mostly ECC.
            Occupant::Foreign(found) => KeyPlace::Occupied(found),
        };
        let (public, handle) = self.create(role)?;
        Ok((Key { public, place, handle: Some(handle) }, handle))
    }

    fn create(&mut self, role: KeyRole) -> Result<(Vec<u8>, u32), TpmError> {
        let (hierarchy, parent) = match role {
            KeyRole::Endorsement => (Hierarchy::Endorsement, ENDORSEMENT),
            _ => (Hierarchy::Owner, OWNER),
        };
        // Without a password and data of its own; without data about its creation, and without PCRs.
        let [size, template, unique] = template::primary(role);
        let parameters = [Part::Short(4), Part::Word(0), size, template, unique, Part::Short(0), Part::Word(0)];
        let auth = self.password(hierarchy);
        let command = Command::new(Op::CreatePrimary, &[parent], &[auth], &parameters);
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
            // The response is not the expected one, but an object was created.
            let _ = self.flush(handle);
        }
        checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn the_registration_id_is_that_of_the_sdks() {
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
}
