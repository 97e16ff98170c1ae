//! A small MQTT client for agents of IoT Hub: MQTT 3.1.1, or MQTT 5 at a hub with the connection profile `mqttV5`, over TLS,
//! by TCP or WebSocket and through HTTP proxies; blocking, strict in verifying servers.
//!
//! The library has no MQTT client: it gives host, client id, user name and password to the client that an agent has
//! anyway. An agent without one has two ways here:
//!
//! - `driver` (feature `driver`) keeps it connected for years and carries its messages.
//! - [`Session`] is one login, for a command that tries a credential: every operation has a time limit ([`Limits`]).
//!
//! ```no_run
//! use defender_auth::{mqtt::Connect, tls::Roots};
//! use defender_auth_mqtt::{Dial, Session};
//! # fn login() -> Connect { unimplemented!() }
//! # fn token() -> defender_auth::sas::SasToken { unimplemented!() }
//!
//! let (login, token) = (login(), token());
//! let session = Session::open(&login, &token, &Dial::host(), Roots::Platform)?;
//! session.close();
//! # Ok::<_, defender_auth_mqtt::Error>(())
//! ```
//!
//! A [`Login`] says which of the two versions it is: by the connection profile of the hub, so that no caller has to choose.
//!
//! | feature | adds |
//! |---|---|
//! | `driver` | `driver`: an agent's connection, kept; with the library's `https`, `session` and `store` |
//! | `certificates` | operational certificates: the driver makes keys and requests, keeps what is issued, and renews it |
//! | `local-signer` | a daemon of this device as the driver's signer |
//! | `private-key` | certificates whose key signs where it is: with `local-signer`, a key of `aziot-keyd` |
//! | `tpm` | a TPM as the driver's signer |
//! | `tracing` | what the driver reports as events of the crate `tracing` |

#![forbid(unsafe_code)]

mod dial;
#[cfg(feature = "driver")]
pub mod driver;
mod error;
mod exchange;
mod limits;
mod link;
mod login;
mod open_files;
mod packets;
mod presence;
mod probe;
mod proof;
mod provisioner;
mod reach;
mod session;
mod socket;
mod transport;
mod tunnel;
mod websocket;

pub use dial::Dial;
pub use error::Error;
pub use limits::Limits;
pub use login::Login;
pub use probe::{HttpHead, Probe};
pub use proof::Proof;
pub use provisioner::{Answer, Provisioner};
pub use session::{EARLY_LIMIT, Message, PACKET_LIMIT, Session};
pub use transport::Transport;
