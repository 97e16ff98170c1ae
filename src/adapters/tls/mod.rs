//! TLS configurations for hub and DPS, for any client that uses rustls, and why a connection failed.
//!
//! Servers are always verified, by name and by chain; no option turns that off. An error of such a configuration, or of the
//! client around it, is told apart by [`TlsFailure::of`](crate::error::TlsFailure::of).

mod alert;
mod azure;
mod certificate;
mod client_key;
mod config;
mod failure;
mod roots;
#[cfg(feature = "https")]
mod settings;
mod verifier;

pub use alert::alert_behind;
pub use azure::AZURE_ROOTS;
pub use config::{client_config, client_config_with};
pub use roots::{ROOTS_LIMIT, Roots};
#[cfg(feature = "https")]
pub(crate) use settings::{Settings, Stream, Trust};
