//! Which versions of TLS a server speaks.

use crate::{
    base::{is_classic_name, is_device_name},
    config::TlsVersions,
};
use rustls::{
    ALL_VERSIONS, SupportedProtocolVersion,
    version::{TLS12, TLS13},
};

static ONLY_12: &[&SupportedProtocolVersion] = &[&TLS12];
static ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];

/// What a connection is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    All,
    Tls12,
    Tls13,
}

impl Offered {
    /// For a client that names this server, or none.
    pub(super) fn to(versions: TlsVersions, name: Option<&str>) -> Self {
        match (versions, name) {
            (TlsVersions::Tls12, _) => Self::Tls12,
            (TlsVersions::Tls13, _) => Self::Tls13,
            (TlsVersions::ByName, Some(name)) if is_device_name(name) => Self::Tls13,
            (TlsVersions::ByName, Some(name)) if is_classic_name(name) || is_provisioning(name) => Self::Tls12,
            (TlsVersions::ByName | TlsVersions::All, _) => Self::All,
        }
    }

    pub(super) fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        match self {
            Self::All => ALL_VERSIONS,
            Self::Tls12 => ONLY_12,
            Self::Tls13 => ONLY_13,
        }
    }
}

fn is_provisioning(name: &str) -> bool {
    name.split('.').any(|label| label.eq_ignore_ascii_case("azure-devices-provisioning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_versions() {
        let by_name = |name| Offered::to(TlsVersions::ByName, name);
        for classic in ["contoso.azure-devices.net", "global.azure-devices-provisioning.cn"] {
            assert_eq!(by_name(Some(classic)), Offered::Tls12, "{classic}");
        }
        assert_eq!(by_name(Some("contoso.device.azure-devices.us")), Offered::Tls13);
        for other in [Some("edge.local"), Some("localhost"), None] {
            assert_eq!(by_name(other), Offered::All, "{other:?}");
        }
        for name in [Some("contoso.device.azure-devices.us"), Some("contoso.azure-devices.net"), None] {
            assert_eq!(Offered::to(TlsVersions::Tls12, name), Offered::Tls12);
            assert_eq!(Offered::to(TlsVersions::Tls13, name), Offered::Tls13);
            assert_eq!(Offered::to(TlsVersions::All, name), Offered::All);
        }
    }
}
