use rustls::pki_types::CertificateDer;
use serde::Deserialize;

/// A policy by which certificates are issued for devices: at their registration, and renewed through their hub.
///
/// In a configuration it is a table `issuing` of an enrollment, an enrollment group or a device of a hub.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Issuing {
    pub(crate) key_types: Vec<KeyType>,
    pub(crate) days: u32,
    pub(crate) depth: usize,
    pub(crate) seconds: u64,
}

/// A kind of key that a policy issues certificates for. In a configuration it is `P-384`, `P-256` or `RSA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum KeyType {
    /// NIST P-384.
    #[serde(rename = "P-384")]
    P384,
    /// NIST P-256.
    #[serde(rename = "P-256")]
    P256,
    /// RSA.
    #[serde(rename = "RSA")]
    Rsa,
}

impl KeyType {
    /// Its name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::P384 => "P-384",
            Self::P256 => "P-256",
            Self::Rsa => "RSA",
        }
    }
}

impl Default for Issuing {
    fn default() -> Self {
        Self { key_types: vec![KeyType::P384, KeyType::P256], days: 30, depth: 3, seconds: 0 }
    }
}

impl Issuing {
    /// A policy for P-384 and P-256: certificates of 30 days, in chains of a leaf, an intermediate and a root, issued at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the kinds of key.
    #[must_use]
    pub fn key_types(mut self, types: impl IntoIterator<Item = KeyType>) -> Self {
        self.key_types = types.into_iter().collect();
        self
    }

    /// Sets how long a certificate is valid, 1 to 3650 days.
    #[must_use]
    pub const fn days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    /// Sets the number of certificates in a chain, leaf and root included, 2 to 8.
    #[must_use]
    pub const fn depth(mut self, certificates: usize) -> Self {
        self.depth = certificates;
        self
    }

    /// Sets how many seconds a renewal takes after it was accepted.
    #[must_use]
    pub const fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Whether certificates can be issued by it.
    pub(crate) fn is_possible(&self) -> bool {
        (1..=3650).contains(&self.days) && (2..=8).contains(&self.depth)
    }
}

/// A certificate that was issued for a device.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) common_name: String,
    pub(crate) sha256: String,
    /// What its chain leads to.
    pub(crate) root: CertificateDer<'static>,
    pub(crate) revoked: bool,
}
