//! Certificates and their keys: loading, order of the chain, checks before connecting.
//!
//! The services reject a certificate with 401, whatever is wrong with it. What they check can be checked here: [`check()`]
//! gives a [`Finding`] for each problem, and [`check_for_group()`] and [`verify()`] whether a chain leads to the
//! certificate of an enrollment group. The caller gives the time, and reads the files.
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
//! A PEM text may have carriage returns, a byte order mark, and any bytes outside its blocks. Keys are converted to PKCS#8
//! in memory that is wiped, and are never printed.

mod algorithm;
mod certificate;
mod chain;
mod check;
mod ec_key;
mod finding;
mod findings;
mod foreign;
mod generate;
mod groups;
mod identity;
mod judge;
mod key;
mod key_kind;
mod name;
mod names;
mod path;
mod pbes2;
mod pem;
mod pkcs12;
mod pkcs8;
mod public_key;
mod severity;
mod signature;
mod thumbprint;
mod times;
mod tls_problem;
mod verify;

pub use algorithm::KeyAlgorithm;
pub use certificate::Certificate;
pub use chain::Chain;
pub use check::{check, check_for_group, check_names};
pub use ec_key::Curve;
#[cfg(all(feature = "local-signer", feature = "private-key"))]
pub(in crate::adapters) use ec_key::uncompressed;
pub use finding::{Compared, Finding};
pub use findings::Findings;
pub use groups::EnrollmentGroups;
pub use identity::ClientIdentity;
pub use judge::judge;
pub use key::PrivateKey;
pub use names::Purpose;
pub use pem::SIZE_LIMIT;
pub use public_key::public_key_from_pem;
pub use severity::Severity;
pub use thumbprint::Thumbprint;
pub use verify::verify;
