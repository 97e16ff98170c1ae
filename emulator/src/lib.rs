//! A loopback emulator of IoT Hub and the Device Provisioning Service (DPS), for development and tests.
//!
//! It serves TLS with a CA of its own: MQTT 3.1.1 for logins, twins and registrations, MQTT 5 at hubs with the profile `mqttV5`
//! ([`Hub::connection_profile`]), and HTTPS for registrations and
//! reads of a module's identity; MQTT also over WebSocket at the address for HTTPS. [`Emulator::proxy`] starts an HTTP proxy
//! in front of it. It checks what the protocol requires: the client ID against the user name, the
//! api-version, a SAS token's signature, resource and expiry, and a client certificate's thumbprint or chain, name and
//! validity. It challenges a TPM with a key that only the enrolled TPM can decrypt. A [`Journal`] records every decision with
//! its reason, which the real services do not tell a client.
//!
//! A client whose token expires is disconnected after a small grace period, and so is the older of two connections with one
//! client ID, a client that is removed or disabled, and one that sends nothing for longer than its keep-alive permits. Keys,
//! devices, enrollments and the emulator's clock can be changed while it runs, and messages are counted.
//!
//! It shares no code with the library that it tests: it is a second, independent reading of the protocol.
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
//! use defender_auth_emulator::{Dps, Emulator, Fault, Group, Hub, Operation, World};
//!
//! let dps = Dps::new("0ne00000A0A").group(Group::new("fleet", "QEFCQ0RFRkdISUpLTE1OTw==").pending(2));
//! let world = World::new().hub(Hub::new("contoso.azure-devices.net")).dps(dps);
//! let emulator = Emulator::play(world, "127.0.0.1:0".parse()?)?;
//! emulator.fault(Operation::Register, Fault::Status(429).retry_after("3"), 1);
//! println!("provisioning is at {} and {}", emulator.https_address(), emulator.address());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! The same from a [configuration](Config):
//!
//! ```
//! use defender_auth_emulator::{Config, Emulator, World};
//!
//! let config: Config = r#"
//!     [[hub]]
//!     host_name = "contoso.azure-devices.net"
//!
//!     [dps]
//!     id_scope = "0ne00000A0A"
//!
//!     [[dps.group]]
//!     id = "fleet"
//!     primary_key = "QEFCQ0RFRkdISUpLTE1OTw=="
//!     pending = 2
//!
//!     [[fault]]
//!     operation = "register"
//!     fault = "status"
//!     status = 429
//!     retry_after = "3"
//! "#
//! .parse()?;
//! let emulator = Emulator::play(World::from(config), "127.0.0.1:0".parse()?)?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

// The layers, of which each uses only those before it: base, fault, tpm, journal, sas, chain, twin, config, issuing,
// answer, hub, dps, service, wire, http and mqtt, server,
// daemons and admin.
mod admin;
mod answer;
mod base;
mod chain;
mod config;
#[cfg(target_os = "linux")]
mod daemons;
mod dps;
mod fault;
mod http;
mod hub;
mod issuing;
mod journal;
mod mqtt;
mod sas;
mod server;
mod service;
mod tpm;
mod twin;
mod wire;

#[cfg(test)]
#[allow(dead_code, reason = "the tests beside the sources use the rest")]
mod test_certificates;
#[cfg(test)]
mod test_tokens;

pub use admin::Admin;
pub use config::{
    Config, ConfigError, Device, Dps, Enrollment, Group, Hub, Issuing, KeyType, Module, Permission, Policy, Root,
    TlsVersions, World,
};
#[cfg(target_os = "linux")]
pub use daemons::{Host, HostError, RunningHost};
pub use fault::{Alert, ChainFault, Fault, Operation, OperationError, PlannedFault};
pub use journal::{Entry, Journal, Record, Refusal};
#[doc(hidden)]
pub use server::rehearsal;
pub use server::{ChangeError, Emulator, OrderError, PossessionError, Proxy, StartError};
pub use service::Message;
