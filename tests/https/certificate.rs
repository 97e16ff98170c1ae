//! Certificates in the place of keys, over both carriers, up to a login at the hub.

use crate::{
    scripted_key::Scripted,
    world::{ATTEMPT, HUB, MODULE_KEY, drive, host, now},
};
use defender_auth::{
    Device, Outcome, Password, Plan,
    credential::{ClientCertificate, Issuer},
    device_mode::Target,
    dps::Profile,
    https::Client,
    mqtt::Connect,
    tls::Roots,
    x509::Certificate,
};
use defender_auth_emulator::{self as emulator, Dps, Emulator, Enrollment, Entry, Group, Hub, Module, World};
use defender_auth_mqtt::{Dial, Provisioner, Session};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

const ID: &str = "dev-01";
pub(crate) const SCOPE: &str = "0ne00000A0A";

pub(crate) fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A self-signed certificate, ready to use, and its thumbprint.
fn self_signed() -> (ClientCertificate, String) {
    let key = KeyPair::generate().unwrap();
    let der = params(ID).self_signed(&key).unwrap().der().to_vec();
    let thumbprint = Certificate::from_der(&der).unwrap().sha256().to_string();
    (ClientCertificate::from_der(vec![der], &key.serialize_der(), Issuer::SelfSigned), thumbprint)
}

/// A leaf with its intermediate, and their root in PEM.
fn chain() -> (ClientCertificate, String) {
    let keys = [(); 3].map(|()| KeyPair::generate().unwrap());
    let [root_key, intermediate_key, key] = keys;
    let root = authority("root").self_signed(&root_key).unwrap();
    let root_issuer = rcgen::Issuer::new(authority("root"), &root_key);
    let intermediate = authority("intermediate").signed_by(&intermediate_key, &root_issuer).unwrap();
    let issuer = rcgen::Issuer::new(authority("intermediate"), &intermediate_key);
    let leaf = params(ID).signed_by(&key, &issuer).unwrap();
    let chain = vec![leaf.der().to_vec(), intermediate.der().to_vec()];
    (ClientCertificate::from_der(chain, &key.serialize_der(), Issuer::Authority), root.pem())
}

/// The same certificate, once with its key in memory and once with one that signs where it is.
fn both(held: ClientCertificate) -> [ClientCertificate; 2] {
    let (elsewhere, _) = Scripted::of(&held).certify(&held);
    [held, elsewhere]
}

pub(crate) fn play(world: World) -> Emulator {
    Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap()
}

pub(crate) fn authenticate(cloud: &Emulator, plan: &Plan) -> Outcome {
    let at = [HUB, crate::world::DPS].map(|name| (host(name), cloud.https_address()));
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at.into()).unwrap();
    client.authenticate(plan).unwrap()
}

/// The hub accepts it.
pub(crate) fn logs_in(cloud: &Emulator, me: &Outcome) {
    let (dial, roots) = (Dial::at(cloud.address()), Roots::Pem(cloud.root_pem().as_bytes()));
    let login = Connect::hub(me.identity(), None);
    match me.password(now() + ATTEMPT) {
        Password::Token(token) => Session::open(&login, &token, &dial, roots),
        Password::Certificate(certificate) => Session::open(&login, &certificate, &dial, roots),
        other => panic!("{other:?}"),
    }
    .unwrap()
    .close();
    assert!(matches!(cloud.journal().entries().last(), Some(Entry::Accepted { .. })));
}

pub(crate) fn profile() -> Profile {
    Profile::new(SCOPE.parse().unwrap(), ID.parse().unwrap())
}

#[test]
fn a_device_with_a_self_signed_certificate_logs_in_and_becomes_its_module() {
    let (certificate, thumbprint) = self_signed();
    let module = Module::new("azureiotsecurity", MODULE_KEY);
    let device = emulator::Device::with_thumbprint(ID, &thumbprint).module(module);
    let cloud = play(World::new().hub(Hub::new(HUB).device(device)));
    for certificate in both(certificate) {
        let device = Device::new(host(HUB), ID.parse().unwrap(), certificate);
        logs_in(&cloud, Plan::device(device.clone()).outcome().unwrap());
        let me = authenticate(&cloud, &Plan::device(device).in_device_mode(Target::default()).unwrap());
        assert!(me.identity().module_id().is_some());
        logs_in(&cloud, &me);
    }
}

#[test]
fn a_module_may_have_the_certificate_instead() {
    let ((certificate, thumbprint), (of_module, its_thumbprint)) = (self_signed(), self_signed());
    let module = Module::with_thumbprint("azureiotsecurity", &its_thumbprint);
    let device = emulator::Device::with_thumbprint(ID, &thumbprint).module(module);
    let cloud = play(World::new().hub(Hub::new(HUB).device(device)));
    for (certificate, of_module) in both(certificate).into_iter().zip(both(of_module)) {
        let device = Device::new(host(HUB), ID.parse().unwrap(), certificate);
        let target = Target::default().with_certificate(of_module);
        let me = authenticate(&cloud, &Plan::device(device).in_device_mode(target).unwrap());
        logs_in(&cloud, &me);
    }
}

#[test]
fn an_individual_enrollment_by_certificate_leads_to_a_login_with_it() {
    let (certificate, thumbprint) = self_signed();
    let dps = Dps::new(SCOPE).enrollment(Enrollment::with_thumbprint(ID, &thumbprint).pending(0));
    let cloud = play(World::new().hub(Hub::new(HUB)).dps(dps));
    for certificate in both(certificate) {
        logs_in(&cloud, &authenticate(&cloud, &Plan::provision(profile(), certificate).unwrap()));
    }
}

#[test]
fn a_group_by_its_root_takes_a_leaf_with_its_intermediate() {
    let (certificate, root) = chain();
    let dps = Dps::new(SCOPE).group(Group::with_authority("fleet", &root).pending(0));
    let cloud = play(World::new().hub(Hub::new(HUB).authority(&root)).dps(dps));
    for certificate in both(certificate) {
        logs_in(&cloud, &authenticate(&cloud, &Plan::provision(profile(), certificate).unwrap()));
    }
}

#[test]
fn mqtt_carries_a_registration_by_certificate_too() {
    let (certificate, root) = chain();
    let dps = Dps::new(SCOPE).group(Group::with_authority("fleet", &root).pending(1));
    let cloud = play(World::new().hub(Hub::new(HUB).authority(&root)).dps(dps));
    let (dial, roots) = (Dial::at(cloud.address()), Roots::Pem(cloud.root_pem().as_bytes()));
    for certificate in both(certificate) {
        let (mut now, mut open) = (now(), None);
        let run = drive(&Plan::provision(profile(), certificate).unwrap(), &mut now, |request| {
            let link = open.get_or_insert_with(|| Provisioner::open(request, &dial, roots).unwrap());
            Some(link.exchange(request).unwrap())
        });
        logs_in(&cloud, &run.result.unwrap());
    }
}
