//! What a back end does at a hub: messages to devices, and direct methods.

use super::{control::ChangeError, listener::Emulator};
use crate::service::{Letter, call_method};
use serde_json::Value;
use std::time::Duration;

impl Emulator {
    /// Sends a message to a device, which waits in the hub until the device takes it. Properties of the system begin with `$.`,
    /// such as `$.mid`.
    ///
    /// # Errors
    /// When there is no such device, 50 messages wait for it, the payload is larger than 64 KiB, or the properties are larger
    /// than 8 KiB as a topic has them.
    pub fn send_to_device(
        &self,
        hub: &str,
        device: &str,
        properties: &[(&str, &str)],
        payload: &[u8],
    ) -> Result<(), ChangeError> {
        let identity = self.identity(hub, device, None);
        let mut state = self.shared.state();
        if state.twin_mut(&identity).is_none() {
            return Err(ChangeError::Unknown(format!("device {device} at {hub}")));
        }
        let named = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let letter = Letter::new(named, payload.to_vec());
        if !letter.fits(&identity) {
            return Err(ChangeError::TooLarge(identity.to_string()));
        }
        let posted = state.mail.post(&identity, letter);
        if posted { Ok(()) } else { Err(ChangeError::QueueFull(identity.to_string())) }
    }

    /// How many messages wait for a device.
    #[must_use]
    pub fn waiting_messages(&self, hub: &str, device: &str) -> usize {
        let identity = self.identity(hub, device, None);
        self.shared.seen().mail.count(&identity)
    }

    /// Calls a direct method of a connected device or module, and returns the status and the payload of its answer.
    ///
    /// # Errors
    /// When there is no such client, it is not connected, or it does not answer in time.
    pub fn call_method(
        &self,
        hub: &str,
        device: &str,
        module: Option<&str>,
        name: &str,
        payload: &Value,
        wait: Duration,
    ) -> Result<(i64, Value), ChangeError> {
        let identity = self.identity(hub, device, module);
        let called = call_method(&self.shared, &identity, name, payload, wait);
        called.map_err(|reason| ChangeError::Method(format!("{name} of {identity}"), reason))
    }
}
