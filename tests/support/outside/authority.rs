use super::run;
use crate::Scratch;
use defender_auth::{
    credential::ClientCertificate,
    x509::{Chain, ClientIdentity},
};
use std::{fs, process::Command};

/// A host name that servers bear.
pub(crate) const HUB: &str = "contoso.azure-devices.net";

/// What each certificate is for.
const EXTENSIONS: &str = "
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:false
subjectAltName = DNS:*.azure-devices.net, DNS:*.azure-devices-provisioning.net
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
";

/// A kind of key, as `openssl req` takes it.
pub(crate) type Kind = &'static str;

pub(crate) const P256: Kind = "ec -pkeyopt ec_paramgen_curve:P-256";
pub(crate) const KINDS: [Kind; 4] = ["rsa:2048", P256, "ec -pkeyopt ec_paramgen_curve:P-384", "ed25519"];

/// A root and an intermediate below it, by openssl, with keys of one kind.
pub(crate) struct Authority {
    kind: Kind,
    pub(crate) folder: Scratch,
}

impl Authority {
    pub(crate) fn new(kind: Kind) -> Self {
        let authority = Self { kind, folder: Scratch::new() };
        authority.folder.write("extensions.cnf", EXTENSIONS);
        authority.issue("root", "authority", None);
        authority.issue("between", "authority", Some("root"));
        authority.issue("server", "server", Some("root"));
        authority
    }

    /// Writes `NAME.pem` and `NAME.key`, signed by another one or by itself.
    fn issue(&self, name: &str, extensions: &str, signer: Option<&str>) {
        let signer = signer.map(|signer| format!("-CA {signer}.pem -CAkey {signer}.key")).unwrap_or_default();
        let arguments = format!(
            "req -x509 -days 2 -nodes -config extensions.cnf -extensions {extensions} -newkey {} -subj /CN={name} \
             -keyout {name}.key -out {name}.pem {signer}",
            self.kind
        );
        run(Command::new("openssl").args(arguments.split_whitespace()).current_dir(self.folder.folder()));
    }

    /// One of its files.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A client below the intermediate, from files in which the certificates are out of order.
    pub(crate) fn client(&self, id: &str) -> ClientCertificate {
        self.issue(id, "client", Some("between"));
        let mixed = self.read("between.pem") + &self.read(&format!("{id}.pem"));
        self.load(id, &mixed)
    }

    /// A client that signs itself; its certificate is in `ID.pem`.
    pub(crate) fn self_signed(&self, id: &str) -> ClientCertificate {
        self.issue(id, "client", None);
        self.load(id, &self.read(&format!("{id}.pem")))
    }

    /// The certificates of a client that requested one, below the intermediate.
    pub(crate) fn certify(&self, request: &str) -> Chain {
        self.folder.write("request.pem", request);
        let arguments = "x509 -req -days 2 -in request.pem -CA between.pem -CAkey between.key -extfile extensions.cnf \
                         -extensions client -out requested.pem";
        run(Command::new("openssl").args(arguments.split_whitespace()).current_dir(self.folder.folder()));
        Chain::from_pem((self.read("requested.pem") + &self.read("between.pem")).as_bytes()).unwrap()
    }

    fn load(&self, id: &str, certificates: &str) -> ClientCertificate {
        let key = self.read(&format!("{id}.key"));
        let me = ClientIdentity::from_pem_pair(certificates.as_bytes(), key.as_bytes(), None).unwrap();
        me.into_client_certificate()
    }
}
