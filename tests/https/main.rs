//! Plans over the real HTTPS client, against the emulator and everything that it can do to a client.
//!
//! Waits pass in virtual time, so that nothing here depends on how fast this machine is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[cfg(all(feature = "tpm", unix))]
mod by_tpm;
mod certificate;
mod client;
mod clock;
mod drip;
mod endless;
mod ipv6;
mod issuing;
mod killed;
mod limits;
mod matrix;
mod over_mqtt;
mod place;
mod proxy;
mod proxy_refused;
mod redirect;
mod reqwest_client;
mod roots;
#[path = "../support/scratch.rs"]
mod scratch;
#[path = "../support/scripted_key.rs"]
mod scripted_key;
mod server_clock;
mod stall;
mod stub;
#[cfg(all(feature = "tpm", unix))]
#[allow(dead_code, reason = "the tests of the TPM alone need all of it")]
#[path = "../tpm/swtpm.rs"]
mod swtpm;
mod tls_failures;
mod tls_versions;
#[cfg(feature = "tpm")]
mod tpm;
#[cfg(all(feature = "private-key", feature = "tpm", unix))]
mod tpm_key;
#[cfg(all(feature = "tpm", unix))]
#[allow(dead_code, clippy::indexing_slicing, reason = "the tests of the TPM alone need all of it, and allow that")]
#[path = "../tpm/wire.rs"]
mod wire;
mod world;
