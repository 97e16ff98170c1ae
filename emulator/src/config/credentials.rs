use super::Key;
use crate::chain::Thumbprint;
use serde::Deserialize;

/// How a device or a module authenticates, by the words of the hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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

/// What a hub registers of a device or a module.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    pub(crate) authentication: Authentication,
    pub(crate) primary_key: Option<Key>,
    pub(crate) secondary_key: Option<Key>,
    /// Of the certificate, for [`Authentication::SelfSigned`].
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) secondary_thumbprint: Option<Thumbprint>,
}

/// What a client has to prove.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    /// That it has one of these keys.
    Keys([Option<&'a Key>; 2]),
    /// That it has the key of a certificate with one of these thumbprints.
    Thumbprints([Option<&'a Thumbprint>; 2]),
    /// That it has the key of a certificate of a CA that the hub trusts.
    Authority,
    /// It cannot authenticate.
    Nothing,
}

impl Credentials {
    pub(super) fn with_key(primary_key: &str) -> Self {
        Self { primary_key: Some(primary_key.into()), ..Self::default() }
    }

    pub(super) fn with_thumbprint(thumbprint: &str) -> Self {
        Self { thumbprint: Some(thumbprint.into()), ..Self::of(Authentication::SelfSigned) }
    }

    pub(super) fn of(authentication: Authentication) -> Self {
        Self { authentication, ..Self::default() }
    }

    /// None of them unless it authenticates with a key.
    pub(crate) fn keys(&self) -> [Option<&Key>; 2] {
        match self.authentication {
            Authentication::Sas => [self.primary_key.as_ref(), self.secondary_key.as_ref()],
            _ => [None, None],
        }
    }

    pub(crate) const fn thumbprints(&self) -> [Option<&Thumbprint>; 2] {
        [self.thumbprint.as_ref(), self.secondary_thumbprint.as_ref()]
    }

    pub(crate) fn proof(&self) -> Proof<'_> {
        match self.authentication {
            Authentication::Sas => Proof::Keys(self.keys()),
            Authentication::SelfSigned => Proof::Thumbprints(self.thumbprints()),
            Authentication::CertificateAuthority => Proof::Authority,
            Authentication::None => Proof::Nothing,
        }
    }
}
