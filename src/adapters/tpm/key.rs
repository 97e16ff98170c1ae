use crate::error::Found;
use alloc::vec::Vec;

/// Where a primary key is: the endorsement key or the storage root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPlace {
    /// At its persistent handle.
    Persistent,
    /// Nowhere: its persistent handle is empty, and it is created from the template when it is required. That always gives
    /// the same key, until the TPM is cleared.
    Transient,
    /// The same, because the persistent handle holds another object. That object is not changed.
    Occupied(Found),
}

/// A primary key of this TPM.
pub(super) struct Key {
    /// The complete `TPM2B_PUBLIC`.
    pub(super) public: Vec<u8>,
    pub(super) place: KeyPlace,
    /// Its handle while it is loaded. `None` after it was flushed to make room for other objects.
    pub(super) handle: Option<u32>,
}

/// A key for TLS that was opened from its file.
pub(super) struct Loaded {
    /// The complete `TPM2B_PUBLIC`.
    pub(super) public: Vec<u8>,
    /// Its handle while it is loaded.
    pub(super) handle: Option<u32>,
}
