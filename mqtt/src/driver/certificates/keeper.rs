use super::keys::{KeyHolder, KeysInMemory};
use defender_auth::{
    renewal::Certificates,
    store::{CertificatesLock, Store},
    x509::{self, Certificate},
};

/// What the driver has of its certificates, and where they go.
pub(in crate::driver) struct Keeper {
    /// What is on the disk; after a failed write, what should be.
    pub(in crate::driver) kept: Certificates,
    /// Held from the first request on, and from the start if no other process has it.
    pub(in crate::driver) lock: Option<CertificatesLock>,
    pub(in crate::driver) keys: Box<dyn KeyHolder>,
    pub(in crate::driver) root: Option<Certificate>,
    pub(in crate::driver) export: Option<Store>,
    /// The certificate that the twin has a report of.
    pub(in crate::driver) reported: Option<Vec<u8>>,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            kept: Certificates::default(),
            lock: None,
            keys: Box::new(KeysInMemory(x509::Curve::P384)),
            root: None,
            export: None,
            reported: None,
        }
    }
}
