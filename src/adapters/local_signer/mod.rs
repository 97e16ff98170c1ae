//! Signs with the keys of a daemon of this device: HTTP over its Unix socket, or over TCP where it has a port.
//!
//! ```no_run
//! use defender_auth::{UnixTime, local_signer::Signer, key::KeyUse, mqtt::Connect, Password};
//! use std::time::{Duration, SystemTime};
//!
//! // Inside a module of IoT Edge by its environment, else by the sockets of the identity service.
//! let mut signer = Signer::find(|name| std::env::var(name).ok())?.ok_or("no daemon of this device signs for this agent")?;
//! let me = signer.outcome();
//! let login = Connect::hub(me.identity(), None); // the gateway, where one stands before the hub
//! let password = match me.password(UnixTime::from(SystemTime::now()) + Duration::from_secs(3600)) {
//!     Password::Sign(string) => string.token(&signer.sign(KeyUse::Hub, &string)?),
//!     _ => unreachable!("the daemon signs"),
//! };
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Each request has 10 seconds, and a task with its waits a minute, unless set otherwise. A redirect is not followed, and no
//! more than [`BODY_LIMIT`](crate::http::BODY_LIMIT) of an answer is read. The body of an answer is zeroized after use.

mod client;
mod reply;
mod signer;
#[cfg(unix)]
mod socket;

pub use client::Client;
pub use reply::{Answer, Reply};
#[cfg(feature = "agent")]
pub(super) use signer::identity_service;
pub use signer::{Signer, own_uid};
