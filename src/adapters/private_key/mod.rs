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

mod memory;

pub use memory::MemoryKey;
