//! A loopback IoT Hub and provisioning service for development and tests.
//!
//! It speaks TLS with a certificate authority of its own. Over MQTT 3.1.1 it takes logins, twins and registrations, over
//! HTTPS registrations and reads of a module's identity. Everything is checked as the protocol asks for it: client id
//! against user name, api-version, the SAS token by its signature, its resource and its expiry, and the client certificate
//! by its thumbprint or its chain, its name and its dates. A TPM is challenged with a key that only it can load. Every
//! decision goes into a [`Journal`] with the reason, which the real services keep to themselves.
//!
//! It is a second reading of the protocol: it shares no code with the library that it is there to check.
//!
//! ```
//! use defender_auth_emulator::{Device, Emulator, Hub};
//!
//! let hub = Hub::new("contoso.azure-devices.net").device(Device::new("dev-01", "AwoRGB8mLTQ7QklQV15lbA=="));
//! let emulator = Emulator::start([hub], "127.0.0.1:0".parse()?)?;
//! println!("contoso.azure-devices.net is at {}", emulator.address());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! With a provisioning service, and a fault that its first client meets:
//!
//! ```
//! use defender_auth_emulator::{Dps, Emulator, Fault, Group, Hub, On, World};
//!
//! let dps = Dps::new("0ne00000A0A").group(Group::new("fleet", "QEFCQ0RFRkdISUpLTE1OTw==").pending(2));
//! let world = World::new().hub(Hub::new("contoso.azure-devices.net")).dps(dps);
//! let emulator = Emulator::play(world, "127.0.0.1:0".parse()?)?;
//! emulator.fault(On::Register, Fault::Status(429).retry_after("3"), 1);
//! println!("provisioning is at {} and {}", emulator.https_address(), emulator.address());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod answer;
mod authority;
mod chain;
mod clock;
mod config;
mod control;
mod dps;
mod errors;
mod fault;
mod guid;
mod http;
mod journal;
mod listener;
mod login;
mod possession;
mod proof;
mod refusal;
#[doc(hidden)]
pub mod rehearsal;
mod rest;
mod sas;
mod session;
mod state;
#[cfg(test)]
#[allow(dead_code, reason = "the tests beside the sources use the rest")]
mod test_certificates;
#[cfg(test)]
mod test_tokens;
mod tpm;
mod twin;
mod verifier;
mod wire;
mod world;

pub use config::{Config, ConfigError, Device, Dps, Enrollment, Group, Hub, Module, Policy};
pub use control::ChangeError;
pub use fault::{Fault, On};
pub use journal::{Entry, Journal};
pub use listener::{Emulator, StartError};
pub use possession::PossessionError;
pub use refusal::Refusal;
pub use world::World;
