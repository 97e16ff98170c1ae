//! Registration with a certificate signing request: what is sent, and what came of it.

use crate::world::*;
use defender_auth::{
    Authenticator, Device, Error, Plan,
    credential::{CertificateRequest, ClientCertificate, Issuer, RequestFormatError},
    dps::{Attestation, Profile},
    error::{Code, PlanError},
    http::ApiVersion,
    mqtt::Connect,
    outcome::Issuance,
    payload::Payload,
};
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, SignatureAlgorithm};
use serde_json::{Value, json};

pub(crate) fn request_for(name: &str, algorithm: &'static SignatureAlgorithm) -> CertificateRequest {
    request_with(&[DnValue::Utf8String(name.into())], algorithm)
}

fn request_with(names: &[DnValue], algorithm: &'static SignatureAlgorithm) -> CertificateRequest {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for name in names {
        params.distinguished_name.push(DnType::CommonName, name.clone());
    }
    let request = params.serialize_request(&KeyPair::generate_for(algorithm).unwrap()).unwrap();
    CertificateRequest::from_der(request.der()).unwrap()
}

pub(crate) fn request() -> CertificateRequest {
    request_for("dev-01", &rcgen::PKCS_ECDSA_P384_SHA384)
}

fn with_request() -> Profile {
    profile().with_certificate_request(request())
}

fn register(profile: Profile, proof: impl Into<Attestation>, script: Vec<Reply>) -> (World, Device) {
    let mut world = World::new(script);
    let device = world.register(profile, proof).unwrap();
    (world, device)
}

fn issuance(device: &Device) -> Issuance {
    device.registration_state().unwrap().issuance.clone()
}

fn body(profile: Profile, proof: impl Into<Attestation>) -> String {
    let auth = Authenticator::new(&Plan::provision(profile, proof).unwrap(), at(T0), LIMIT);
    let defender_auth::Action::Send(request) = auth.poll() else { panic!() };
    String::from_utf8(request.body().to_vec()).unwrap()
}

#[test]
fn the_request_is_sent_as_base64_of_its_bare_bytes_for_every_attestation() {
    let request = request();
    let text = base64(request.as_der());
    assert_eq!(request.to_base64(), text);
    let profile = || profile().with_certificate_request(request.clone());
    let plain = format!(r#"{{"registrationId":"dev-01","csr":"{text}"}}"#);
    assert_eq!(body(profile(), key(&DEVICE_KEY)), plain);
    assert_eq!(body(profile(), certificate(Issuer::Authority)), plain);
    let payload = profile().with_payload(Payload::parse(r#"{"a": 1}"#).unwrap());
    let expected = format!(r#"{{"registrationId":"dev-01","csr":"{text}","payload":{{"a": 1}}}}"#);
    assert_eq!(body(payload, key(&DEVICE_KEY)), expected);
    let by_tpm: Value = serde_json::from_str(&body(profile(), tpm())).unwrap();
    assert!(by_tpm["tpm"]["endorsementKey"].is_string() && by_tpm["csr"] == text.as_str(), "{by_tpm}");
}

#[test]
fn the_version_that_issues_certificates_is_sent_with_a_request_only() {
    let (world, _) = register(with_request(), key(&DEVICE_KEY), vec![assigning(), assigned(json!({}))]);
    for line in [&world.log[0], &world.log[2]] {
        assert!(line.contains("?api-version=2025-07-01-preview "), "{line}");
    }
    let own = ApiVersion::new("2026-11-02-preview").unwrap();
    for (profile, version) in [
        (profile(), "2019-03-31"),
        (with_request(), "2025-07-01-preview"),
        (with_request().with_api_version(own.clone()), "2026-11-02-preview"),
        (profile().with_api_version(own).with_certificate_request(request()), "2026-11-02-preview"),
    ] {
        let auth = Authenticator::new(&Plan::provision(profile, key(&DEVICE_KEY)).unwrap(), at(T0), LIMIT);
        let defender_auth::Action::Send(request) = auth.poll() else { panic!() };
        let (target, user) = (request.target(), Connect::provisioning(request).unwrap().user_name);
        assert!(target.ends_with(&format!("?api-version={version}")), "{target}");
        assert!(user.starts_with(&format!("0ne000A1B2C/registrations/dev-01/api-version={version}&")), "{user}");
    }
}

#[test]
fn a_lookup_requests_no_certificate() {
    let state = json!({ "status": "assigned", "assignedHub": HUB, "deviceId": "dev-01" });
    let profile = with_request().lookup_only(true);
    assert_eq!(body(profile.clone(), key(&DEVICE_KEY)), r#"{"registrationId":"dev-01"}"#);
    let (world, device) = register(profile, key(&DEVICE_KEY), vec![reply(200, &state)]);
    assert!(world.log[0].contains("?api-version=2019-03-31 "), "{}", world.log[0]);
    assert_eq!(issuance(&device), Issuance::NotRequested);
}

#[test]
fn the_certificates_are_a_member_of_the_registration_in_their_order() {
    let chain = json!({ "issuedCertificateChain": [base64(&[0x30, 1]), base64(&[0x30, 2]), base64(&[0x30, 3])] });
    for script in [vec![assigned(chain.clone())], vec![assigning(), assigning(), assigned(chain.clone())]] {
        let (_, device) = register(with_request(), key(&DEVICE_KEY), script);
        let Issuance::Issued(chain) = issuance(&device) else { panic!() };
        assert_eq!(chain.certificates(), [[0x30, 1], [0x30, 2], [0x30, 3]]);
        assert_eq!(format!("{chain:?}"), "IssuedChain(3 certificates)");
        assert!(device.registration_state().unwrap().others.is_empty());
    }
}

#[test]
fn a_certificate_by_a_tpm_comes_with_the_hubs_key() {
    let members = json!({
        "tpm": { "authenticationKey": base64(&blob(&HUB_KEY)) },
        "issuedCertificateChain": [base64(&[0x30, 1])],
    });
    let (_, device) = register(with_request(), tpm(), vec![challenge(), assigned(members)]);
    assert_eq!(issuance(&device).chain().map(|chain| chain.certificates().len()), Some(1));
}

#[test]
fn an_assignment_without_a_certificate_is_an_assignment() {
    for members in [json!({}), json!({ "issuedCertificateChain": null }), json!({ "issuedCertificateChain": [] })] {
        let (_, device) = register(with_request(), key(&DEVICE_KEY), vec![assigned(members.clone())]);
        assert_eq!(issuance(&device), Issuance::Withheld);
        assert_eq!(device.identity().hub().as_str(), HUB);
        let (_, device) = register(profile(), key(&DEVICE_KEY), vec![assigned(members)]);
        assert_eq!(issuance(&device), Issuance::NotRequested);
    }
}

#[test]
fn a_chain_that_cannot_be_read_is_named_and_costs_no_assignment() {
    for chain in [json!("MA=="), json!([1]), json!(["MAA=", "not base64"]), json!(["MAA=", ""]), json!({ "a": 1 })] {
        let script = vec![assigned(json!({ "issuedCertificateChain": chain }))];
        let (_, device) = register(with_request(), key(&DEVICE_KEY), script);
        let Issuance::Unreadable(error) = issuance(&device) else { panic!("{chain}") };
        assert_eq!(error.field, "registrationState.issuedCertificateChain");
        assert_eq!(device.identity().device_id().as_str(), "dev-01");
    }
}

#[test]
fn a_request_for_another_name_is_refused_before_anything_is_sent() {
    for other in ["dev-02", "DEV-01", "dev-01 ", ""] {
        let profile = profile().with_certificate_request(request_for(other, &rcgen::PKCS_ECDSA_P256_SHA256));
        let refused = Plan::provision(profile.clone(), key(&DEVICE_KEY)).unwrap_err();
        assert_eq!(refused, PlanError::RequestName);
        let mut world = World::new([]);
        assert_eq!(world.register(profile.clone(), key(&DEVICE_KEY)).unwrap_err(), refused.into());
        assert!(Plan::provision(profile.lookup_only(true), key(&DEVICE_KEY)).is_ok(), "a lookup does not send it");
    }
}

#[test]
fn the_common_name_and_the_kind_of_key_are_read_from_a_request() {
    for (algorithm, kind) in [
        (&rcgen::PKCS_ECDSA_P384_SHA384, "P-384"),
        (&rcgen::PKCS_ECDSA_P256_SHA256, "P-256"),
        (&rcgen::PKCS_ED25519, "another kind"),
    ] {
        let request = request_for("a.b:c-1", algorithm);
        assert_eq!((request.common_name(), request.key_kind()), (Some("a.b:c-1"), kind));
    }
    let algorithm = &rcgen::PKCS_ECDSA_P256_SHA256;
    let printable = request_with(&[DnValue::PrintableString("dev-1".try_into().unwrap())], algorithm);
    assert_eq!(printable.common_name(), Some("dev-1"));
    let two_bytes = request_with(&[DnValue::BmpString("dev-1".try_into().unwrap())], algorithm);
    assert_eq!(two_bytes.common_name(), None);
    assert_eq!(request_with(&[], algorithm).common_name(), None);
}

#[test]
fn what_is_not_one_request_in_der_is_refused() {
    let request = request();
    let der = request.as_der();
    let certificate = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap();
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n", request.to_base64());
    let other_version = {
        let mut bytes = der.to_vec();
        let at = bytes.windows(3).position(|part| part == [2, 1, 0]).unwrap();
        bytes[at + 2] = 1;
        bytes
    };
    for bad in
        [b"" as &[u8], &der[..der.len() - 1], &[der, &[0]].concat(), certificate.der(), pem.as_bytes(), &other_version]
    {
        assert_eq!(CertificateRequest::from_der(bad), Err(RequestFormatError::NotPkcs10));
    }
    for cut in 0..der.len() {
        assert!(CertificateRequest::from_der(&der[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn a_request_of_more_than_8_kib_in_base64_is_refused_with_its_length() {
    // 6144 bytes are 8192 characters.
    let error = CertificateRequest::from_der(&[0x30; 6145]).unwrap_err();
    assert_eq!(error, RequestFormatError::TooLong { length: 8196 });
    assert!(error.to_string().contains("8196 characters"), "{error}");
    assert_eq!(CertificateRequest::from_der(&[0x30; 6144]), Err(RequestFormatError::NotPkcs10));
    assert_eq!(Error::from(error).code(), Code::CertificateFormat);
}

#[test]
fn a_clients_certificate_and_its_request_are_separate() {
    let ours: ClientCertificate = certificate(Issuer::Authority);
    let (_, device) = register(with_request(), ours.clone(), vec![assigned(json!({}))]);
    assert_eq!(device.credential().certificate(), Some(&ours), "the device keeps what it has registered with");
}
