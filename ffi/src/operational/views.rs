//! What C can read of certificates and of a renewal, rebuilt after every change.

use crate::{certificate::Certificate, error::Error, view::View};
use alloc::vec::Vec;

/// What is kept.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) current: Option<Certificate>,
    pub(super) key_name: View,
    pub(super) report: View,
    pub(super) due: (u64, u64),
    pub(super) request: Vec<u8>,
    pub(super) request_name: View,
    pub(super) request_id: View,
    pub(super) operation: View,
    pub(super) is_issued: bool,
}

/// The pending action of a renewal, and its data.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) action: i32,
    pub(super) topic: View,
    pub(super) payload: Vec<u8>,
    /// In milliseconds of the monotonic clock.
    pub(super) until: u64,
    /// In milliseconds.
    pub(super) wait: (u64, u64),
    pub(super) is_accepted: bool,
    pub(super) failure: Option<Error>,
}
