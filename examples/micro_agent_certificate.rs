//! A micro agent's folder with a certificate, checked and logged in: `cargo run --example micro_agent_certificate`.
//!
//! Everything happens on this machine: the hub is the project's emulator, started in this very process.

use defender_auth::{
    Password, UnixTime, agent,
    identity::DeviceId,
    mqtt::Connect,
    tls::Roots,
    x509::{Chain, PrivateKey, Purpose, check},
};
use defender_auth_emulator::{Device, Emulator, Hub};
use defender_auth_mqtt::{Dial, Session};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use std::{
    error::Error,
    fs,
    io::Write as _,
    path::PathBuf,
    time::{Duration, SystemTime},
};

const HOST: &str = "contoso.azure-devices.net";
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. What the installer does: the micro agent's folder, with a self-signed certificate");
    let folder = Folder::new()?;
    let public = fs::read(folder.0.join(agent::CERTIFICATE))?;
    let private = fs::read(folder.0.join(agent::PRIVATE_KEY))?;

    println!("2. What can be known before connecting");
    let (chain, key) = (Chain::from_pem(&public)?, PrivateKey::from_pem(&private, None)?);
    let now = UnixTime::from(SystemTime::now());
    let device: DeviceId = "dev-01".parse()?;
    for finding in &check(&chain, Some(&key), Purpose::Hub(&device), now) {
        println!("   {}: {finding}", finding.severity());
    }
    let leaf = chain.certificates().first().ok_or("an empty chain")?;
    println!("   the thumbprint to register is {}", leaf.sha256());

    println!("3. What the operator does: register the device with it");
    let device = Device::with_thumbprint("dev-01", &leaf.sha256().to_string());
    let hub = Emulator::start([Hub::new(HOST).device(device)], "127.0.0.1:0".parse()?)?;

    println!("4. What the agent does at start: read the folder, and log in");
    let loaded = agent::load_with_certificate(&folder.0, None)?;
    let me = loaded.plan.outcome().ok_or("this plan has to ask the network")?;
    let Password::Certificate(certificate) = me.password(now + HOUR) else { return Err("no certificate".into()) };
    let login = Connect::hub(me.identity(), None);
    let roots = Roots::Pem(hub.root_pem().as_bytes());
    Session::open(&login, &certificate, &Dial::at(hub.address()), roots)?.close();
    for entry in hub.journal().entries() {
        println!("   the hub says: {entry}");
    }
    println!("Done. Next: defenderauth certificate check --help, for your own certificate.");
    Ok(())
}

/// A micro agent's folder, removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("defender-auth-certificate-{}", std::process::id()));
        fs::create_dir(&path)?;
        let this = Self(path);
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "dev-01");
        let key = KeyPair::generate()?;
        let text = format!("HostName={HOST};DeviceId=dev-01;x509=true");
        fs::write(this.0.join(agent::CONNECTION_STRING), text)?;
        fs::write(this.0.join(agent::CERTIFICATE), params.self_signed(&key)?.pem())?;
        // Only its owner may read it.
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(this.0.join(agent::PRIVATE_KEY))?.write_all(key.serialize_pem().as_bytes())?;
        Ok(this)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
