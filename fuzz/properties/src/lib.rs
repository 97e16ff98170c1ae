//! What holds for every input, whoever wrote it.
//!
//! Each module is one door of the library. Its `check` takes any bytes and panics when a property does not hold, or
//! when the library does. `fuzz/fuzz_targets` gives them what libFuzzer finds, `tests/replay.rs` what was found before.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a property that does not hold is told by a panic"
)]

pub mod authenticator;
pub mod connection_string;
pub mod dps_reply;
pub mod emulator;
mod flow;
pub mod hub_reply;
mod inputs;
pub mod sas_token;

/// The C library. Its own crate, because C's memory is unsafe to read.
pub use defender_auth_c_properties as c_abi;

/// A door, and the property that holds behind it.
pub struct Target {
    /// The name of its fuzz target, its folder of seeds and its dictionary.
    pub name: &'static str,
    /// Panics when the property does not hold for these bytes.
    pub check: fn(&[u8]),
}

/// Every door.
pub const TARGETS: &[Target] = &[
    Target { name: "authenticator", check: authenticator::check },
    Target { name: "c_abi", check: c_abi::check },
    Target { name: "connection_string", check: connection_string::check },
    Target { name: "dps_reply", check: dps_reply::check },
    Target { name: "emulator", check: emulator::check },
    Target { name: "hub_reply", check: hub_reply::check },
    Target { name: "sas_token", check: sas_token::check },
];
