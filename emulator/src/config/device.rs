use super::{Authentication, Key, Module, Thumbprint};
use crate::{proof::Proof, twin::Twin};
use serde::Deserialize;

/// A device of a hub.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) authentication: Authentication,
    pub(crate) primary_key: Option<Key>,
    pub(crate) secondary_key: Option<Key>,
    /// Of its certificate, for [`Authentication::SelfSigned`].
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) secondary_thumbprint: Option<Thumbprint>,
    #[serde(default)]
    pub(crate) disabled: bool,
    #[serde(default, rename = "desired")]
    pub(crate) twin: Twin,
    #[serde(default, rename = "module")]
    pub(crate) modules: Vec<Module>,
}

impl Device {
    /// A device with its primary key.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self { primary_key: Some(primary_key.into()), ..Self::with(id, Authentication::Sas) }
    }

    /// A device that has a certificate of its own with this thumbprint, and no keys. It is hex in upper case, of SHA-1
    /// or SHA-256.
    #[must_use]
    pub fn with_thumbprint(id: &str, thumbprint: &str) -> Self {
        Self { thumbprint: Some(thumbprint.into()), ..Self::with(id, Authentication::SelfSigned) }
    }

    /// A device that has a certificate of an authority which the hub knows, and no keys. The certificate's common name
    /// is the device's id.
    #[must_use]
    pub fn with_authority(id: &str) -> Self {
        Self::with(id, Authentication::CertificateAuthority)
    }

    fn with(id: &str, authentication: Authentication) -> Self {
        Self {
            id: id.into(),
            authentication,
            primary_key: None,
            secondary_key: None,
            thumbprint: None,
            secondary_thumbprint: None,
            disabled: false,
            twin: Twin::default(),
            modules: Vec::new(),
        }
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(mut self, key: &str) -> Self {
        self.secondary_key = Some(key.into());
        self
    }

    /// With a secondary thumbprint, of the same kind as the first.
    #[must_use]
    pub fn secondary_thumbprint(mut self, thumbprint: &str) -> Self {
        self.secondary_thumbprint = Some(thumbprint.into());
        self
    }

    /// Not allowed to connect, and its modules neither.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// With these desired properties in its twin, which have to be an object.
    #[must_use]
    pub fn desired(mut self, properties: serde_json::Value) -> Self {
        self.twin = Twin::new(properties);
        self
    }

    /// With one more module.
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

    /// None of them when it does not log in with a key.
    pub(crate) fn keys(&self) -> [Option<&Key>; 2] {
        match self.authentication {
            Authentication::Sas => [self.primary_key.as_ref(), self.secondary_key.as_ref()],
            _ => [None, None],
        }
    }

    pub(crate) fn thumbprints(&self) -> [Option<&Thumbprint>; 2] {
        [self.thumbprint.as_ref(), self.secondary_thumbprint.as_ref()]
    }

    /// How it proves who it is.
    pub(crate) fn proof(&self) -> Proof<'_> {
        Proof::of(self.authentication, self.keys(), self.thumbprints())
    }
}
