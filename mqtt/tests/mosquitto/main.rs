//! The login is understood by a broker that others wrote. `cargo xtask test` brings it and runs these tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod certificate;
#[cfg(feature = "driver")]
#[path = "../support/gate.rs"]
mod gate;
#[cfg(feature = "driver")]
mod kept;
#[path = "../../../tests/support/outside/mod.rs"]
mod outside;
#[cfg(all(unix, feature = "driver"))]
mod presence;
mod private_key;
#[path = "../../../tests/support/scratch.rs"]
mod scratch;
#[path = "../../../tests/support/scripted_key.rs"]
mod scripted_key;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests of the TPM need all of it")]
#[path = "../../../tests/tpm/swtpm.rs"]
mod swtpm;
mod token;
#[cfg(unix)]
mod tpm_key;
mod websocket;

use defender_auth::{
    SharedAccessKey, UnixTime,
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken, StringToSign},
};
use outside::{Authority, HUB, Server, Version};
use scratch::Scratch;
use std::process::Command;

/// A broker with a server's certificate.
struct Broker(Server);

impl Broker {
    fn start(authority: &Authority, version: Option<Version>, settings: &[String]) -> Self {
        Self::start_with(authority, version, settings, "")
    }

    /// The same with a setting of openssl's.
    fn start_with(authority: &Authority, version: Option<Version>, settings: &[String], tls: &str) -> Self {
        let folder = &authority.folder;
        let server = [
            "user root".into(),
            format!("certfile {}", folder.path("server.pem")),
            format!("keyfile {}", folder.path("server.key")),
        ];
        // A setting of its own pins the lowest version only.
        let [low, high] = version.map_or(["TLSv1.2", "TLSv1.3"], |version| [version.name(); 2]);
        let tls = format!(
            "openssl_conf = all\n[all]\nssl_conf = tls\n[tls]\nsystem_default = versions\n\
             [versions]\nMinProtocol = {low}\nMaxProtocol = {high}\n{tls}\n"
        );
        let tls = folder.write("openssl.cnf", tls);
        Self(Server::start(|address| {
            let listener = [format!("listener {} 127.0.0.1", address.port())];
            let file = folder.write("mosquitto.conf", [&listener, &server[..], settings].concat().join("\n"));
            let mut command = Command::new("mosquitto");
            command.args(["-c", &file]).env("OPENSSL_CONF", &tls);
            command
        }))
    }
}

fn device(id: &str) -> Identity {
    Identity::device(HUB.parse().unwrap(), id.parse().unwrap())
}

fn login(id: &str) -> Connect {
    Connect::hub(&device(id), None)
}

fn token(id: &str) -> SasToken {
    let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
    StringToSign::new(Resource::of(&device(id)), UnixTime::from_secs(1_700_003_600)).sign_with(&key)
}
