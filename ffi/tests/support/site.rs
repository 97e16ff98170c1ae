//! Services for the programs: a hub with a security module on its devices, and a provisioning service.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{identity::Identity, mqtt::Connect, sas::SasToken, tls::Roots, x509::Chain};
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Group, Hub, Module, World};
#[cfg(target_os = "linux")]
use defender_auth_emulator::{Host, RunningHost};
use defender_auth_mqtt::{Dial, Session};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};
#[cfg(target_os = "linux")]
use std::{fs, os::unix::fs::MetadataExt as _};

pub(crate) const HOST: &str = "contoso.azure-devices.net";
pub(crate) const SCOPE: &str = "0ne00000A0A";
pub(crate) const DEVICE_KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
pub(crate) const MODULE_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    /// Of `dev-03`, followed by its private key.
    pub(crate) certificate: String,
}

impl Site {
    /// `dev-01` has a key, `dev-02` another, `dev-03` a certificate. `dev-01` and `dev-03` have an enrollment each.
    pub(crate) fn new() -> Self {
        let (certificate, thumbprint) = certificate("dev-03");
        let module = || Module::new("azureiotsecurity", MODULE_KEY);
        let hub = Hub::new(HOST)
            .device(Device::new("dev-01", DEVICE_KEY).module(module()))
            .device(Device::new("dev-02", MODULE_KEY).module(module()))
            .device(Device::with_thumbprint("dev-03", &thumbprint).module(module()));
        let dps = Dps::new(SCOPE)
            .enrollment(Enrollment::new("dev-01", DEVICE_KEY))
            .enrollment(Enrollment::with_thumbprint("dev-03", &thumbprint).pending(0));
        Self { emulator: play(World::new().hub(hub).dps(dps)), certificate }
    }

    /// A provisioning service with the enrollment of a TPM, and a hub without devices.
    pub(crate) fn for_tpm(registration_id: &str, endorsement_key: &[u8]) -> Self {
        let enrollment = Enrollment::with_endorsement_key(registration_id, &STANDARD.encode(endorsement_key));
        let world = World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment));
        Self { emulator: play(world), certificate: String::new() }
    }

    /// A provisioning service with a group of this key, whose registrations are assigned at the second status request.
    pub(crate) fn for_group(key: &str) -> Self {
        let dps = Dps::new(SCOPE).retry_after(0).group(Group::new("fleet", key).pending(2));
        Self { emulator: play(World::new().hub(Hub::new(HOST)).dps(dps)), certificate: String::new() }
    }

    /// A provisioning service with a group of this authority, and a hub that accepts it.
    pub(crate) fn for_authority(root: &str) -> Self {
        let dps = Dps::new(SCOPE).group(Group::with_authority("fleet", root).pending(1));
        Self { emulator: play(World::new().hub(Hub::new(HOST).authority(root)).dps(dps)), certificate: String::new() }
    }

    /// Its HTTPS address.
    pub(crate) fn address(&self) -> String {
        self.emulator.https_address().to_string()
    }

    /// The journal of the services, line by line.
    pub(crate) fn journal(&self) -> Vec<String> {
        self.emulator.journal().entries().iter().map(ToString::to_string).collect()
    }

    /// Whether the hub accepts this identity with this token.
    pub(crate) fn accepts(&self, identity: &Identity, token: &str) -> bool {
        let token = SasToken::parse(token).unwrap();
        let (dial, roots) = (Dial::at(self.emulator.address()), Roots::Pem(self.emulator.root_pem().as_bytes()));
        Session::open(&Connect::hub(identity, None), &token, &dial, roots).map(Session::close).is_ok()
    }
}

/// The daemons of `dev-01`, with their sockets in this folder: of a module of IoT Edge, and of a principal, this user.
#[cfg(target_os = "linux")]
pub(crate) fn host(site: &Site, folder: &str) -> RunningHost {
    let uid = fs::metadata("/proc/self").unwrap().uid();
    let host = Host::new(HOST, "dev-01").principal(uid, "azureiotsecurity").module("azureiotsecurity");
    site.emulator.host(folder, host).unwrap()
}

/// The daemons of `dev-03`, which has a certificate: this user is the device itself.
#[cfg(target_os = "linux")]
pub(crate) fn certified_host(site: &Site, folder: &str) -> RunningHost {
    let uid = fs::metadata("/proc/self").unwrap().uid();
    let (chain, key) = site.certificate.split_once("-----BEGIN PRIVATE KEY").unwrap();
    let host = Host::new(HOST, "dev-03")
        .key_pair("device-id", &format!("-----BEGIN PRIVATE KEY{key}"))
        .certificate("device-id", chain)
        .certified_device(uid, "device-id", "device-id");
    site.emulator.host(folder, host).unwrap()
}

fn play(world: World) -> Emulator {
    Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A self-signed certificate followed by its private key, and its thumbprint.
pub(crate) fn certificate(name: &str) -> (String, String) {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2040, 1, 1));
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let chain = Chain::from_pem(pem.as_bytes()).unwrap();
    let thumbprint = chain.certificates().first().unwrap().sha256().to_string();
    (pem + &key.serialize_pem(), thumbprint)
}
