//! Root, intermediate, leaf, an enrollment group and a login by certificate: `cargo run --example x509_group`.
//!
//! Everything happens on this machine: provisioning service and hub are the project's emulator, started in this very
//! process.

use defender_auth::{
    Password, Plan, UnixTime,
    dps::Profile,
    https::Client,
    mqtt::Connect,
    tls::Roots,
    x509::{Certificate, ClientIdentity, Purpose, check, verify},
};
use defender_auth_emulator::{Dps, Emulator, Group, Hub, World};
use defender_auth_mqtt::{Dial, Session};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use std::{
    error::Error,
    time::{Duration, SystemTime},
};

const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const ID: &str = "pump-17";
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. What the maker does: a root, an intermediate for the line, a certificate for the device");
    let (root_key, line_key, key) = (KeyPair::generate()?, KeyPair::generate()?, KeyPair::generate()?);
    let root = authority("root").self_signed(&root_key)?;
    let line = authority("line").signed_by(&line_key, &Issuer::new(authority("root"), &root_key))?;
    let leaf = named(ID).signed_by(&key, &Issuer::new(authority("line"), &line_key))?;
    let me = ClientIdentity::from_pem(&[leaf.pem(), line.pem(), key.serialize_pem()].concat().into_bytes(), None)?;

    println!("2. What can be known before connecting");
    let now = UnixTime::from(SystemTime::now());
    let profile = Profile::new("0ne00000A0A".parse()?, ID.parse()?);
    for finding in &check(me.chain(), Some(me.key()), Purpose::Provisioning(profile.registration_id()), now) {
        println!("   {}: {finding}", finding.severity());
    }
    verify(me.chain(), &Certificate::from_der(root.der())?, now)?;
    println!("   the chain leads to the group's root");

    println!("3. What the operator does: a group with that root, and a hub that knows it");
    let group = Group::with_authority("fleet", &root.pem()).pending(1);
    let world = World::new().hub(Hub::new(HUB).authority(&root.pem())).dps(Dps::new("0ne00000A0A").group(group));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse()?)?;

    println!("4. What the device does: find its hub, and log in there, both by certificate");
    let at = vec![(DPS.parse()?, cloud.https_address())];
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at)?;
    let me = client.authenticate(&Plan::provision(profile, me.into_client_certificate())?)?;
    println!("   authenticated as {}", me.identity());
    let Password::Certificate(certificate) = me.password(now + HOUR) else { return Err("no certificate".into()) };
    let roots = Roots::Pem(cloud.root_pem().as_bytes());
    Session::open(&Connect::hub(me.identity(), None), &certificate, &Dial::at(cloud.address()), roots)?.close();
    for entry in cloud.journal().entries() {
        println!("   the cloud says: {entry}");
    }
    println!("Done. Next: defenderauth certificate new --help, for a whole batch of devices.");
    Ok(())
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}
