//! The driver against the emulator: real TLS, HTTPS, MQTT and files. Time passes when a test says so, for the driver and
//! the emulator alike.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod cancelling;
#[cfg(feature = "certificates")]
mod certificates;
mod failing;
#[path = "../support/gate.rs"]
mod gate;
#[cfg(all(target_os = "linux", feature = "certificates"))]
mod killed;
#[cfg(all(target_os = "linux", feature = "local-signer"))]
mod on_the_device;
mod presence;
mod reporting;
mod restarting;
#[path = "../../../tests/support/scratch.rs"]
mod scratch;
#[path = "../../../tests/support/scripted_key.rs"]
mod scripted_key;
mod site;
mod sources;
mod staying;
#[cfg(all(feature = "tpm", unix))]
#[path = "../../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "one test needs a part of it")]
mod swtpm;
#[cfg(all(feature = "tpm", unix))]
mod tpm;
mod traffic;
mod transports;
