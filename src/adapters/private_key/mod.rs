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

#[cfg(feature = "tpm")]
mod hash;
mod memory;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod process_stream;
#[cfg(feature = "tpm")]
mod pss;
pub mod signing_protocol;
#[cfg(feature = "tpm")]
mod tpm;

pub use memory::MemoryKey;
#[cfg(unix)]
pub use process::ProcessKey;
#[cfg(feature = "tpm")]
pub use tpm::TpmKey;
