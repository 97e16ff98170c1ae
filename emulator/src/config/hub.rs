use super::{Authority, Device, Permission, Policy};
use crate::base::other_name;
use serde::Deserialize;

/// An IoT hub. Keys are base64, as the portal displays them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    pub(crate) host_name: String,
    /// `mqttV5`, or a name that no client knows. Without one, or with `classic`, the hub is one of MQTT 3.1.1.
    pub(crate) connection_profile: Option<String>,
    #[serde(default, rename = "device")]
    pub(crate) devices: Vec<Device>,
    #[serde(default, rename = "policy")]
    pub(crate) policies: Vec<Policy>,
    #[serde(default, rename = "authority")]
    pub(crate) authorities: Vec<Authority>,
}

impl Hub {
    /// A hub without devices.
    #[must_use]
    pub fn new(host_name: &str) -> Self {
        Self {
            host_name: host_name.into(),
            connection_profile: None,
            devices: Vec::new(),
            policies: Vec::new(),
            authorities: Vec::new(),
        }
    }

    /// The connection profile of MQTT 5.
    pub const MQTT_V5: &'static str = "mqttV5";

    /// With this connection profile, which a registration is told from the api-version 2026-11-02-preview on. At a hub with
    /// [`MQTT_V5`](Self::MQTT_V5) a device logs in by MQTT 5, with a certificate; at one with any other profile than `classic`
    /// nothing logs in.
    #[must_use]
    pub fn connection_profile(mut self, profile: &str) -> Self {
        self.connection_profile = Some(profile.into());
        self
    }

    /// Whether its clients log in by MQTT 3.1.1.
    pub(crate) fn is_classic(&self) -> bool {
        self.connection_profile.as_deref().is_none_or(|profile| profile == "classic")
    }

    /// Its host name.
    #[must_use]
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Adds a device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.devices.push(device);
        self
    }

    /// Adds a shared access policy with all permissions, as `iothubowner` has.
    #[must_use]
    pub fn policy(mut self, name: &str, key: &str) -> Self {
        self.policies.push(Policy::new(name, key, None));
        self
    }

    /// Adds a shared access policy with these permissions.
    #[must_use]
    pub fn policy_with(mut self, name: &str, key: &str, permissions: &[Permission]) -> Self {
        self.policies.push(Policy::new(name, key, Some(permissions)));
        self
    }

    /// Adds a trusted CA certificate in PEM, a root or an intermediate.
    #[must_use]
    pub fn authority(mut self, pem: &str) -> Self {
        self.authorities.push(Authority::new(pem, true));
        self
    }

    /// The same, but possession of its key is not proved yet: see
    /// [`verify_possession`](crate::Emulator::verify_possession).
    #[must_use]
    pub fn unverified_authority(mut self, pem: &str) -> Self {
        self.authorities.push(Authority::new(pem, false));
        self
    }

    /// Its names for devices. A hub of Azure has two: `contoso.azure-devices.net`, the classic one, and
    /// `contoso.device.azure-devices.net`; the one that it was made with is the first.
    pub fn names(&self) -> impl Iterator<Item = String> {
        [Some(self.host_name.clone()), other_name(&self.host_name)].into_iter().flatten()
    }

    /// Whether it has a device or module that authenticates with a key.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.devices.iter().any(|device| {
            let modules = device.modules.iter().map(|module| module.credentials.keys());
            modules.chain([device.credentials.keys()]).any(|keys| keys.iter().any(Option::is_some))
        })
    }

    pub(crate) fn is_at(&self, host: &str) -> bool {
        self.names().any(|name| name.eq_ignore_ascii_case(host))
    }

    pub(crate) fn find(&self, device: &str) -> Option<&Device> {
        self.devices.iter().find(|known| known.id == device)
    }

    pub(crate) fn find_mut(&mut self, device: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|known| known.id == device)
    }
}
