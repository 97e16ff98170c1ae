//! Certificates and their keys: read from files, put in order, checked before anybody connects.
//!
//! The services look at a certificate and say 401. Everything that they look at can be looked at here: [`check()`] gives
//! a [`Finding`] for each thing that is wrong, will soon be, or is good to know, and [`verify()`] says whether a chain
//! leads to the certificate of an enrollment group. The caller says what time it is, and reads the files.
//!
//! ```
//! use defender_auth::{UnixTime, identity::DeviceId, x509::{ClientIdentity, Purpose, Severity, check}};
//!
//! # let (certificate, key) = (include_bytes!("../../../tests/x509/data/p256.certificate.pem"), include_bytes!("../../../tests/x509/data/p256.sec1.pem"));
//! let me = ClientIdentity::from_pem_pair(certificate, key, None)?;
//! let id = DeviceId::new("dev-01")?;
//! let found = check(me.chain(), Some(me.key()), Purpose::Hub(&id), UnixTime::from_secs(1_800_000_000));
//! for finding in found.iter().filter(|finding| finding.severity() == Severity::Refused) {
//!     println!("{finding}");
//! }
//! assert!(found.is_usable());
//! let credential = me.into_client_certificate(); // for a plan or an outcome
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! A PEM text may have carriage returns, a byte order mark, and text before its blocks. Keys become PKCS#8 in memory
//! that is wiped, and are never printed.

mod certificate;
mod chain;
mod check;
mod finding;
mod groups;
mod identity;
mod key;
mod pbes2;
mod pem;
mod pkcs12;
mod pkcs8;
mod thumbprint;
mod verify;

pub use certificate::Certificate;
pub use chain::Chain;
pub use check::{Purpose, check};
pub use finding::{Compared, Finding, Findings, Severity};
pub use groups::EnrollmentGroups;
pub use identity::ClientIdentity;
pub use key::{KeyAlgorithm, PrivateKey};
pub use pem::SIZE_LIMIT;
pub use thumbprint::Thumbprint;
pub use verify::verify;
