//! The C library under any sequence of calls, with every kind of pointer that C can pass: NULL where it is allowed and where
//! it is not, buffers of every size, texts that contain a NUL. Nothing is used after it was freed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a violated property panics"
)]
#![allow(clippy::vec_box, reason = "C owns boxes")]
#![allow(clippy::wildcard_imports, reason = "the names of the C functions have a prefix")]

mod authenticator;
mod call;
mod key;
mod memory;
mod setting;

use call::Call;
use defenderauth::{
    AgentConfig, Authenticator, Certificate, ConnectionString, Key, Options, Profile, Signer,
    agent_config::defenderauth_agent_config_free, authenticator::defenderauth_authenticator_free,
    certificate::defenderauth_certificate_free, connection_string::defenderauth_connection_string_free,
    key::defenderauth_key_free, options::defenderauth_options_free, profile::defenderauth_profile_free,
    signer::defenderauth_signer_free,
};

/// The largest number of calls.
const CALLS: usize = 60;

/// The objects that C owns. They are freed once, at the end.
#[derive(Default)]
struct Held {
    keys: Vec<Box<Key>>,
    signers: Vec<Box<Signer>>,
    strings: Vec<Box<ConnectionString>>,
    options: Vec<Box<Options>>,
    profiles: Vec<Box<Profile>>,
    certificates: Vec<Box<Certificate>>,
    configs: Vec<Box<AgentConfig>>,
    authenticators: Vec<Box<Authenticator>>,
}

/// Every call returns a result of the header, writes what the header says, and nothing else.
pub fn check(data: &[u8]) {
    let mut held = Held::default();
    for call in data.split(|byte| *byte == b'\n').take(CALLS).filter_map(Call::read) {
        match call.function {
            b'a'..=b'h' => held.with_keys(&call),
            b'i'..=b'r' => held.with_settings(&call),
            _ => held.with_authenticators(&call),
        }
    }
    held.free();
}

impl Held {
    fn free(self) {
        self.keys.into_iter().for_each(|it| defenderauth_key_free(Some(it)));
        self.signers.into_iter().for_each(|it| defenderauth_signer_free(Some(it)));
        self.strings.into_iter().for_each(|it| defenderauth_connection_string_free(Some(it)));
        self.options.into_iter().for_each(|it| defenderauth_options_free(Some(it)));
        self.profiles.into_iter().for_each(|it| defenderauth_profile_free(Some(it)));
        self.certificates.into_iter().for_each(|it| defenderauth_certificate_free(Some(it)));
        self.configs.into_iter().for_each(|it| defenderauth_agent_config_free(Some(it)));
        self.authenticators.into_iter().for_each(|it| defenderauth_authenticator_free(Some(it)));
    }
}
