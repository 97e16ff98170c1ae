//! Keeps an agent connected: runs a [`Session`](defender_auth::Session) over HTTPS and MQTT.
//!
//! A session computes and its driver acts. This one blocks, has no thread, and is one object: it sends the requests of the
//! provisioning service and of Device mode, connects and reconnects, renews tokens, notices a connection that is dead,
//! saves the session's state, and carries the agent's own messages through the same connection.
//!
//! ```no_run
//! use defender_auth::{ConnectionString, session::{Policy, Source}, store::Store};
//! use defender_auth_mqtt::driver::{Driver, Event, Options, Qos};
//! use std::time::Duration;
//!
//! let text = "HostName=contoso.azure-devices.net;DeviceId=dev-01;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==";
//! let source = Source::new("connection string", ConnectionString::parse(text)?);
//! let options = Options::default().with_store(Store::open("/var/lib/agent")?);
//! let mut driver = Driver::new(vec![source], Policy::default(), options)?;
//!
//! let control = driver.control(); // for other threads and signal handlers
//! loop {
//!     match driver.next(Duration::from_secs(60))? {
//!         Some(Event::Message(message)) => println!("{} bytes at {}", message.payload.len(), message.topic),
//!         Some(event) => println!("{event}"), // connected, renewed, waiting, ...: one line each
//!         None if driver.is_connected() => {
//!             driver.publish("devices/dev-01/messages/events/", b"alive", Qos::AtLeastOnce)?;
//!         }
//!         None => println!("{}", driver.status()),
//!     }
//! }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Time and threads
//!
//! Everything happens in [`next`](Driver::next), [`run`](Driver::run) and the calls that send, in the thread that calls
//! them. Call `next` again within the keep-alive interval, or the hub ends the connection: it sends a PINGREQ when nothing
//! was sent or received for three quarters of that. A wait is one `poll` of the socket and of the [`Control`]; every half
//! minute it also looks whether the wall clock was set. (Where there is no `poll`, five times a second.) A cancelled
//! driver ends within a second; only the system's look-up of a name is not interrupted.
//!
//! Waits and limits go by a clock that counts while the device is suspended, where the system has one
//! ([`SystemClock`]).
//!
//! # Messages
//!
//! [`publish`](Driver::publish) needs a connection and, at `QoS` 1, returns when the hub has acknowledged the message: a
//! queue that is lost with the process would promise too much. [`subscribe`](Driver::subscribe) may be called at any time;
//! subscriptions are made again after each reconnect, because the driver asks for a clean MQTT session. A message at
//! `QoS` 1 is acknowledged when it was read, before it is an [`Event::Message`].
//!
//! # Certificates
//!
//! A source that [requests certificates](defender_auth::session::Source::requesting_certificates) needs a store and the feature
//! `certificates`. The driver makes the private keys, or has an [`Options::with_certificate_keys`] make them, and writes each with
//! its request into `certificates.json` of the store before the request leaves. What is issued is written there before it is
//! judged, then used from the next connection on. A process may end anywhere: the next one goes on with what is there, and
//! sends a request that had no answer again as it was. The certificate in use is reported in the device's twin.

mod bell;
#[cfg(feature = "certificates")]
mod certificates;
mod clock;
mod connecting;
mod control;
mod error;
mod event;
mod failure;
mod live;
mod next;
mod options;
mod requests;
mod signer;
mod staying;
#[cfg(feature = "tracing")]
mod trace;
mod traffic;

#[cfg(feature = "certificates")]
pub use certificates::{KeyHolder, KeysInMemory, NewKey};
pub use clock::{Clock, SystemClock};
pub use control::Control;
pub use error::DriverError;
pub use event::Event;
pub use next::Driver;
pub use options::Options;
pub use signer::Signer;
#[cfg(feature = "tpm")]
pub use signer::TpmSigner;
pub use traffic::Qos;
