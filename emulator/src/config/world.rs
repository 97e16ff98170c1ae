use super::{Config, Dps, Hub, Root};
use crate::fault::PlannedFault;
use std::{net::SocketAddr, time::SystemTime};

/// Everything that an emulator emulates.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub(crate) hubs: Vec<Hub>,
    pub(crate) dps: Option<Dps>,
    pub(crate) faults: Vec<PlannedFault>,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) validity: Option<[SystemTime; 2]>,
    pub(crate) clock_offset: i64,
    pub(crate) tls: TlsVersions,
    pub(crate) connections: Option<usize>,
    pub(crate) remote: bool,
    pub(crate) root: Option<Root>,
}

/// The versions of TLS that an emulator speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    All,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
    /// By the name that the client gives (SNI): 1.2 for a hub's classic name and for the provisioning service, 1.3 for a hub's
    /// name with `.device.`, where the real hubs also have some of 1.2; both for other names.
    ByName,
}

impl World {
    /// A world without hubs and without a provisioning service.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a hub.
    #[must_use]
    pub fn hub(mut self, hub: Hub) -> Self {
        self.hubs.push(hub);
        self
    }

    /// Sets the provisioning service.
    #[must_use]
    pub fn dps(mut self, dps: Dps) -> Self {
        self.dps = Some(dps);
        self
    }

    /// Adds a fault that requests meet from the start. Faults of one operation come one after the other.
    #[must_use]
    pub fn fault(mut self, fault: PlannedFault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Sets the loopback address for HTTPS. Unless set, it is a free port of the address for MQTT.
    #[must_use]
    pub const fn https_at(mut self, address: SocketAddr) -> Self {
        self.https = Some(address);
        self
    }

    /// Sets the validity of the server's certificate: as a client with a wrong clock sees it, or with an expired one. Unless
    /// set, it is from yesterday to 90 days from now.
    #[must_use]
    pub const fn server_certificate_validity(mut self, not_before: SystemTime, not_after: SystemTime) -> Self {
        self.validity = Some([not_before, not_after]);
        self
    }

    /// Sets the versions of TLS. Unless set, they are 1.2 and 1.3.
    #[must_use]
    pub const fn tls(mut self, versions: TlsVersions) -> Self {
        self.tls = versions;
        self
    }

    /// Has the servers' certificates issued by this root. Unless set, it is another one at each start.
    #[must_use]
    pub fn root(mut self, root: Root) -> Self {
        self.root = Some(root);
        self
    }

    /// Permits addresses that other machines reach, such as `0.0.0.0` in a container. The emulator has keys for tests: it is no
    /// server for a network that is not trusted.
    #[must_use]
    pub const fn remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// How many connections may be open at a time for each protocol, unless [set](Self::connections).
    pub const CONNECTIONS: usize = 1000;

    /// Sets how many connections may be open at a time, for each protocol. Each has a thread and, on Unix, a file descriptor.
    #[must_use]
    pub const fn connections(mut self, limit: usize) -> Self {
        self.connections = Some(limit);
        self
    }

    /// Sets the emulator's clock this number of seconds ahead of the system's, or behind it.
    #[must_use]
    pub const fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }
}

impl From<Config> for World {
    fn from(config: Config) -> Self {
        let Config { hubs, dps, faults, clock_offset } = config;
        Self {
            hubs,
            dps,
            faults,
            clock_offset,
            https: None,
            validity: None,
            tls: TlsVersions::default(),
            connections: None,
            remote: false,
            root: None,
        }
    }
}
