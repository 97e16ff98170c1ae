//! The names of hubs, devices, modules and enrollments, checked when they are made, and the identity they form.

mod error;
mod hub_name;
mod kind;
mod literal;
mod names;
mod placeholder;
mod registration_id;

pub use error::IdentifierError;
pub use hub_name::HubNameForm;
pub use kind::IdentifierKind;
#[cfg(feature = "flows")]
pub(crate) use names::is_folder;
pub use names::{DeviceId, HostName, IdScope, ModuleId, PolicyName, RegistrationId};
pub(crate) use placeholder::{is_in as has_placeholder, is_variable_in as has_variable};
pub use registration_id::RegistrationIdRef;

use core::fmt;

/// The identity of a device, or of a module of a device, at a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    hub: HostName,
    gateway: Option<HostName>,
    device: DeviceId,
    module: Option<ModuleId>,
}

impl Identity {
    /// A device at a hub.
    #[must_use]
    pub const fn device(hub: HostName, device: DeviceId) -> Self {
        Self { hub, gateway: None, device, module: None }
    }

    /// A module of a device at a hub.
    #[must_use]
    pub const fn module(hub: HostName, device: DeviceId, module: ModuleId) -> Self {
        Self { hub, gateway: None, device, module: Some(module) }
    }

    /// The same identity, reached through a gateway.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HostName) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// A module of the same device.
    #[must_use]
    pub fn with_module(mut self, module: ModuleId) -> Self {
        self.module = Some(module);
        self
    }

    /// The hub. Tokens and user names contain it, also with a gateway.
    #[must_use]
    pub const fn hub(&self) -> &HostName {
        &self.hub
    }

    /// The gateway, if there is one.
    #[must_use]
    pub const fn gateway(&self) -> Option<&HostName> {
        self.gateway.as_ref()
    }

    /// The host to connect to, and the name to verify in the server's certificate: the gateway if there is one, else
    /// the hub.
    #[must_use]
    pub fn endpoint(&self) -> &HostName {
        self.gateway.as_ref().unwrap_or(&self.hub)
    }

    /// The device.
    #[must_use]
    pub const fn device_id(&self) -> &DeviceId {
        &self.device
    }

    /// The module, unless the identity is the device itself.
    #[must_use]
    pub const fn module_id(&self) -> Option<&ModuleId> {
        self.module.as_ref()
    }
}

/// `hub/devices/id` or `hub/devices/id/modules/id`, not percent-encoded: for display.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/devices/{}", self.hub, self.device)?;
        self.module.as_ref().map_or(Ok(()), |module| write!(f, "/modules/{module}"))
    }
}
