//! What can be changed and looked at while the emulator runs.

use crate::{
    ConfigError, Emulator, Module,
    config::{self, Device, Enrollment},
    fault::{Fault, On},
    login::Identity,
};
use serde_json::Value;

/// Why a change cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is nothing of that name.
    #[error("there is no {0}")]
    Unknown(String),
    /// There is something of that name already.
    #[error("there is a {0} already")]
    Known(String),
    /// What it is to become is not good.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The twin does not take the patch.
    #[error("the twin of {0} does not take the patch: it has to be a JSON object that leaves the twin below 32 KiB")]
    Patch(String),
}

impl Emulator {
    /// Gives a device other keys. Whoever is logged in stays so.
    ///
    /// # Errors
    /// When there is no such device, or a key is not base64.
    pub fn rotate_device_keys(
        &self,
        hub: &str,
        device: &str,
        primary: &str,
        secondary: &str,
    ) -> Result<(), ChangeError> {
        config::check_keys(format!("device {device}"), [Some(&primary.into()), Some(&secondary.into())])?;
        self.change_device(hub, device, |device| {
            device.primary_key = Some(primary.into());
            device.secondary_key = Some(secondary.into());
            Ok(())
        })
    }

    /// Gives a module other keys. Whoever is logged in stays so.
    ///
    /// # Errors
    /// When there is no such module, or a key is not base64.
    pub fn rotate_module_keys(
        &self,
        hub: &str,
        device: &str,
        module: &str,
        primary: &str,
        secondary: &str,
    ) -> Result<(), ChangeError> {
        let new = Module::new(module, primary).secondary_key(secondary);
        config::check_module(device, &new)?;
        self.change_device(hub, device, |device| {
            let known = device.find_mut(module).ok_or_else(|| ChangeError::Unknown(format!("module {module}")))?;
            let (twin, revision) = (known.twin.clone(), known.revision + 1);
            *known = Module { twin, revision, ..new };
            Ok(())
        })
    }

    /// Adds a module to a device.
    ///
    /// # Errors
    /// When there is no such device, when it has such a module, or when the module is not good.
    pub fn add_module(&self, hub: &str, device: &str, module: Module) -> Result<(), ChangeError> {
        config::check_module(device, &module)?;
        self.change_device(hub, device, |device| {
            if device.find(&module.id).is_some() {
                return Err(ChangeError::Known(format!("module {}", module.id)));
            }
            device.modules.push(module);
            Ok(())
        })
    }

    /// Removes a module from a device, and ends its connections.
    ///
    /// # Errors
    /// When there is no such module.
    pub fn remove_module(&self, hub: &str, device: &str, module: &str) -> Result<(), ChangeError> {
        self.change_device(hub, device, |device| {
            let index = device.modules.iter().position(|known| known.id == module);
            let index = index.ok_or_else(|| ChangeError::Unknown(format!("module {module}")))?;
            device.modules.remove(index);
            Ok(())
        })
    }

    /// Has an enrollment or a group assigned to another hub from the next registration on. The device moves there with
    /// its modules then, unless that hub knows a device of its id.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn move_enrollment(&self, name: &str, hub: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |enrollment| enrollment.hub = Some(hub.into()))
    }

    /// Answers an enrollment or a group with the status `disabled` from now on. The device at the hub stays as it is.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn disable_enrollment(&self, name: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |enrollment| enrollment.disabled = true)
    }

    /// Lets a disabled enrollment or group register again.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn enable_enrollment(&self, name: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |enrollment| enrollment.disabled = false)
    }

    /// Merges a patch into the desired properties of a device, or of its module, and publishes it to whoever has
    /// subscribed. A null removes a property.
    ///
    /// # Errors
    /// When there is no such device or module, or the patch is not an object.
    pub fn set_desired(&self, hub: &str, device: &str, module: Option<&str>, patch: Value) -> Result<(), ChangeError> {
        let identity = identity(hub, device, module);
        let mut state = self.shared.state();
        let twin = state.twin_mut(&identity).ok_or_else(|| ChangeError::Unknown(identity.to_string()))?;
        match twin.desire(patch) {
            Ok(_) => Ok(()),
            Err(_) => Err(ChangeError::Patch(identity.to_string())),
        }
    }

    /// What a device, or its module, has reported in its twin. `None` when there is none of that name.
    #[must_use]
    pub fn reported(&self, hub: &str, device: &str, module: Option<&str>) -> Option<Value> {
        self.shared.state().twin_mut(&identity(hub, device, module)).map(|twin| twin.reported().clone())
    }

    /// The payload that a device sent with its last registration.
    #[must_use]
    pub fn received_payload(&self, registration_id: &str) -> Option<Value> {
        self.shared.state().registrations.sent(registration_id).cloned()
    }

    /// Has the next so many requests of a kind meet a fault. Faults for one kind come one after the other.
    pub fn fault(&self, on: On, fault: Fault, times: u32) {
        self.fault_after(on, 0, fault, times);
    }

    /// The same, after so many requests of that kind that meet none.
    pub fn fault_after(&self, on: On, skip: u32, fault: Fault, times: u32) {
        self.shared.state().faults.plan(on, skip, fault, times);
    }

    /// Has no planned fault come any more, and says how many were still to come.
    #[must_use]
    pub fn forget_faults(&self) -> u32 {
        self.shared.state().faults.forget()
    }

    /// Sets the emulator's clock so many seconds ahead of the system's, or behind it. Expiries are judged by it, and
    /// `Date` headers and timestamps come from it.
    pub fn clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
    }

    fn change_device(
        &self,
        hub: &str,
        device: &str,
        change: impl FnOnce(&mut Device) -> Result<(), ChangeError>,
    ) -> Result<(), ChangeError> {
        let mut state = self.shared.state();
        let known = state.device_mut(hub, device);
        change(known.ok_or_else(|| ChangeError::Unknown(format!("device {device} at {hub}")))?)
    }

    fn change_enrollment(&self, name: &str, change: impl FnOnce(&mut Enrollment)) -> Result<(), ChangeError> {
        let mut state = self.shared.state();
        let known = state.dps.as_mut().and_then(|dps| dps.find_mut(name));
        change(known.ok_or_else(|| ChangeError::Unknown(format!("enrollment {name}")))?);
        Ok(())
    }
}

fn identity(hub: &str, device: &str, module: Option<&str>) -> Identity {
    Identity { host: hub.into(), device: device.into(), module: module.map(Into::into) }
}
