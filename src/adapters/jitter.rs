//! Random enough for the length of a wait.

use core::hash::{BuildHasher as _, Hasher as _};
use std::hash::RandomState;

/// The standard library's own seed for its maps.
pub(super) fn random() -> u32 {
    let bytes = RandomState::new().build_hasher().finish().to_le_bytes();
    let [a, b, c, d, ..] = bytes;
    u32::from_le_bytes([a, b, c, d])
}
