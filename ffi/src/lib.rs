//! `libdefenderauth`, the C library. `ffi/README.md` and the header, `include/defenderauth.h`, which is generated from this
//! source, specify its interface.
//!
//! Every function is guarded: a panic becomes a result and never leaves the library. Objects are boxes that C owns; their
//! contents are copied in and never shared.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(all(feature = "std", panic = "abort"))]
compile_error!("a panic has to become DEFENDERAUTH_PANIC: build this library with `panic = \"unwind\"`");

extern crate alloc;

mod abi;
pub mod agent_config;
pub mod authenticator;
#[cfg(not(feature = "std"))]
mod bare;
pub mod certificate;
pub mod certificate_request;
mod code;
pub mod connection_string;
pub mod daemon;
pub mod diagnosis;
pub mod driver;
pub mod enrollment_groups;
pub mod error;
mod failure;
pub mod group_key;
mod guard;
pub mod https;
mod identity;
mod input;
pub mod key;
mod lock;
mod misuse;
mod object;
pub mod opener;
pub mod operational;
pub mod options;
mod output;
pub mod presence;
pub mod private_key;
pub mod profile;
pub mod sas;
pub mod sas_from_base64;
pub mod session;
pub mod signer;
#[cfg(feature = "operational")]
mod stored;
pub mod tls_failure;
pub mod token;
pub mod tpm;
pub mod twin;
pub mod version;
mod view;

pub use abi::{Flag, Header, ResultCode, Slice, Str};
pub use agent_config::AgentConfig;
pub use authenticator::Authenticator;
pub use certificate::Certificate;
pub use certificate_request::CertificateRequest;
pub use code::*;
pub use connection_string::ConnectionString;
pub use daemon::Daemon;
pub use diagnosis::*;
pub use driver::{Control, Driver, code::*};
pub use enrollment_groups::EnrollmentGroups;
pub use error::Error;
pub use group_key::GroupKey;
pub use https::Https;
pub use key::Key;
pub use opener::Opener;
pub use operational::{Certificates, Renewal, code::*};
pub use options::Options;
pub use presence::Presence;
pub use private_key::{PrivateKey, ReleaseFunction, SignFunction};
pub use profile::Profile;
pub use session::{Policy, Session, Sources, code::*};
pub use signer::Signer;
pub use tls_failure::*;
pub use token::Token;
pub use tpm::Tpm;
pub use twin::{Twin, code::*};
