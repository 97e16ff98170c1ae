//! Changes and observations while the emulator runs.

use super::listener::Emulator;
use crate::{
    config::{self, ConfigError, Device, Module},
    fault::{Fault, Operation, PlannedFault},
    hub::Identity,
    journal::Refusal,
};
use serde_json::Value;

/// Why a change cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is nothing with this name.
    #[error("there is no {0}")]
    Unknown(String),
    /// There is something with this name already.
    #[error("the {0} exists already")]
    Known(String),
    /// The change has a mistake of a configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The certificate authority fails.
    #[error("the certificate authority fails: {0}")]
    Authority(String),
    /// The hub keeps no more messages for the device.
    #[error("50 messages wait for {0} already, which are the most that a hub keeps for a device")]
    QueueFull(String),
    /// A direct method has no answer.
    #[error("the method {0} has no answer: {1}")]
    Method(String, #[source] Refusal),
    /// The twin rejects the patch.
    #[error("the twin rejects the patch for {0}")]
    Patch(String),
}

impl Emulator {
    /// Replaces the keys of a device. Its connections stay open.
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
            device.credentials.primary_key = Some(primary.into());
            device.credentials.secondary_key = Some(secondary.into());
            Ok(())
        })
    }

    /// Replaces the keys of a module. Its connections stay open.
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
    /// When there is no such device, when it has such a module already, or when the module has a mistake.
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

    /// Adds a module to a device, or replaces the credentials of the one of its ID, whose twin and connection stay. Returns
    /// whether it is new.
    ///
    /// # Errors
    /// When there is no such device, or the module has a mistake.
    pub fn put_module(&self, hub: &str, device: &str, module: Module) -> Result<bool, ChangeError> {
        config::check_module(device, &module)?;
        let mut is_new = true;
        self.change_device(hub, device, |device| {
            match device.find_mut(&module.id) {
                Some(known) => {
                    is_new = false;
                    known.credentials = module.credentials;
                    known.revision += 1;
                }
                None => device.modules.push(module),
            }
            Ok(())
        })?;
        Ok(is_new)
    }

    /// Removes a module from a device, and closes its connections.
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

    /// Merges a patch into the desired properties of a device or its module, and publishes it to subscribed clients. A null
    /// removes a property.
    ///
    /// # Errors
    /// When there is no such device or module, or the patch is not an object.
    pub fn set_desired(&self, hub: &str, device: &str, module: Option<&str>, patch: Value) -> Result<(), ChangeError> {
        let identity = Identity::of(hub, device, module);
        let mut state = self.shared.state();
        let twin = state.twin_mut(&identity).ok_or_else(|| ChangeError::Unknown(identity.to_string()))?;
        match twin.desire(patch) {
            Ok(_) => Ok(()),
            Err(reason) => Err(ChangeError::Patch(format!("{identity}: {reason}"))),
        }
    }

    /// The twin of a device or its module as a back end reads it: `tags`, and `properties` with `desired` and `reported`.
    ///
    /// # Errors
    /// When there is no such device or module, or it is disabled.
    pub fn twin(&self, hub: &str, device: &str, module: Option<&str>) -> Result<Value, ChangeError> {
        let identity = Identity::of(hub, device, module);
        let mut state = self.shared.seen();
        let twin = state.twin_mut(&identity).map(|twin| twin.back_end_document());
        twin.ok_or_else(|| ChangeError::Unknown(identity.to_string()))
    }

    /// The reported properties of a device or its module. `None` when there is no such device or module.
    #[must_use]
    pub fn reported(&self, hub: &str, device: &str, module: Option<&str>) -> Option<Value> {
        self.shared.state().twin_mut(&Identity::of(hub, device, module)).map(|twin| twin.reported().clone())
    }

    /// Revokes every certificate that was issued for a device: from now on it cannot connect with any of them. Its connection
    /// stays open.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn revoke_certificates(&self, hub: &str, device: &str) -> Result<(), ChangeError> {
        self.change_device(hub, device, |device| {
            device.issued.iter_mut().for_each(|issued| issued.revoked = true);
            Ok(())
        })
    }

    /// The SHA-256 thumbprints of the certificates that were issued for a device, in upper-case hex, the latest last.
    #[must_use]
    pub fn issued_certificates(&self, hub: &str, device: &str) -> Vec<String> {
        let mut state = self.shared.state();
        let device = state.device_mut(hub, device);
        device.map(|device| device.issued.iter().map(|issued| issued.sha256.clone()).collect()).unwrap_or_default()
    }

    /// The root of the certificates that are issued for devices, in DER. It is another one than
    /// [that of the servers](Self::root_pem).
    ///
    /// # Errors
    /// When the root cannot be made.
    pub fn issuing_root(&self) -> Result<Vec<u8>, ChangeError> {
        self.shared.state().authority.root().map(|der| der.to_vec()).map_err(ChangeError::Authority)
    }

    /// The payload of a device's last registration.
    #[must_use]
    pub fn received_payload(&self, registration_id: &str) -> Option<Value> {
        self.shared.state().registrations.sent(registration_id).cloned()
    }

    /// Applies a fault to the next `times` requests of an operation. Faults of one operation come one after the other.
    pub fn fault(&self, operation: Operation, fault: Fault, times: u32) {
        self.fault_after(operation, 0, fault, times);
    }

    /// The same, after `skip` requests of the operation that are answered as usual.
    pub fn fault_after(&self, operation: Operation, skip: u32, fault: Fault, times: u32) {
        self.shared.state().faults.plan(PlannedFault::new(operation, fault).skip(skip).times(times));
    }

    /// Removes all planned faults, and returns how many requests they would still have met.
    #[must_use]
    pub fn forget_faults(&self) -> u32 {
        self.shared.state().faults.clear()
    }

    /// Sets the emulator's clock this number of seconds ahead of the system's, or behind it. The emulator checks expiries by
    /// it, and writes `Date` headers and timestamps by it.
    pub fn clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
    }

    pub(super) fn change_device(
        &self,
        hub: &str,
        device: &str,
        change: impl FnOnce(&mut Device) -> Result<(), ChangeError>,
    ) -> Result<(), ChangeError> {
        let mut state = self.shared.state();
        let known = state.device_mut(hub, device);
        change(known.ok_or_else(|| ChangeError::Unknown(format!("device {device} at {hub}")))?)
    }
}
