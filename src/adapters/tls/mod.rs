//! TLS configurations for hub and DPS, for any client that uses rustls, and why a connection failed.
//!
//! Servers are always verified, by name and by chain; no option turns that off. An error of such a configuration, or of the
//! client around it, is told apart by [`TlsFailure::of`](crate::error::TlsFailure::of).
//!
//! # Client certificates whose key signs where it is
//!
//! [`client_config_with`] takes a certificate with a [`PrivateKey`](crate::key::PrivateKey) as it takes one with a key in
//! memory. Its signature is made within the handshake, inside of `process_new_packets` of rustls. rustls has no state in
//! which it waits for a caller's signature, and the message to be signed belongs to that one handshake, so that ending and
//! repeating it does not help: the thread waits for the key. A client that must not wait does the handshake on another
//! thread. A socket's time limit does not cover the signature and a cancellation does not interrupt it; the trait says where
//! a limit can be.
//!
//! What a key can do wrong ends the handshake on this side, with the key named: it is busy or locked, its signature does
//! not verify, or the server accepts none of its schemes. In the last case rustls by itself sends an empty certificate, and
//! the handshake succeeds until the server's alert or its HTTP status 400.

mod alert;
mod azure;
mod certificate;
mod client_key;
mod config;
mod failure;
mod roots;
#[cfg(feature = "https")]
mod settings;
mod verifier;

pub use alert::alert_behind;
pub use azure::AZURE_ROOTS;
pub use config::{client_config, client_config_with};
pub use roots::{ROOTS_LIMIT, Roots};
#[cfg(feature = "https")]
pub(crate) use settings::{Settings, Stream, Trust};
