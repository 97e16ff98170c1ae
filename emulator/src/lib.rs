//! A loopback IoT Hub for development and tests.
//!
//! It speaks TLS with a certificate authority of its own and takes MQTT 3.1.1 logins. A login is checked as the
//! protocol asks for it: client id against user name, api-version, and the SAS token in the password, by its
//! signature, its resource and its expiry. Every decision goes into a [`Journal`] with the reason, which a real hub
//! keeps to itself.
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

#![forbid(unsafe_code)]

mod authority;
mod config;
mod journal;
mod listener;
mod login;
mod sas;
mod session;

pub use config::{Config, ConfigError, Device, Hub, Module, Policy};
pub use journal::{Entry, Journal};
pub use listener::{Emulator, StartError};
pub use login::Refusal;
