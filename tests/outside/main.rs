//! Servers that others wrote judge this library's certificates. `cargo xtask test` brings them and runs these tests.

#![cfg(all(feature = "https", feature = "private-key"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

#[cfg(all(feature = "tpm", unix))]
mod killed;
mod nginx;
mod openssl;
#[path = "../support/outside/mod.rs"]
mod outside;
mod private_key;
#[cfg(unix)]
mod process_key;
#[cfg(all(feature = "tpm", unix))]
mod relay;
#[path = "../support/scratch.rs"]
mod scratch;
#[path = "../support/scripted_key.rs"]
mod scripted_key;
#[cfg(unix)]
#[path = "../../examples/signing_server/mod.rs"]
mod signing_server;
#[cfg(all(feature = "tpm", unix))]
#[allow(dead_code, reason = "the tests of the TPM alone need all of it")]
#[path = "../tpm/swtpm.rs"]
mod swtpm;
mod tls_versions;
#[cfg(all(feature = "tpm", unix))]
mod tpm_key;

use defender_auth::{
    Plan, SharedAccessKey, credential::ClientCertificate, dps::Profile, https::Client, identity::HostName, tls::Roots,
};
use outside::{Authority, Server};
use scratch::Scratch;

const DPS: &str = "global.azure-devices-provisioning.net";

/// A client that trusts the authority, and finds these hosts at that server.
fn client(authority: &Authority, server: &Server) -> Client {
    let hosts = [DPS, outside::HUB].map(|name| (name.parse::<HostName>().unwrap(), server.address));
    Client::with(Roots::Pem(authority.read("root.pem").as_bytes()), hosts.into()).unwrap()
}

fn profile() -> Profile {
    Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap())
}

/// A registration by certificate.
fn provision(certificate: &ClientCertificate) -> Plan {
    Plan::provision(profile(), certificate.clone()).unwrap()
}

/// The same by a key.
fn provision_by_key() -> Plan {
    Plan::provision(profile(), SharedAccessKey::from_bytes(&[7; 32]).unwrap()).unwrap()
}
