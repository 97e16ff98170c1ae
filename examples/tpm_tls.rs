//! A TLS key in a TPM, from its creation to mutual TLS: `cargo run --example tpm_tls`.
//!
//! Everything runs on this machine: the TPM is swtpm, the issuer of the certificate is OpenSSL, and the servers are the
//! project's emulator in this process and nginx. This program starts and ends them.

mod software_tpm;

use defender_auth::{
    Password, Plan, UnixTime,
    credential::{CertificateRequest, ClientCertificate},
    dps::Profile,
    error::TpmKeyKind,
    https::Client,
    key::PrivateKey as _,
    mqtt::Connect,
    private_key::TpmKey,
    tls::{Roots, client_config_with},
    tpm::{self, KeyFile, Parent, SharedTpm},
    x509::Chain,
};
use defender_auth_emulator::{Dps, Emulator, Group, Hub, World};
use defender_auth_mqtt::{Dial, Session};
use rustls::{ClientConnection, StreamOwned};
use software_tpm::Software;
use std::{
    error::Error,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const SCOPE: &str = "0ne00000A0A";
const ID: &str = "pump-17";
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. The device creates a key in its TPM, and keeps the file that only this TPM can use");
    let software = Software::start()?;
    let folder = software.folder();
    let tpm = SharedTpm::new(tpm::open(&software.endpoint())?);
    let created = tpm.lock().create_key(TpmKeyKind::P256, Parent::StorageRoot, None)?;
    fs::write(folder.join("key.pem"), created.to_pem())?;
    let key = TpmKey::open(&tpm, &KeyFile::from_pem(&fs::read(folder.join("key.pem"))?)?, None)?;
    println!("   {}, signs with {:?}", key.kind(), key.schemes());

    println!("2. It requests a certificate, which an authority issues");
    fs::write(folder.join("request.pem"), CertificateRequest::sign(ID, &key)?.to_pem())?;
    issue(folder)?;
    let chain = Chain::from_pem(&fs::read(folder.join("leaf.pem"))?)?;
    let certificate = chain.with_private_key(Arc::new(key))?;

    println!("3. It registers and logs in by the certificate: the TPM signs each handshake");
    let root = fs::read_to_string(folder.join("root.pem"))?;
    let group = Group::with_authority("fleet", &root).pending(1);
    let world = World::new().hub(Hub::new(HUB).authority(&root)).dps(Dps::new(SCOPE).group(group));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse()?)?;
    let at = vec![(DPS.parse()?, cloud.https_address())];
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at)?;
    let profile = Profile::new(SCOPE.parse()?, ID.parse()?);
    let me = client.authenticate(&Plan::provision(profile, certificate.clone())?)?;
    let Password::Certificate(proof) = me.password(UnixTime::from(SystemTime::now()) + HOUR) else {
        return Err("no certificate".into());
    };
    let roots = Roots::Pem(cloud.root_pem().as_bytes());
    Session::open(&Connect::hub(me.identity(), None), &proof, &Dial::at(cloud.address()), roots)?.close();
    for entry in cloud.journal().entries() {
        println!("   the emulator's journal: {entry}");
    }

    println!("4. nginx verifies it too");
    for version in ["TLSv1.2", "TLSv1.3"] {
        let server = Nginx::start(folder, version)?;
        println!("   {}", seen_by(&server, &root, &certificate)?);
    }
    println!("Done. Next: `openssl genpkey -provider tpm2` makes such files too.");
    Ok(())
}

/// What the authority does: a root, the certificate of the server, and that of the request.
fn issue(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::write(
        folder.join("extensions.cnf"),
        "[req]\ndistinguished_name = name\n[name]\n\
         [authority]\nbasicConstraints = critical, CA:true\nkeyUsage = critical, keyCertSign\n\
         [server]\nbasicConstraints = critical, CA:false\nsubjectAltName = DNS:contoso.azure-devices.net\n\
         [client]\nbasicConstraints = critical, CA:false\nextendedKeyUsage = clientAuth\n",
    )?;
    let new = "req -x509 -days 2 -nodes -config extensions.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256";
    for line in [
        &format!("{new} -extensions authority -subj /CN=root -keyout root.key -out root.pem"),
        &format!("{new} -extensions server -subj /CN=hub -CA root.pem -CAkey root.key -keyout hub.key -out hub.pem"),
        "x509 -req -days 2 -in request.pem -CA root.pem -CAkey root.key -extfile extensions.cnf -extensions client \
         -out leaf.pem",
    ] {
        let output = Command::new("openssl").args(line.split_whitespace()).current_dir(folder).output()?;
        if !output.status.success() {
            return Err(format!("openssl failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    Ok(())
}

/// What a server says of the client that connects to it.
fn seen_by(server: &Nginx, root: &str, certificate: &ClientCertificate) -> Result<String, Box<dyn Error>> {
    let config = client_config_with(Roots::Pem(root.as_bytes()), certificate)?;
    let tls = ClientConnection::new(Arc::new(config), HUB.try_into()?)?;
    let mut stream = StreamOwned::new(tls, TcpStream::connect(server.address)?);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: contoso.azure-devices.net\r\nConnection: close\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    let seen = page.rsplit("\r\n\r\n").next().unwrap_or_default();
    if seen.contains("SUCCESS") { Ok(seen.to_owned()) } else { Err(format!("nginx answered {page}").into()) }
}

/// A server that requires a client certificate, and ends with this program.
struct Nginx {
    address: SocketAddr,
    process: Child,
}

impl Nginx {
    fn start(folder: &Path, version: &str) -> Result<Self, Box<dyn Error>> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};\n"))
            .concat();
        let site = format!(
            "daemon off; master_process off; pid nginx.pid; events {{}}\nhttp {{ access_log off;\n{temporary}\
             server {{ listen {address} ssl; ssl_protocols {version}; ssl_certificate hub.pem;\n\
             ssl_certificate_key hub.key; ssl_client_certificate root.pem; ssl_verify_client on;\n\
             location / {{ return 200 \"$ssl_protocol, client $ssl_client_verify, $ssl_client_s_dn\"; }} }} }}\n"
        );
        fs::write(folder.join("nginx.conf"), site)?;
        let mut command = Command::new("nginx");
        // Debian puts servers where only root's PATH leads.
        command.env("PATH", std::env::var("PATH").unwrap_or_default() + ":/usr/sbin");
        command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = started.map_err(|error| format!("nginx cannot be started: {error}; install it"))?;
        let server = Self { address, process };
        for _ in 0..500 {
            if TcpStream::connect(address).is_ok() {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err("nginx does not listen after five seconds".into())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
