//! A blocking HTTPS client that runs a plan, for agents without one of their own.
//!
//! ```no_run
//! use defender_auth::{Plan, SharedAccessKey, device_mode::Target, dps::Profile, https::Client};
//!
//! let profile = Profile::new("0ne00000A0A".parse()?, "dev-01".parse()?);
//! let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
//! let plan = Plan::provision(profile, key)?.in_device_mode(Target::default())?;
//! let me = Client::new()?.authenticate(&plan)?;
//! println!("I am {}", me.identity());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! It verifies every server, follows no redirect (a credential would go with it), gives each request 30 seconds, and
//! stops reading at [`BODY_LIMIT`](crate::flow::http::BODY_LIMIT). HTTP proxies come from the usual environment
//! variables: the first of `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY`, except for the hosts in `NO_PROXY`. SOCKS proxies
//! are not supported; such a value is passed over. What a body held is wiped.
//!
//! With the feature `tpm`, `Client::authenticate_with` and `Client::run_with` take a TPM that does the TPM's part.
//! It starts no thread, so that looking up a name takes as long as the system lets it. All else looks up five times a
//! second to see whether it is cancelled ([`Cancel`]) or its time is over ([`Client::stop_after`]).

mod address;
mod agent;
mod client;
mod clock;
mod error;
mod limits;
mod reply;
mod secure;
mod tcp;

pub use client::Client;
pub use error::HttpsError;
pub use limits::Cancel;
pub use reply::Reply;
