//! A host that is to have daemons: its identity at the hub, its users and its modules.

/// A device that runs the identity service and IoT Edge.
#[derive(Clone, Debug)]
pub struct Host {
    pub(super) hub: String,
    pub(super) device: String,
    pub(super) gateway: Option<String>,
    pub(super) principals: Vec<(u32, String)>,
    pub(super) modules: Vec<String>,
    certificates: Vec<(String, String)>,
    pub(super) pairs: Vec<(String, String)>,
    /// Users that are the device itself, by its private key and its certificate.
    devices: Vec<(u32, String, String)>,
}

impl Host {
    /// A device of a hub.
    #[must_use]
    pub fn new(hub: &str, device: &str) -> Self {
        Self {
            hub: hub.into(),
            device: device.into(),
            gateway: None,
            principals: Vec::new(),
            modules: Vec::new(),
            certificates: Vec::new(),
            pairs: Vec::new(),
            devices: Vec::new(),
        }
    }

    /// Behind this gateway.
    #[must_use]
    pub fn gateway(mut self, host_name: &str) -> Self {
        self.gateway = Some(host_name.into());
        self
    }

    /// Adds a principal of the identity service: a user, and the module that its programs are.
    #[must_use]
    pub fn principal(mut self, uid: u32, module: &str) -> Self {
        self.principals.push((uid, module.into()));
        self
    }

    /// Adds a module of IoT Edge, which gets a socket of the workload API.
    #[must_use]
    pub fn module(mut self, module: &str) -> Self {
        self.modules.push(module.into());
        self
    }

    /// Adds a certificate of `certd`: its ID, and the chain in PEM.
    #[must_use]
    pub fn certificate(mut self, id: &str, pem: &str) -> Self {
        self.certificates.push((id.into(), pem.into()));
        self
    }

    /// Adds a private key of `keyd`: its ID, and the key in PKCS#8 as PEM, on P-256 or RSA.
    #[must_use]
    pub fn key_pair(mut self, id: &str, pem: &str) -> Self {
        self.pairs.push((id.into(), pem.into()));
        self
    }

    /// Adds a user whose programs are the device itself, which authenticates with this private key of `keyd` and this
    /// certificate of `certd`.
    #[must_use]
    pub fn certified_device(mut self, uid: u32, key_id: &str, certificate_id: &str) -> Self {
        self.devices.push((uid, key_id.into(), certificate_id.into()));
        self
    }

    pub(super) fn device_of(&self, uid: u32) -> Option<(&str, &str)> {
        let found = self.devices.iter().find(|(known, ..)| *known == uid);
        found.map(|(_, key, certificate)| (key.as_str(), certificate.as_str()))
    }

    pub(super) fn module_of(&self, uid: u32) -> Option<String> {
        self.principals.iter().find(|(known, _)| *known == uid).map(|(_, module)| module.clone())
    }

    pub(super) fn certificate_of(&self, id: &str) -> Option<&str> {
        self.certificates.iter().find(|(known, _)| known == id).map(|(_, pem)| pem.as_str())
    }
}
