//! Certificates whose keys are in a TPM, through individual enrollments and groups to a login at the hub.

use crate::{
    certificate::{SCOPE, authenticate, authority, logs_in, params, play, profile},
    issuing::lives_on_keys_that_sign,
    swtpm::Swtpm,
    world::{DPS, HUB, drive, now},
};
use defender_auth::{
    Plan,
    credential::ClientCertificate,
    dps::{Attestation, Profile},
    error::TpmKeyKind,
    https::Client,
    key::{KeyUse, PrivateKey},
    private_key::TpmKey,
    tls::Roots,
    tpm::{Connection, Parent, SharedTpm, Tpm as _},
    x509::Chain,
};
use defender_auth_emulator::{Dps, Enrollment, Group, Hub, World};
use defender_auth_mqtt::{Dial, Provisioner};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
};
use std::{sync::Arc, thread};
use x509_parser::{prelude::FromDer as _, x509::SubjectPublicKeyInfo};

const KINDS: [TpmKeyKind; 3] = [TpmKeyKind::P256, TpmKeyKind::P384, TpmKeyKind::Rsa { bits: 2048 }];

/// The public half of a key, to be certified.
struct Certified<'a>(SubjectPublicKeyInfo<'a>);

impl PublicKeyData for Certified<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.0.subject_public_key.data
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.der_bytes().len() {
            65 => &PKCS_ECDSA_P256_SHA256,
            97 => &PKCS_ECDSA_P384_SHA384,
            _ => &PKCS_RSA_SHA256,
        }
    }
}

/// A new key in the TPM with its certificate, that in PEM, and the root in PEM.
fn certified(tpm: &SharedTpm<Connection>, kind: TpmKeyKind) -> (ClientCertificate, String, String) {
    let file = tpm.lock().create_key(kind, Parent::StorageRoot, None).unwrap();
    let key = TpmKey::open(tpm, &file, None).unwrap();
    let root_key = KeyPair::generate().unwrap();
    let root = authority("root").self_signed(&root_key).unwrap();
    let public = Certified(SubjectPublicKeyInfo::from_der(key.public_key()).unwrap().1);
    let leaf = params("dev-01").signed_by(&public, &rcgen::Issuer::new(authority("root"), root_key)).unwrap();
    let chain = Chain::from_pem(leaf.pem().as_bytes()).unwrap();
    (chain.with_private_key(Arc::new(key)).unwrap(), leaf.pem(), root.pem())
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_in_a_tpm_leads_through_every_enrollment_to_a_login() {
    let swtpm = Swtpm::new();
    for kind in KINDS {
        let tpm = SharedTpm::new(swtpm.client());
        let (certificate, leaf, root) = certified(&tpm, kind);
        let plan = Plan::provision(profile(), certificate).unwrap();
        for dps in [
            Dps::new(SCOPE).enrollment(Enrollment::with_certificate("dev-01", &leaf).pending(1)),
            Dps::new(SCOPE).group(Group::with_authority("fleet", &root).pending(1)),
        ] {
            let cloud = play(World::new().hub(Hub::new(HUB).authority(&root)).dps(dps));
            logs_in(&cloud, &authenticate(&cloud, &plan));
            let (dial, roots) = (Dial::at(cloud.address()), Roots::Pem(cloud.root_pem().as_bytes()));
            let (mut now, mut open) = (now(), None);
            let run = drive(&plan, &mut now, |request| {
                let link = open.get_or_insert_with(|| Provisioner::open(request, &dial, roots).unwrap());
                Some(link.exchange(request).unwrap())
            });
            logs_in(&cloud, &run.result.unwrap());
        }
        drop((plan, tpm));
        swtpm.assert_empty("after logins");
    }
}

/// One TPM without a resource manager: a registration by its endorsement key, and handshakes with a key in it.
#[test]
#[ignore = "needs swtpm"]
fn a_registration_by_tpm_and_handshakes_with_a_key_in_it_go_on_at_once() {
    let swtpm = Swtpm::new();
    let mut tpm = SharedTpm::new(swtpm.client());
    let (certificate, _, root) = certified(&tpm, TpmKeyKind::P256);
    let keys = [tpm.endorsement_key().unwrap(), tpm.storage_root_key().unwrap()];
    let [endorsement_key, storage_root_key] = keys.clone();
    let id = tpm.lock().registration_id().unwrap();
    let by_tpm = Enrollment::with_endorsement_key(id.as_str(), &base64(&endorsement_key)).pending(0);
    let dps = Dps::new(SCOPE).enrollment(by_tpm).group(Group::with_authority("fleet", &root).pending(0));
    let cloud = play(World::new().hub(Hub::new(HUB).authority(&root)).dps(dps));
    let attestation = Attestation::Tpm { endorsement_key, storage_root_key };
    let by_tpm = Plan::provision(Profile::new(SCOPE.parse().unwrap(), id), attestation).unwrap();
    let by_certificate = Plan::provision(profile(), certificate).unwrap();
    let at = || [HUB, DPS].map(|name| (crate::world::host(name), cloud.https_address())).into();
    thread::scope(|scope| {
        scope.spawn(|| {
            let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at()).unwrap();
            for _ in 0..3 {
                client.authenticate_with(&by_tpm, &mut tpm.clone()).unwrap();
            }
        });
        scope.spawn(|| {
            for _ in 0..6 {
                authenticate(&cloud, &by_certificate);
            }
        });
    });
    tpm.sign(KeyUse::Hub, b"x").unwrap();
    drop((by_certificate, tpm));
    swtpm.assert_empty("after registrations and handshakes");
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[test]
#[ignore = "needs swtpm"]
fn a_certificate_that_is_issued_and_renewed_has_its_keys_in_the_tpm() {
    let swtpm = Swtpm::new();
    let tpm = SharedTpm::new(swtpm.client());
    for kind in KINDS {
        let [first, next] = [(); 2].map(|()| {
            let file = tpm.lock().create_key(kind, Parent::StorageRoot, None).unwrap();
            Arc::new(TpmKey::open(&tpm, &file, None).unwrap())
        });
        lives_on_keys_that_sign(first, next);
    }
    drop(tpm);
    swtpm.assert_empty("after a renewal");
}
