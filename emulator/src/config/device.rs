use super::{
    Authentication, Issued, Issuing, Module,
    builders::{key_builder, thumbprint_builder, twin_builder},
    credentials::Credentials,
};
use crate::twin::Twin;
use serde::Deserialize;

/// A device of a hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) credentials: Credentials,
    #[serde(default)]
    pub(crate) disabled: bool,
    #[serde(default, rename = "desired")]
    pub(crate) twin: Twin,
    #[serde(default, rename = "module")]
    pub(crate) modules: Vec<Module>,
    pub(crate) issuing: Option<Issuing>,
    /// The certificates that were issued for it, which it may connect with.
    #[serde(skip)]
    pub(crate) issued: Vec<Issued>,
    /// How often it was changed. The etag is made of it.
    #[serde(skip)]
    pub(crate) revision: u64,
}

impl Device {
    /// A device with a primary key, in base64.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self::with(id, Credentials::with_key(primary_key))
    }

    /// A device with a self-signed certificate of this thumbprint: upper-case hex of SHA-1 or SHA-256.
    #[must_use]
    pub fn with_thumbprint(id: &str, thumbprint: &str) -> Self {
        Self::with(id, Credentials::with_thumbprint(thumbprint))
    }

    /// A device with a CA-signed certificate whose common name is the device ID. The hub requires the CA.
    #[must_use]
    pub fn with_authority(id: &str) -> Self {
        Self::with(id, Credentials::of(Authentication::CertificateAuthority))
    }

    pub(crate) fn with(id: &str, credentials: Credentials) -> Self {
        let (twin, modules, issued) = (Twin::default(), Vec::new(), Vec::new());
        Self { id: id.into(), credentials, disabled: false, twin, modules, issuing: None, issued, revision: 0 }
    }

    key_builder!(credentials);
    thumbprint_builder!(credentials);
    twin_builder!();

    /// Refuses the device and its modules.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Renews certificates by this policy. A device that a registration has issued a certificate for has the policy of that.
    #[must_use]
    pub fn issuing(mut self, policy: Issuing) -> Self {
        self.issuing = Some(policy);
        self
    }

    /// Adds a module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    pub(crate) fn find(&self, module: &str) -> Option<&Module> {
        self.modules.iter().find(|known| known.id == module)
    }

    pub(crate) fn find_mut(&mut self, module: &str) -> Option<&mut Module> {
        self.modules.iter_mut().find(|known| known.id == module)
    }
}
