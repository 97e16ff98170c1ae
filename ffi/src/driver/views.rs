use crate::{error::Error, view::View};
use alloc::vec::Vec;

/// The latest event, as C reads it.
#[derive(Default)]
pub(super) struct Views {
    /// Its number.
    pub(super) event: i32,
    pub(super) text: View,
    pub(super) error: Option<Error>,
    pub(super) diagnosis: i32,
    pub(super) topic: View,
    pub(super) payload: Vec<u8>,
}
