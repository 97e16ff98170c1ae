//! A blocking HTTPS client that runs a plan, for agents without one of their own.
//!
//! ```no_run
//! use defender_auth::{Plan, SharedAccessKey, device_mode::Target, dps::Profile, https::Client};
//!
//! let profile = Profile::new("0ne00000A0A".parse()?, "dev-01".parse()?);
//! let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
//! let plan = Plan::provision(profile, key)?.in_device_mode(Target::default())?;
//! let me = Client::new()?.authenticate(&plan)?;
//! println!("authenticated as {}", me.identity());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! It verifies every server, follows no redirect (the credential would be sent along), gives each request 30 seconds, and
//! stops reading at [`BODY_LIMIT`](crate::flow::http::BODY_LIMIT). A body is zeroized after use.
//!
//! HTTP proxies come from the environment as it is when the client is created ([`proxy`](crate::proxy)), or from
//! [`Client::with_proxies`]. [`Client::proxy_variables`] says which variables are set, and which one is used.
//!
//! With the feature `tpm`, `Client::authenticate_with` and `Client::run_with` take a TPM that does the TPM's part.
//! The client starts no thread, so the system decides how long looking up a name takes. Everything else checks five times a
//! second whether it is cancelled ([`Cancel`]) or its time limit has passed ([`Client::stop_after`]).

mod address;
mod agent;
mod client;
mod clock;
mod error;
mod limits;
mod reply;
mod secure;
mod tcp;
mod tunnel;

pub use client::Client;
pub use error::HttpsError;
pub use limits::Cancel;
pub use reply::Reply;

const USER_AGENT: &str = concat!("defender-auth/", env!("CARGO_PKG_VERSION"));
