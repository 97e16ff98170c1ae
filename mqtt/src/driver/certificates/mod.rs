//! Operational certificates: the driver's part of a source that requests them.

pub(super) mod keeper;
mod keeping;
mod keys;
pub(super) mod load;
mod renewing;
mod report;

pub use keys::{KeyHolder, KeysInMemory, NewKey};
