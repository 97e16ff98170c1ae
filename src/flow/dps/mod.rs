//! Registration with the Device Provisioning Service: a device that knows its ID scope and its registration ID finds its
//! hub.
//!
//! ```text
//! start ---> Sending --answered--> Step::{Wait, Activate, Done}         4xx, failed, disabled --> Err(Service)
//!            Sending --answered--> Step::Send  the operation of an earlier run has nothing: register anew
//!            Sending --unanswered-> Step::Wait                          too often ------------> Err(Unreachable)
//!            Waiting --elapsed---> Step::Send | Step::Sign (a TPM, after the clock was set forward)
//!         Activating --activated-> Step::Sign (registration key) | Step::Done (hub's key)
//!            Signing --signed----> Sending
//! ```
//!
//! With a key or a certificate a registration has the states `Sending` and `Waiting` only; the other two are a TPM's,
//! which is challenged. A device of an enrollment group registers with the key derived for it:
//! [`SharedAccessKey::derive`]. The states that both exchanges have, and their methods, are in
//! [`exchange`](crate::exchange).
//!
//! ```
//! use core::time::Duration;
//! use defender_auth::{Attempt, Now, SharedAccessKey, UnixTime, dps::{Profile, Registration, Step}, http::Response};
//!
//! let group_key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
//! let profile = Profile::new("0ne00000A0A".parse()?, "dev1".parse()?);
//! let key = group_key.derive(profile.registration_id());
//!
//! let now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(5) };
//! let attempt = Attempt::new(now, Duration::from_secs(600));
//! let sending = Registration::start(profile, key, now, attempt)?;
//! assert_eq!(sending.request().method(), "PUT");
//! // ... send it with any HTTP client, and hand over the answer:
//! let body = br#"{"operationId":"4.a.b","status":"assigning"}"#;
//! let Step::Wait(waiting) = sending.answered(now, Response::new(202, body).header("Retry-After", "3"))? else { panic!() };
//! assert_eq!(waiting.wait().at_least, Duration::from_secs(3));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! The compiler checks the order. A wait cannot be answered:
//! ```compile_fail,E0599
//! # use defender_auth::{Now, dps::{Registration, Waiting}, http::Response};
//! fn f(r: Registration<Waiting>, now: Now) { r.answered(now, Response::new(200, b"")); }
//! ```
//! a signature cannot come before the key is in the TPM:
//! ```compile_fail,E0599
//! # use defender_auth::{Now, dps::{Activating, Registration}, key::Signature};
//! fn f(r: Registration<Activating>, now: Now) { r.signed(now, &Signature::from_bytes([0; 32])); }
//! ```
//! and no state is used twice:
//! ```compile_fail,E0382
//! # use defender_auth::{Now, dps::{Registration, Waiting}};
//! fn f(r: Registration<Waiting>, now: Now) { let _ = r.elapsed(now); r.wait(); }
//! ```
//!
//! [`SharedAccessKey::derive`]: crate::SharedAccessKey::derive

mod message;
mod profile;
mod registration;
mod resumption;

pub use crate::flow::exchange::{Sending, Signing, Waiting};
pub use crate::key::{ActivationBlob, BlobError};
pub use profile::{Attestation, Cloud, Profile};
pub(crate) use registration::check;
pub use registration::{Activating, Provisioning, Registration, Step};
