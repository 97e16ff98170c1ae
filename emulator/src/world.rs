use crate::config::{Config, Dps, Hub};
use std::net::SocketAddr;

/// Everything that an emulator plays.
#[derive(Clone, Default)]
pub struct World {
    pub(crate) hubs: Vec<Hub>,
    pub(crate) dps: Option<Dps>,
    pub(crate) https: Option<SocketAddr>,
}

impl World {
    /// A world with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more hub.
    #[must_use]
    pub fn hub(mut self, hub: Hub) -> Self {
        self.hubs.push(hub);
        self
    }

    /// With a provisioning service.
    #[must_use]
    pub fn dps(mut self, dps: Dps) -> Self {
        self.dps = Some(dps);
        self
    }

    /// With HTTPS at this loopback address. Unless this is called, it is at a free port beside MQTT.
    #[must_use]
    pub const fn https_at(mut self, address: SocketAddr) -> Self {
        self.https = Some(address);
        self
    }
}

impl From<Config> for World {
    fn from(config: Config) -> Self {
        Self { hubs: config.hubs, dps: config.dps, https: None }
    }
}
