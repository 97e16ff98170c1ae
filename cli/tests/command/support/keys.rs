//! Devices whose private key is not in memory.

use crate::{
    others::{Authority, P256},
    support::{
        HOST, Run, defenderauth,
        site::{DPS, SCOPE, Site},
        string,
    },
    swtpm::Swtpm,
};
use defender_auth::x509::Chain;
use defender_auth_emulator::{Device, Dps, Enrollment, Group, Hub, World};
use std::process::Command;

pub(crate) const ID: &str = "dev-01";

/// OpenSSL with the provider of the TPM.
pub(crate) fn openssl(tpm: &Swtpm, arguments: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments).env("TPM2OPENSSL_TCTI", tpm.endpoint().to_string()).env("TSS2_LOG", "all+NONE");
    String::from_utf8(crate::others::run(&mut command).stdout).unwrap()
}

/// A certificate authority that issues certificates for requests of the command.
pub(crate) struct Issued {
    authority: Authority,
    /// The chain, leaf first.
    pub(crate) chain: String,
    /// The SHA-256 thumbprint of the leaf.
    pub(crate) thumbprint: String,
    leaf: String,
}

impl Issued {
    /// Requests a certificate with the key of these arguments, and issues it.
    pub(crate) fn to(key: &[&str]) -> Self {
        let request = [&["certificate", "request", "--registration-id", ID, "--key-file"], key].concat();
        Self::by(Authority::new(P256), &defenderauth(&request, "").done().out)
    }

    /// Issues a certificate for a request.
    pub(crate) fn by(authority: Authority, request: &str) -> Self {
        let chain = authority.certify(request);
        let [leaf, between] = ["requested.pem", "between.pem"].map(|name| authority.read(name));
        authority.folder.write("chain.pem", format!("{leaf}{between}"));
        Self { chain: authority.path("chain.pem"), thumbprint: sha256(&chain), leaf, authority }
    }

    /// A hub that knows the device by its thumbprint.
    pub(crate) fn hub(&self) -> Site {
        Site::play(World::new().hub(Hub::new(HOST).device(Device::with_thumbprint(ID, &self.thumbprint))))
    }

    /// Services at which the device is enrolled by itself, and by its authority in a group.
    pub(crate) fn services(&self) -> [Site; 2] {
        let individual = Dps::new(SCOPE).enrollment(Enrollment::with_certificate(ID, &self.leaf).pending(0));
        let root = self.authority.read("root.pem");
        let group = Dps::new(SCOPE).group(Group::with_authority("fleet", &root).pending(0));
        [individual, group].map(|dps| Site::play(World::new().hub(Hub::new(HOST).authority(&root)).dps(dps)))
    }

    /// Logs in at the hub of a connection string, and registers over both carriers and logs in at the hub it is assigned to.
    #[track_caller]
    pub(crate) fn log_in_everywhere(&self, key: &[&str]) {
        let certificate = ["--cert-file", &self.chain, "--key-file"];
        let proof = [&certificate[..], key].concat();
        let text = string(&format!("DeviceId={ID};x509=true"));
        let run = self.hub().ask(&[&["authenticate", "-", "--connect"], &proof[..]].concat(), &text);
        is_accepted(&run.done());
        for site in self.services() {
            for carrier in ["https", "mqtt"] {
                let run = provision(&site, carrier, &proof).done();
                assert!(run.out.contains(HOST), "{run:?}");
            }
            let device = ["authenticate", "--id-scope", SCOPE, "--registration-id", ID, "--connect"];
            is_accepted(&site.ask(&[&device[..], &proof].concat(), "").done());
            assert_eq!(site.journal().last(), Some(&format!("accepted {HOST}/{ID}")));
        }
    }
}

/// Registers the device with this proof.
pub(crate) fn provision(site: &Site, carrier: &str, proof: &[&str]) -> Run {
    let address = if carrier == "mqtt" { site.emulator.address() } else { site.emulator.https_address() };
    let endpoint = format!("{DPS}={address}");
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID, "--ca-file", &site.roots];
    defenderauth(&[&device[..], proof, &["--carrier", carrier, "--endpoint", &endpoint]].concat(), "")
}

#[track_caller]
pub(crate) fn is_accepted(run: &Run) {
    assert!(run.out.contains("credential    x509\n") && run.out.ends_with("\nhub           accepted\n"), "{run:?}");
}

fn sha256(chain: &Chain) -> String {
    chain.certificates()[0].sha256().to_string()
}
