//! What holds for every input, whatever its origin.
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

pub mod activation_blob;
pub mod agent_config;
pub mod authenticator;
pub mod certificates;
pub mod connection_string;
mod daemon;
pub mod dps_reply;
pub mod emulator;
pub mod encodings;
mod flow;
pub mod http_values;
pub mod hub_reply;
pub mod identifiers;
pub mod identity_reply;
mod inputs;
pub mod issued_chain;
pub mod key_location;
pub mod mqtt_topics;
pub mod pkcs11_uri;
pub mod presence;
pub mod proxy_answer;
mod quotes_nothing;
pub mod renewal;
pub mod sas_token;
mod secret_parts;
pub mod session;
pub mod signing_process;
pub mod snapshot;
pub mod tpm_response;
pub mod tss2_key;
pub mod twin;
pub mod workload_reply;

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
    Target { name: "activation_blob", check: activation_blob::check },
    Target { name: "agent_config", check: agent_config::check },
    Target { name: "authenticator", check: authenticator::check },
    Target { name: "c_abi", check: c_abi::check },
    Target { name: "certificates", check: certificates::check },
    Target { name: "connection_string", check: connection_string::check },
    Target { name: "dps_reply", check: dps_reply::check },
    Target { name: "emulator", check: emulator::check },
    Target { name: "encodings", check: encodings::check },
    Target { name: "http_values", check: http_values::check },
    Target { name: "hub_reply", check: hub_reply::check },
    Target { name: "identifiers", check: identifiers::check },
    Target { name: "identity_reply", check: identity_reply::check },
    Target { name: "issued_chain", check: issued_chain::check },
    Target { name: "key_location", check: key_location::check },
    Target { name: "mqtt_topics", check: mqtt_topics::check },
    Target { name: "pkcs11_uri", check: pkcs11_uri::check },
    Target { name: "presence", check: presence::check },
    Target { name: "proxy_answer", check: proxy_answer::check },
    Target { name: "renewal", check: renewal::check },
    Target { name: "sas_token", check: sas_token::check },
    Target { name: "session", check: session::check },
    Target { name: "signing_process", check: signing_process::check },
    Target { name: "snapshot", check: snapshot::check },
    Target { name: "tpm_response", check: tpm_response::check },
    Target { name: "tss2_key", check: tss2_key::check },
    Target { name: "twin", check: twin::check },
    Target { name: "workload_reply", check: workload_reply::check },
];
