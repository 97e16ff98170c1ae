//! Clients and servers that others wrote judge the certificates that the command makes, and the command.

use crate::others::{Authority, P256, Server, Version};
use crate::support::{Run, Scratch, defenderauth};
use defender_auth_emulator::{Dps, Enrollment, Entry, Group, Hub, World};
use std::fs;

const ALGORITHMS: [&str; 3] = ["p256", "p384", "ed25519"];

/// Certificates of one algorithm: `root`, `intermediate` below it, and devices in folders of their own.
struct Office {
    scratch: Scratch,
    algorithm: &'static str,
}

impl Office {
    fn new(algorithm: &'static str) -> Self {
        let office = Self { scratch: Scratch::new(), algorithm };
        office.make(&["root", "--common-name", "Root", "--out-dir", &office.scratch.folder()]);
        let signer = office.signer("root");
        let intermediate = ["intermediate", "--common-name", "Factory", "--out-dir", &office.scratch.folder()];
        office.make(&[&intermediate[..], &signer.each_ref().map(String::as_str)].concat());
        office
    }

    fn make(&self, arguments: &[&str]) -> Run {
        defenderauth(&[&["certificate", "new"], arguments, &["--algorithm", self.algorithm]].concat(), "").done()
    }

    fn signer(&self, ca: &str) -> [String; 4] {
        let path = |name: &str| self.scratch.path(name);
        ["--sign-with".into(), path(&format!("{ca}.pem")), "--sign-key".into(), path(&format!("{ca}.key.pem"))]
    }

    fn self_signed(&self, id: &str) -> Run {
        self.make(&["self-signed", "--device-id", id, "--out-dir", &self.scratch.path(id)])
    }

    fn device(&self, id: &str) -> Run {
        let signer = self.signer("intermediate");
        let device = ["device", "--device-id", id, "--out-dir", &self.scratch.path(id)];
        self.make(&[&device[..], &signer.each_ref().map(String::as_str)].concat())
    }

    /// A device's certificates and its key.
    fn files(&self, id: &str) -> [String; 2] {
        ["certificate_public.pem", "certificate_private.pem"].map(|name| self.scratch.path(&format!("{id}/{name}")))
    }
}

/// The value of a row of what the command prints.
fn row<'a>(run: &'a Run, name: &str) -> &'a str {
    run.out.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim()
}

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` brings"]
fn azures_python_sdk_provisions_and_connects_with_what_the_command_makes() {
    for algorithm in ALGORITHMS {
        let office = Office::new(algorithm);
        let thumbprint = row(&office.self_signed("dev-01"), "SHA-256").to_owned();
        office.device("dev-02");
        let root = fs::read_to_string(office.scratch.path("root.pem")).unwrap();
        // The SDK dials the hub that it is assigned to, so that hub has the address for its name.
        let emulator = crate::sdk::start_for_sdk(|address| {
            let dps = Dps::new("0ne00000A0A").at(address).group(Group::with_authority("fleet", &root).pending(0));
            let dps = dps.enrollment(Enrollment::with_thumbprint("dev-01", &thumbprint).pending(0));
            World::new().hub(Hub::new(address).authority(&root)).dps(dps)
        });
        for id in ["dev-01", "dev-02"] {
            let [chain, key] = office.files(id);
            let output = crate::sdk::provision(&emulator, id, &chain, &key);
            assert!(output.status.success() && output.stdout.starts_with(id.as_bytes()), "{algorithm}: {output:?}");
            let identity = format!("{}/{id}", emulator.address().ip());
            // The SDK logs in and sends one message.
            let entries = emulator.journal().entries();
            let [.., accepted, Entry::Received { .. }] = entries.as_slice() else { panic!("{entries:?}") };
            assert_eq!(accepted, &Entry::Accepted { identity });
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_server_that_rejects_the_client_is_distinguished_from_one_that_is_not_trusted() {
    let (office, authority) = (Office::new("p256"), Authority::new(P256));
    office.device("dev-01");
    let ([chain, key], roots) = (office.files("dev-01"), authority.path("root.pem"));
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        for carrier in ["https", "mqtt"] {
            let endpoint = format!("global.azure-devices-provisioning.net={}", server.address);
            let service = ["provision", "--endpoint", &endpoint, "--ca-file", &roots, "--carrier", carrier];
            let device = ["--id-scope", "0ne00000A0A", "--registration-id", "dev-01"];
            let proof = ["--cert-file", &chain, "--key-file", &key];
            let run = defenderauth(&[&service[..], &device, &proof].concat(), "");
            run.failed(1, &["ended the TLS handshake", "fault: the client certificate, or the server"]);
        }
    }
}
