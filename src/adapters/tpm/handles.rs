use crate::error::TpmError;
use core::ops::RangeInclusive;

/// The first handle of loaded objects.
pub(super) const FIRST_TRANSIENT: u32 = 0x8000_0000;

/// Whether the handle is that of a loaded object, which has to be flushed.
pub(super) const fn is_transient(handle: u32) -> bool {
    handle >> 24 == FIRST_TRANSIENT >> 24
}

/// The persistent handles of the three keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handles {
    /// The endorsement key: 0x81010001 by default.
    pub endorsement: u32,
    /// The storage root key: 0x81000001 by default.
    pub storage: u32,
    /// The identity key, which is the hub's key: 0x81000100 by default. Other software of the device may use that one.
    pub identity: u32,
}

impl Handles {
    /// The handles that the owner of a TPM can assign.
    pub const RANGE: RangeInclusive<u32> = 0x8100_0000..=0x817f_ffff;

    /// Checks that the handles are different, and in [`RANGE`](Self::RANGE).
    ///
    /// # Errors
    /// [`TpmError::Handle`] otherwise.
    pub fn check(&self) -> Result<(), TpmError> {
        let Self { endorsement, storage, identity } = *self;
        for (handle, others) in
            [(endorsement, [storage, identity]), (storage, [endorsement, identity]), (identity, [endorsement, storage])]
        {
            if !Self::RANGE.contains(&handle) || others.contains(&handle) {
                return Err(TpmError::Handle { handle });
            }
        }
        Ok(())
    }
}

impl Default for Handles {
    /// The handles of the Azure SDKs.
    ///
    /// Source: `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c`.
    fn default() -> Self {
        Self { endorsement: 0x8101_0001, storage: 0x8100_0001, identity: 0x8100_0100 }
    }
}
