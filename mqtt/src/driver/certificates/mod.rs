//! Operational certificates: the driver's part of a source that requests them.

mod keeping;
mod keys;
mod load;
mod renewing;
mod report;

pub use keys::{KeyHolder, KeysInMemory, NewKey};
pub(super) use load::load;

use defender_auth::{
    renewal::Certificates,
    store::Store,
    x509::{self, Certificate},
};

/// What the driver has of its certificates, and where they go.
pub(super) struct Keeper {
    /// What is on the disk; after a failed write, what should be.
    pub(super) kept: Certificates,
    pub(super) keys: Box<dyn KeyHolder>,
    pub(super) root: Option<Certificate>,
    pub(super) export: Option<Store>,
    /// The certificate that the twin has a report of.
    pub(super) reported: Option<Vec<u8>>,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            kept: Certificates::default(),
            keys: Box::new(KeysInMemory(x509::Curve::P384)),
            root: None,
            export: None,
            reported: None,
        }
    }
}

/// Whether a topic is that of an answer to a renewal.
pub(super) fn is_of_renewal(topic: &str) -> bool {
    topic.starts_with("$iothub/credentials/res/")
}
