use crate::{
    flow::outcome::{ConnectionProfile, Outcome},
    identity::{DeviceId, HostName, ModuleId},
};
use alloc::{boxed::Box, string::String};

/// The hub and the identity that a source has been assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The name of the source.
    pub(super) source: Box<str>,
    /// What it belongs to: ID scope and registration ID, or the device.
    pub(super) owner: Box<str>,
    pub(super) hub: HostName,
    pub(super) device: DeviceId,
    pub(super) module: Option<ModuleId>,
    pub(super) profile: ConnectionProfile,
}

impl Assignment {
    pub(super) fn of(source: &str, owner: String, outcome: &Outcome) -> Self {
        let identity = outcome.identity();
        Self {
            source: source.into(),
            owner: owner.into(),
            hub: identity.given_hub().clone(),
            device: identity.device_id().clone(),
            module: identity.module_id().cloned(),
            profile: outcome.connection_profile().clone(),
        }
    }

    /// Whether both are about the same device at the same hub.
    pub(super) fn is_of_same_device(&self, other: &Self) -> bool {
        self.hub.as_str().eq_ignore_ascii_case(other.hub.as_str()) && self.device == other.device
    }
}
