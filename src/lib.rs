//! Authentication for Azure IoT Hub and the Device Provisioning Service (DPS), as pure state machines: connection strings,
//! SAS tokens, X.509 certificates, TPM 2.0.
//!
//! A device or security agent starts with what it has: a connection string in a file, a shared access key, an enrollment
//! group's key, a certificate, a TPM. This library takes it from there to a credential that the hub accepts. The core
//! computes and the caller acts: time and entropy are arguments, and requests, waits and signatures are values.
//!
//! # From an agent's folder to an MQTT login
//!
//! Feature `agent`, which is on by default:
//!
//! ```no_run
//! # #[cfg(feature = "agent")] {
//! use defender_auth::{UnixTime, agent, mqtt::Connect};
//! use std::time::{Duration, SystemTime};
//!
//! let loaded = agent::load("/etc/defender_iot_micro_agent")?;
//! let login = loaded.plan.outcome().ok_or("this plan requires a network request")?;
//!
//! let connect = Connect::hub(login.identity(), None); // host, client ID and user name
//! let an_hour_from_now = UnixTime::from(SystemTime::now()) + Duration::from_secs(3600);
//! let password = login.password(an_hour_from_now).into_token().ok_or("this identity uses no token")?;
//! # }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to start
//!
//! | I have | start here |
//! |---|---|
//! | an agent's folder or configuration file | `agent::load` |
//! | a micro agent's folder with a certificate, or an encrypted key | `agent::load_with_certificate` |
//! | a connection string | [`ConnectionString::parse`], [`Plan::from`] |
//! | a shared access key | [`Plan::known`] |
//! | an ID scope and a credential of the device | [`Plan::provision`] |
//! | an enrollment group's key | [`SharedAccessKey::derive`], then [`Plan::provision`] |
//! | a device's credential, to become its security module | [`Plan::in_device_mode`] |
//! | a certificate and a private key in files | `x509` |
//! | a certificate, and a key that signs where it is | [`key::PrivateKey`], [`credential::ClientCertificate::with_private_key`] |
//! | a key, and no certificate yet | [`credential::CertificateRequest`] |
//! | an enrollment that issues certificates | [`dps::Profile::with_certificate_request`], then [`renewal`] |
//! | a TPM 2.0 | `tpm` |
//! | a certificate whose key is in a TPM 2.0 | `tpm::KeyFile`, `private_key::TpmKey` |
//! | a certificate whose key is in another process | `private_key::ProcessKey` |
//! | a certificate whose key is in a PKCS#11 token | the crate `defender-auth-pkcs11` |
//! | no key: a module of IoT Edge, or a host with the identity service | `local_signer`, [`workload`], [`identity_service`] |
//! | a plan, and an HTTP client of my own | [`Authenticator`] |
//! | a plan, and no HTTP client | `https::Client` |
//! | a key, and thousands of tokens to make without allocating | [`sas::Signer`] |
//! | a token that somebody else made | [`sas::SasToken::verify`] |
//!
//! # Errors
//!
//! Every error says on one line what is wrong and what to do. [`Error::kind`] says where the fault is, [`Error::code`]
//! is a number that never changes, and no error quotes a secret.
//!
//! # Features
//!
//! A feature only adds. The third column says what of the system a module uses; the rest of the library uses nothing.
//!
//! | feature | default | adds | uses |
//! |---|---|---|---|
//! | `std` | yes | conversions from and to `std` types; without it the library needs `alloc` only | nothing |
//! | `flows` | yes | [`Plan`], [`Authenticator`], [`dps`], [`device_mode`], [`http`] | nothing |
//! | `session` | no | [`session`]: stays authenticated for years | nothing |
//! | `store` | no | `store`: a folder for what a session saves | files |
//! | `twin` | yes | [`twin`]: the security module's twin | nothing |
//! | `agent` | yes | `agent`: the files of the micro agent and of both security agents | files |
//! | `http` | no | [`http::Request`] as a value of the `http` crate | nothing |
//! | `tls` | no | `tls`: TLS configurations for hub and DPS | the system's trust anchors |
//! | `https` | no | `https`: a blocking client that runs a plan | sockets, clocks, entropy, proxy variables |
//! | `proxy` | no | `proxy`: what the proxy variables mean, and the CONNECT request | variables, only by `Proxies::from_env` |
//! | `local-signer` | no | `local_signer`: a daemon of this device signs | Unix sockets, clocks |
//! | `x509` | no | `x509`: certificates and private keys, checked before connecting | nothing; `agent` reads their files |
//! | `private-key` | no | `private_key`: keys that sign TLS handshakes and certificate requests, by where they are | entropy; sockets of signing processes |
//! | `tpm` | no | `tpm`: keys in a TPM 2.0, of the provisioning service and for TLS | with `std`, devices and sockets |

// The links of this page are checked in a build with every feature.
#![cfg_attr(
    not(all(feature = "session", feature = "twin")),
    allow(rustdoc::broken_intra_doc_links, reason = "in such a build some lead to nothing")
)]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod adapters;
mod base;
pub mod connection_string;
pub mod credential;
pub mod error;
#[cfg(feature = "flows")]
mod flow;
pub mod identity;
pub mod key;
pub mod mqtt;
pub mod sas;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "twin")]
pub mod twin;
/// What [`Error`] needs of it: variants do not depend on features.
#[cfg(not(feature = "twin"))]
#[doc(hidden)]
#[path = "twin/error.rs"]
pub mod twin;

#[cfg(feature = "agent")]
pub use adapters::agent;
#[cfg(feature = "https")]
pub use adapters::https;
#[cfg(feature = "local-signer")]
pub use adapters::local_signer;
#[cfg(feature = "private-key")]
pub use adapters::private_key;
#[cfg(feature = "proxy")]
pub use adapters::proxy;
#[cfg(feature = "store")]
pub use adapters::store;
#[cfg(feature = "tls")]
pub use adapters::tls;
#[cfg(feature = "tpm")]
pub use adapters::tpm;
#[cfg(feature = "x509")]
pub use adapters::x509;
pub use base::{payload, secret, wait};
#[cfg(feature = "flows")]
pub use flow::{
    authenticator, device_mode, dps, exchange, http, identity_service, local, outcome, plan, renewal, workload,
};

pub use base::time::{ClockSkew, Now, TimeError, UnixTime};
pub use connection_string::ConnectionString;
pub use credential::Password;
pub use error::Error;
#[cfg(feature = "flows")]
pub use flow::{
    attempt::Attempt,
    authenticator::{Action, Authenticator, Event},
    outcome::{Device, Outcome},
    plan::Plan,
};
pub use key::SharedAccessKey;
#[cfg(feature = "session")]
pub use session::Session;

/// The README's code is compiled with the tests.
#[cfg(all(doctest, feature = "agent", feature = "https"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "agent", feature = "https"))]
#[doc = include_str!("../docs/guide.md")]
struct Guide;
