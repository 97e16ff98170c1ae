//! What C reads of a configuration.

use crate::view::View;
use alloc::{string::String, vec::Vec};

/// One property with its effective value.
pub(super) struct Property {
    pub(super) name: String,
    pub(super) name_view: View,
    pub(super) value: View,
    /// Its length, if it is a duration; otherwise 0.
    pub(super) seconds: u64,
}

/// A property that was rejected.
pub(super) struct Rejected {
    pub(super) name: View,
    /// What is wrong with it, in one line that begins with its name.
    pub(super) text: View,
}

#[derive(Default)]
pub(super) struct Views {
    pub(super) properties: Vec<Property>,
    pub(super) rejected: Vec<Rejected>,
    /// All that the agent reports.
    pub(super) reported: View,
    /// The part of it that the hub does not have.
    pub(super) report: View,
    /// Of the desired properties; -1 when it is unknown.
    pub(super) version: i64,
}
