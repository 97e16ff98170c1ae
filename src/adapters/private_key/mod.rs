//! Private keys that sign TLS handshakes and certificate requests, by where they are: implementations of the trait
//! [`PrivateKey`](crate::key::PrivateKey).
//!
//! ```
//! use defender_auth::{credential::CertificateRequest, private_key::MemoryKey, x509::{Curve, PrivateKey}};
//!
//! let key = PrivateKey::generate(Curve::P256)?; // its PEM text: `key.to_pem()`
//! let request = CertificateRequest::sign("dev-01", &MemoryKey::new(&key)?)?;
//! assert!(request.to_pem().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`Opener`] opens a key by its name, a [`Location`]: a file, a key of a TPM or of `aziot-keyd`, or a
//! signing process.

#[cfg(any(feature = "local-signer", feature = "tpm"))]
mod hash;
#[cfg(feature = "local-signer")]
mod keyd;
mod location;
mod memory;
mod opened;
mod opener;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod process_stream;
#[cfg(any(feature = "local-signer", feature = "tpm"))]
mod pss;
pub mod signing_protocol;
#[cfg(feature = "tpm")]
mod tpm;

#[cfg(feature = "local-signer")]
pub use keyd::{KeydKey, open_account};
pub use location::Location;
pub use memory::MemoryKey;
pub use opened::OpenedKey;
pub use opener::Opener;
#[cfg(unix)]
pub use process::ProcessKey;
#[cfg(feature = "tpm")]
pub use tpm::TpmKey;
