use super::{Key, Thumbprint};
use crate::{proof::Proof, twin::Twin};
use serde::Deserialize;

/// A module of a device.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) authentication: Authentication,
    pub(crate) primary_key: Option<Key>,
    pub(crate) secondary_key: Option<Key>,
    /// Of its certificate, for [`Authentication::SelfSigned`].
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) secondary_thumbprint: Option<Thumbprint>,
    #[serde(default, rename = "desired")]
    pub(crate) twin: Twin,
    /// How often it was changed. The etag is made of it.
    #[serde(skip)]
    pub(crate) revision: u64,
}

/// How a device or a module proves who it is, by the words of the hub.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Authentication {
    #[default]
    Sas,
    SelfSigned,
    CertificateAuthority,
    None,
}

impl Authentication {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sas => "sas",
            Self::SelfSigned => "selfSigned",
            Self::CertificateAuthority => "certificateAuthority",
            Self::None => "none",
        }
    }
}

impl Module {
    /// A module with its primary key.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self { primary_key: Some(primary_key.into()), ..Self::with(id, Authentication::Sas) }
    }

    /// A module that has a certificate of its own with this thumbprint, and no keys.
    #[must_use]
    pub fn with_thumbprint(id: &str, thumbprint: &str) -> Self {
        Self { thumbprint: Some(thumbprint.into()), ..Self::with(id, Authentication::SelfSigned) }
    }

    /// A module that has a certificate of an authority which the hub knows, and no keys. The certificate's common name
    /// is `device/module`.
    #[must_use]
    pub fn with_authority(id: &str) -> Self {
        Self::with(id, Authentication::CertificateAuthority)
    }

    /// A module that cannot log in at all.
    #[must_use]
    pub fn without_authentication(id: &str) -> Self {
        Self::with(id, Authentication::None)
    }

    fn with(id: &str, authentication: Authentication) -> Self {
        Self {
            id: id.into(),
            authentication,
            primary_key: None,
            secondary_key: None,
            thumbprint: None,
            secondary_thumbprint: None,
            twin: Twin::default(),
            revision: 0,
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

    /// With these desired properties in its twin, which have to be an object.
    #[must_use]
    pub fn desired(mut self, properties: serde_json::Value) -> Self {
        self.twin = Twin::new(properties);
        self
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
