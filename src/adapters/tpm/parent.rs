use super::{
    client::TpmClient,
    command::{Command, Op, Part},
    template::{OWNER, ecc_storage_root},
    transport::Transport,
};
use crate::error::{Hierarchy, KeyFileError, TpmError};

/// The key below which another one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parent {
    /// The ECC storage root key of the owner hierarchy, which is created from its template when it is required: 0x40000001
    /// in a key file.
    StorageRoot,
    /// The key at a persistent handle, 0x81000000 to 0x81ffffff, whatever its template is.
    Persistent(u32),
}

impl Parent {
    /// The parent with this handle.
    ///
    /// # Errors
    /// [`KeyFileError::Parent`] for the handle of anything else.
    pub const fn of(handle: u32) -> Result<Self, KeyFileError> {
        match handle {
            OWNER => Ok(Self::StorageRoot),
            0x8100_0000..=0x81ff_ffff => Ok(Self::Persistent(handle)),
            handle => Err(KeyFileError::Parent { handle }),
        }
    }

    /// The handle by which key files name it.
    #[must_use]
    pub const fn handle(self) -> u32 {
        match self {
            Self::StorageRoot => OWNER,
            Self::Persistent(handle) => handle,
        }
    }
}

impl<T: Transport> TpmClient<T> {
    /// The handle of a parent. If it had to be created, it is flushed with the rest of the call's work.
    pub(super) fn parent(&mut self, parent: Parent) -> Result<u32, TpmError> {
        let Parent::Persistent(handle) = parent else { return self.create_storage_root() };
        Ok(handle)
    }

    fn create_storage_root(&mut self) -> Result<u32, TpmError> {
        // Without a password and data of its own; without data about its creation, and without PCRs.
        let [size, template, unique] = ecc_storage_root();
        let parameters = [Part::Short(4), Part::Word(0), size, template, unique, Part::Short(0), Part::Word(0)];
        let auth = self.password(Hierarchy::Owner);
        let command = Command::new(Op::CreatePrimary, &[OWNER], &[auth], &parameters);
        let response = self.run_sparing(&command)?;
        let handle = response.handle()?;
        self.work.push(handle);
        response.read(|reader| {
            reader.sized()?;
            reader.sized()?;
            reader.sized()?;
            reader.take(6)?;
            reader.sized()?;
            reader.sized()?;
            Ok(())
        })?;
        Ok(handle)
    }
}
