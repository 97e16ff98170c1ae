//! Devices at their hubs, their connections and their messages, while the emulator runs.

use super::{control::ChangeError, listener::Emulator};
use crate::{
    config::{self, Device},
    hub::Identity,
    service::Message,
};

impl Emulator {
    /// Adds a device to a hub.
    ///
    /// # Errors
    /// When there is no such hub, when it has such a device already, or when the device has a mistake.
    pub fn add_device(&self, hub: &str, device: Device) -> Result<(), ChangeError> {
        config::check_device(&device)?;
        let mut state = self.shared.state();
        let known = state.hub_mut(hub).ok_or_else(|| ChangeError::Unknown(format!("hub {hub}")))?;
        if known.find(&device.id).is_some() {
            return Err(ChangeError::Known(format!("device {}", device.id)));
        }
        known.devices.push(device);
        Ok(())
    }

    /// Adds a device to a hub, or replaces the credentials of the one of its ID and whether it is disabled, whose twin and
    /// certificates stay; its modules stay too unless the new one has any. Returns whether it is new.
    ///
    /// # Errors
    /// When there is no such hub, or the device has a mistake.
    pub fn put_device(&self, hub: &str, device: Device) -> Result<bool, ChangeError> {
        config::check_device(&device)?;
        let mut state = self.shared.state();
        let hub = state.hub_mut(hub).ok_or_else(|| ChangeError::Unknown(format!("hub {hub}")))?;
        let Some(known) = hub.find_mut(&device.id) else {
            hub.devices.push(device);
            return Ok(true);
        };
        (known.credentials, known.disabled) = (device.credentials, device.disabled);
        if !device.modules.is_empty() {
            known.modules = device.modules;
        }
        known.revision += 1;
        Ok(false)
    }

    /// Removes a device from its hub with its modules, and closes their connections.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn remove_device(&self, hub: &str, device: &str) -> Result<(), ChangeError> {
        let removed = self.shared.state().take_device(hub, device);
        removed.map(drop).ok_or_else(|| ChangeError::Unknown(format!("device {device} at {hub}")))
    }

    /// Moves a device to another hub with its modules, and closes their connections. Where its enrollment is assigned is
    /// unchanged: see [`move_enrollment`](Self::move_enrollment).
    ///
    /// # Errors
    /// When there is no such device or hub, or the other hub has such a device already.
    pub fn move_device(&self, hub: &str, device: &str, to: &str) -> Result<(), ChangeError> {
        let mut state = self.shared.state();
        let target = state.hub(to).ok_or_else(|| ChangeError::Unknown(format!("hub {to}")))?;
        if target.find(device).is_some() {
            return Err(ChangeError::Known(format!("device {device} at {to}")));
        }
        let moved = state.take_device(hub, device);
        let moved = moved.ok_or_else(|| ChangeError::Unknown(format!("device {device} at {hub}")))?;
        if let Some(target) = state.hub_mut(to) {
            target.devices.push(moved);
        }
        Ok(())
    }

    /// Disables a device and its modules, and closes their connections.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn disable_device(&self, hub: &str, device: &str) -> Result<(), ChangeError> {
        self.change_device(hub, device, |device| {
            device.disabled = true;
            Ok(())
        })
    }

    /// Enables a disabled device.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn enable_device(&self, hub: &str, device: &str) -> Result<(), ChangeError> {
        self.change_device(hub, device, |device| {
            device.disabled = false;
            Ok(())
        })
    }

    /// Replaces the thumbprints of a device, which authenticates with a self-signed certificate from then on. Its connections
    /// stay open.
    ///
    /// # Errors
    /// When there is no such device, or a thumbprint is malformed.
    pub fn set_device_thumbprints(
        &self,
        hub: &str,
        device: &str,
        primary: &str,
        secondary: Option<&str>,
    ) -> Result<(), ChangeError> {
        let new = Device::with_thumbprint(device, primary);
        let new = secondary.into_iter().fold(new, Device::secondary_thumbprint);
        config::check_device(&new)?;
        self.change_device(hub, device, |known| {
            known.credentials = new.credentials;
            Ok(())
        })
    }

    /// Closes the connection of a device or its module. It can log in again at once.
    ///
    /// # Errors
    /// When it is not connected.
    pub fn disconnect(&self, hub: &str, device: &str, module: Option<&str>) -> Result<(), ChangeError> {
        let identity = self.identity(hub, device, module);
        let was_open = self.shared.state().connections.close(&identity);
        if was_open { Ok(()) } else { Err(ChangeError::Unknown(format!("connection of {identity}"))) }
    }

    /// Closes the connections of all devices and modules, and returns how many there were.
    #[must_use]
    pub fn disconnect_all(&self) -> usize {
        self.shared.state().connections.close_all()
    }

    /// How many devices and modules are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.state().connections.count()
    }

    /// How many messages a device or its module has sent.
    #[must_use]
    pub fn message_count(&self, hub: &str, device: &str, module: Option<&str>) -> u64 {
        let identity = self.identity(hub, device, module);
        self.shared.state().messages.count(&identity)
    }

    /// The latest messages of a device or its module in order, 16 at most.
    #[must_use]
    pub fn messages(&self, hub: &str, device: &str, module: Option<&str>) -> Vec<Message> {
        let identity = self.identity(hub, device, module);
        self.shared.state().messages.latest(&identity)
    }

    /// The identity with the host name as its hub writes it.
    pub(super) fn identity(&self, hub: &str, device: &str, module: Option<&str>) -> Identity {
        let host = self.shared.state().hub(hub).map_or_else(|| hub.to_owned(), |known| known.host_name.clone());
        Identity { host, device: device.into(), module: module.map(Into::into) }
    }
}
