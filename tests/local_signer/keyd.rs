//! Identities that authenticate with a certificate: its chain in certd, its private key in keyd.

use crate::{running::own_uid, scratch::Scratch};
use core::time::Duration;
use defender_auth::{
    Device as OfHub, Error, Outcome, Plan,
    credential::ClientCertificate,
    device_mode::Target,
    error::{Code, DaemonProblem},
    https::Client as Https,
    identity_service::IdentityService,
    key::{PrivateKey, SignatureScheme as Scheme},
    local_signer::Signer,
    mqtt::Connect,
    private_key::{KeydKey, Location, Opener, open_account},
    tls::Roots,
    x509::Chain,
};
use defender_auth_emulator::{Device, Emulator, Host, Hub, Module, RunningHost};
use defender_auth_mqtt::{Dial, Session};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use std::{io::Read as _, os::unix::net::UnixListener, thread};

const HUB: &str = "contoso.azure-devices.net";
const MODULE_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
const P256: &str = include_str!("../x509/data/p256.pkcs8.pem");
const RSA: &str = include_str!("../x509/data/rsa2048.pkcs8.pem");

/// A device with a self-signed certificate, and its daemons.
struct Site {
    emulator: Emulator,
    host: RunningHost,
    folder: Scratch,
    chain: Chain,
}

impl Site {
    fn new(key: &str) -> Self {
        let folder = Scratch::new();
        let pem = self_signed(key);
        let chain = Chain::from_pem(pem.as_bytes()).unwrap();
        let thumbprint = chain.certificates().first().unwrap().sha256().to_string();
        let device = Device::with_thumbprint("dev-01", &thumbprint).module(Module::new("azureiotsecurity", MODULE_KEY));
        let emulator = Emulator::start([Hub::new(HUB).device(device)], "127.0.0.1:0".parse().unwrap()).unwrap();
        let host = Host::new(HUB, "dev-01").key_pair("device-id", key).certificate("device-id", &pem).certified_device(
            own_uid(),
            "device-id",
            "device-id",
        );
        let host = emulator.host(folder.folder(), host).unwrap();
        Self { emulator, host, folder, chain }
    }

    fn service(&self) -> IdentityService {
        IdentityService::in_folder(&self.folder.folder()).unwrap()
    }

    fn client(&self) -> Https {
        let roots = Roots::Pem(self.emulator.root_pem().as_bytes());
        Https::with(roots, vec![(HUB.parse().unwrap(), self.emulator.https_address())]).unwrap()
    }

    /// What the plan of the identity service ends with.
    fn outcome(&self) -> Outcome {
        self.client().authenticate(&Plan::identity_service(self.service())).unwrap()
    }

    fn logs_in(&self, certificate: &ClientCertificate, outcome: &Outcome) {
        let (dial, roots) = (Dial::at(self.emulator.address()), Roots::Pem(self.emulator.root_pem().as_bytes()));
        Session::open(&Connect::hub(outcome.identity(), None), certificate, &dial, roots).unwrap().close();
        let last = self.emulator.journal().entries().pop().unwrap().to_string();
        assert_eq!(last, format!("accepted {HUB}/dev-01"));
    }
}

fn self_signed(key: &str) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "dev-01");
    params.self_signed(&KeyPair::from_pem(key).unwrap()).unwrap().pem()
}

fn certificate(outcome: &Outcome) -> ClientCertificate {
    outcome.credential().certificate().unwrap().clone()
}

#[test]
fn an_identity_with_a_certificate_logs_in_over_mqtt_and_over_https() {
    for key in [P256, RSA] {
        let site = Site::new(key);
        let outcome = site.outcome();
        assert_eq!(outcome.identity().to_string(), format!("{HUB}/devices/dev-01"));
        let certificate = certificate(&outcome);
        assert!(certificate.has_key() && certificate.der().is_none(), "the key stays in keyd");
        site.logs_in(&certificate, &outcome);
        let plan = Plan::device(OfHub::try_from(outcome).unwrap()).in_device_mode(Target::default()).unwrap();
        let module = site.client().authenticate(&plan).unwrap();
        assert_eq!(module.identity().to_string(), format!("{HUB}/devices/dev-01/modules/azureiotsecurity"));
    }
}

#[test]
fn a_key_signs_with_the_schemes_of_tls_and_no_other() {
    for (key, schemes) in [
        (P256, &[Scheme::EcdsaP256Sha256][..]),
        (
            RSA,
            &[
                Scheme::RsaPssSha256,
                Scheme::RsaPssSha384,
                Scheme::RsaPssSha512,
                Scheme::RsaPkcs1Sha256,
                Scheme::RsaPkcs1Sha384,
                Scheme::RsaPkcs1Sha512,
            ],
        ),
    ] {
        let site = Site::new(key);
        let opened = KeydKey::open(&site.service(), "device-id").unwrap();
        assert_eq!(opened.schemes(), schemes);
        assert!(
            site.chain
                .with_private_key(std::sync::Arc::new(KeydKey::open(&site.service(), "device-id").unwrap()))
                .is_ok()
        );
        for scheme in schemes {
            // It is verified before it is returned.
            opened.sign(*scheme, b"message").unwrap();
        }
        let other = if schemes.len() == 1 { Scheme::RsaPssSha256 } else { Scheme::EcdsaP256Sha256 };
        let error = opened.sign(other, b"message").unwrap_err();
        assert!(error.to_string().starts_with("the key device-id of aziot-keyd does not sign with "), "{error}");
    }
}

#[test]
fn a_handle_that_is_not_valid_any_more_is_replaced() {
    let site = Site::new(P256);
    let outcome = site.outcome();
    let certificate = certificate(&outcome);
    let by_name = KeydKey::open(&site.service(), "device-id").unwrap();
    for _ in 0..2 {
        site.host.reprovision().unwrap();
        by_name.sign(Scheme::EcdsaP256Sha256, b"message").unwrap();
        site.logs_in(&certificate, &outcome);
    }
}

#[test]
fn a_device_that_was_provisioned_again_as_another_one_does_not_sign() {
    let site = Site::new(P256);
    let signer = Signer::identity_service(site.service()).unwrap();
    let certificate = open_account(&signer.certified().unwrap()).unwrap();
    site.host.move_to(HUB, "dev-02").unwrap();
    let error = certificate.private_key().unwrap().sign(Scheme::EcdsaP256Sha256, b"message").unwrap_err();
    assert!(error.to_string().contains("the device was provisioned again; read the identity again"), "{error}");
    assert!(!error.is_retryable());
}

#[test]
fn another_key_under_the_same_name_does_not_sign() {
    let site = Site::new(P256);
    let key = KeydKey::open(&site.service(), "device-id").unwrap();
    let other = KeyPair::generate().unwrap().serialize_pem();
    site.host.replace_key_pair("device-id", &other).unwrap();
    let error = key.sign(Scheme::EcdsaP256Sha256, b"message").unwrap_err();
    assert!(error.to_string().contains("is another key by now; open it again"), "{error}");
    assert!(!error.is_retryable());
}

#[test]
fn a_certificate_of_another_key_is_refused() {
    let site = Site::new(P256);
    let other = KeyPair::generate().unwrap().serialize_pem();
    site.host.replace_key_pair("device-id", &other).unwrap();
    let error = site.client().authenticate(&Plan::identity_service(site.service())).unwrap_err();
    assert!(error.to_string().contains("belongs to none of the certificates"), "{error}");
}

#[test]
fn a_key_has_a_name() {
    let site = Site::new(P256);
    let name = format!("keyd:id=device-id&folder={}", site.folder.folder());
    let opened = Opener::new().open(&name.parse::<Location>().unwrap()).unwrap();
    assert!(opened.certificate(&site.chain).unwrap().has_key());
    let missing: Location = name.replace("device-id", "none").parse().unwrap();
    let error = Opener::new().open(&missing).unwrap_err();
    assert!(
        error.to_string().contains("aziot-keyd rejected the request with 400: a parameter has an invalid value"),
        "{error}"
    );
    let away: Location = "keyd:id=a&folder=/nowhere".parse().unwrap();
    let error = Opener::new().open(&away).unwrap_err();
    assert!(error.to_string().contains("aziot-keyd is not at unix:///nowhere/keyd.sock"), "{error}");
    assert_eq!(error.code(), Code::FileNotFound);
}

#[test]
fn a_certificate_that_certd_does_not_have_is_named() {
    let folder = Scratch::new();
    let emulator =
        Emulator::start([Hub::new(HUB).device(Device::new("dev-01", MODULE_KEY))], "127.0.0.1:0".parse().unwrap())
            .unwrap();
    let host = Host::new(HUB, "dev-01").key_pair("k", P256).certified_device(own_uid(), "k", "none");
    let _host = emulator.host(folder.folder(), host).unwrap();
    let service = IdentityService::in_folder(&folder.folder()).unwrap();
    let client = Https::with(Roots::Azure, Vec::new()).unwrap();
    let error = client.authenticate(&Plan::identity_service(service)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("aziot-certd rejected the request with 400") && text.contains("not found"), "{text}");
}

#[test]
fn a_signature_has_a_time_limit() {
    let site = Site::new(P256);
    let key = KeydKey::open(&site.service(), "device-id").unwrap().give_up_after(Duration::from_millis(500));
    // What listens from now on reads and does not answer.
    let path = site.folder.path("keyd.sock");
    std::fs::remove_file(&path).unwrap();
    let silent = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for stream in silent.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {});
        }
    });
    let error = key.sign(Scheme::EcdsaP256Sha256, b"message").unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().starts_with("the key device-id of aziot-keyd did not sign: "), "{error}");
}

#[test]
fn tokens_are_not_made_for_an_identity_with_a_certificate() {
    let site = Site::new(P256);
    let mut signer = Signer::identity_service(site.service()).unwrap();
    let outcome = signer.outcome();
    assert!(!certificate(&outcome).has_key(), "it is not opened yet");
    let string = defender_auth::sas::StringToSign::new(
        defender_auth::sas::Resource::of(outcome.identity()),
        defender_auth::UnixTime::from_secs(1_900_000_000),
    );
    let Err(Error::Daemon(error)) = signer.sign(defender_auth::key::KeyUse::Hub, &string) else { panic!() };
    assert_eq!(error.problem, DaemonProblem::NoTokens);
}
