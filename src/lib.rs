//! Who am I, and how do I prove it to Azure IoT Hub?
//!
//! A security agent answers that question with what it owns: a connection string in a file, a symmetric key, an
//! enrollment group's key. This library takes it from there to a credential that the hub accepts. It is a pure
//! library: it computes and the caller does. Time and entropy are arguments; no socket, clock, environment, log or
//! global hides inside, and files are read by [`agent`] alone.
//!
//! # The paved path
//!
//! From an agent's folder to an MQTT login:
//!
//! ```no_run
//! # #[cfg(feature = "agent")] {
//! use defender_auth::{UnixTime, agent, mqtt::Connect};
//! use std::time::{Duration, SystemTime};
//!
//! let loaded = agent::load("/etc/defender_iot_micro_agent")?;
//! let me = loaded.plan.outcome().ok_or("this plan has to ask the network")?;
//!
//! let login = Connect::hub(me.identity(), None); // host, client id and user name
//! let an_hour_from_now = UnixTime::from(SystemTime::now()) + Duration::from_secs(3600);
//! let password = me.password(an_hour_from_now).into_token().ok_or("this identity uses no token")?;
//! # }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! From an enrollment group's key to the key of one device: [`SharedAccessKey::derive`]. From a key to thousands of
//! tokens a second without allocating: [`sas::Signer`]. From a token somebody else made to the reason why it does
//! not hold: [`sas::SasToken::verify`].
//!
//! # Errors
//!
//! Every error says on one line what is wrong and what to do. [`Error::kind`] says whose fault it is, [`Error::code`]
//! is a number that stays the same for ever, and no error quotes a secret.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `std` | yes | conversions from `std` types; without it the library needs `alloc` only |
//! | `agent` | yes | [`agent`]: the files of the micro agent and of both security agents |
//! | `http` | no | `From<&http::Request>` of this library for `http::Request` of the crate `http` |
//! | `rustls` | no | `tls`: TLS configurations for the hub |
//! | `https` | no | `https`: a blocking client that runs a plan |
//! | `x509` | no | `x509`: certificates and keys from files, checked before connecting |
//! | `tpm` | no | `tpm`: a TPM 2.0 as the place of the device's keys; `std` opens one |

#![no_std]
#![forbid(unsafe_code)]

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
#[cfg(feature = "twin")]
pub mod twin;

#[cfg(feature = "agent")]
pub use adapters::agent;
#[cfg(feature = "https")]
pub use adapters::https;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use adapters::open_files;
#[cfg(feature = "tls")]
pub use adapters::tls;
#[cfg(feature = "tpm")]
pub use adapters::tpm;
#[cfg(feature = "x509")]
pub use adapters::x509;
pub use base::{payload, secret, wait};
#[cfg(feature = "flows")]
pub use flow::{authenticator, device_mode, dps, exchange, http, outcome, plan};

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

/// The README's code is compiled with the tests.
#[cfg(all(doctest, feature = "agent", feature = "https"))]
#[doc = include_str!("../README.md")]
struct Readme;
