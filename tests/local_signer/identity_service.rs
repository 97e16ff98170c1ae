//! The identity service: byte by byte, and its first step again.

use crate::world::{Came, LIMIT, START, drive, string_for};
use defender_auth::{
    Error,
    error::{Daemon, DaemonProblem},
    identity_service::{Account, Authentication, Encryption, IdentityService, KeyHandle, Parameter},
};

const HANDLE: &str = "sr=eyJrZXlfaWQiOnsiS2V5UGFpciI6Im1vZHVsZSJ9fQ%3d%3d&sig=AAAA";

/// What identityd answers, with this hub, gateway and handle.
pub(crate) fn identity(hub: &str, gateway: &str, handle: &str) -> String {
    format!(
        r#"{{"type":"aziot","spec":{{"hubName":"{hub}","gatewayHost":"{gateway}","deviceId":"dev-01","moduleId":"azureiotsecurity","genId":"638000000000000000","auth":{{"type":"sas","keyHandle":"{handle}"}}}}}}"#
    )
}

fn of_contoso(handle: &str) -> String {
    identity("contoso.azure-devices.net", "contoso.azure-devices.net", handle)
}

fn account(json: &str) -> Result<Account, Error> {
    drive(IdentityService::default().identify(START, LIMIT), &[Came::Answer(200, json)]).1
}

pub(crate) fn handle() -> KeyHandle {
    let opened = format!(r#"{{"keyHandle":"{HANDLE}"}}"#);
    drive(IdentityService::default().key_pair("pair-1", START, LIMIT), &[Came::Answer(200, &opened)]).1.unwrap()
}

const SIGNED: &str = r#"{"signature":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}"#;
const INVALID: &str = r#"{"message":"parameter \"handle\" has an invalid value\ncaused by: invalid handle"}"#;

fn hmac_with(handle: &str) -> String {
    let data = "Y29udG9zby5henVyZS1kZXZpY2VzLm5ldCUyRmRldmljZXMlMkZkZXYtMDElMkZtb2R1bGVzJTJGYXp1cmVpb3RzZWN1cml0eQoxNzAwMDAzNjAw";
    format!(
        r#"POST /sign?api-version=2020-09-01 {{"keyHandle":"{handle}","algorithm":"HMAC-SHA256","parameters":{{"message":"{data}"}}}}"#
    )
}

const IDENTIFY: &str = "GET /identities/identity?api-version=2020-09-01 ";

#[test]
fn the_identity_is_read() {
    let (sent, account) =
        drive(IdentityService::default().identify(START, LIMIT), &[Came::Answer(200, &of_contoso(HANDLE))]);
    assert_eq!(sent, [IDENTIFY]);
    let account = account.unwrap();
    assert_eq!(account.identity().to_string(), "contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity");
    assert_eq!((account.identity().gateway(), account.generation()), (None, Some("638000000000000000")));
    assert!(account.signing_key().is_some());
}

#[test]
fn a_gateway_and_a_device_are_identities_too() {
    let behind = account(&identity("contoso.azure-devices.net", "gateway.local", HANDLE)).unwrap();
    assert_eq!(behind.identity().endpoint().as_str(), "gateway.local");
    let same = account(&identity("contoso.azure-devices.net", "Contoso.Azure-Devices.net", HANDLE)).unwrap();
    assert_eq!(same.identity().gateway(), None);
    let device = r#"{"type":"aziot","spec":{"hubName":"h.net","gatewayHost":"h.net","deviceId":"dev-01","auth":{"type":"x509","keyHandle":"sr=a&sig=b","certId":"device-id"}}}"#;
    let device = account(device).unwrap();
    assert_eq!(device.identity().to_string(), "h.net/devices/dev-01");
    assert!(device.signing_key().is_none());
    assert!(
        matches!(device.authentication(), Authentication::X509 { certificate_id, .. } if certificate_id == "device-id")
    );
}

#[test]
fn a_token_is_signed_with_the_handle_as_it_came() {
    // Escapes of JSON are part of what is sent back.
    for handle in [HANDLE, r"sr=a\/b&sig=\u0041", r#"quote\"d"#] {
        let service = IdentityService::default();
        let known = account(&of_contoso(handle)).unwrap();
        let string = string_for(known.identity());
        let task = service.sign(Some(known.clone()), &string, START, LIMIT);
        let (sent, signed) = drive(task, &[Came::Answer(200, SIGNED)]);
        assert_eq!(sent, [hmac_with(handle)]);
        let signed = signed.unwrap();
        assert_eq!((signed.signature.as_bytes()[31], signed.account), (31, known));
    }
}

#[test]
fn the_first_step_is_repeated_when_the_handle_is_rejected_or_keyd_does_not_answer() {
    let service = IdentityService::default();
    let known = account(&of_contoso("sr=old&sig=1")).unwrap();
    let string = string_for(known.identity());
    let fresh = of_contoso("sr=new&sig=2");
    for refused in [Came::Answer(400, INVALID), Came::Answer(404, ""), Came::Nothing] {
        let task = service.sign(Some(known.clone()), &string, START, LIMIT);
        let (sent, signed) = drive(task, &[refused, Came::Answer(200, &fresh), Came::Answer(200, SIGNED)]);
        assert_eq!(sent, [hmac_with("sr=old&sig=1"), IDENTIFY.into(), hmac_with("sr=new&sig=2")]);
        assert_eq!(signed.unwrap().account, account(&fresh).unwrap());
    }
    let (sent, _) =
        drive(service.sign(None, &string, START, LIMIT), &[Came::Answer(200, &fresh), Came::Answer(200, SIGNED)]);
    assert_eq!(sent, [IDENTIFY.into(), hmac_with("sr=new&sig=2")], "without an account");
}

#[test]
fn it_is_repeated_once() {
    let service = IdentityService::default();
    let known = account(&of_contoso("sr=old&sig=1")).unwrap();
    let string = string_for(known.identity());
    let fresh = of_contoso("sr=new&sig=2");
    let task = service.sign(Some(known), &string, START, LIMIT);
    let answers = [Came::Answer(400, INVALID), Came::Answer(200, &fresh), Came::Answer(400, INVALID)];
    let (_, error) = drive(task, &answers);
    assert_eq!(
        error.unwrap_err().to_string(),
        "aziot-keyd rejected the request with 400: parameter \"handle\" has an invalid value caused by: invalid handle; \
         read its log with `aziotctl system logs`"
    );
}

#[test]
fn another_identity_is_not_signed_for() {
    let service = IdentityService::default();
    let known = account(&of_contoso("sr=old&sig=1")).unwrap();
    let string = string_for(known.identity());
    let moved = identity("fabrikam.azure-devices.net", "fabrikam.azure-devices.net", "sr=new&sig=2");
    let task = service.sign(Some(known), &string, START, LIMIT);
    let (_, error) = drive(task, &[Came::Answer(400, INVALID), Came::Answer(200, &moved)]);
    let Err(Error::Daemon(error)) = error else { panic!() };
    assert_eq!((error.daemon, error.problem), (Daemon::Identity, DaemonProblem::Reprovisioned));
}

#[test]
fn an_identity_with_a_certificate_signs_no_tokens() {
    let device = r#"{"type":"aziot","spec":{"hubName":"h.net","deviceId":"d","auth":{"type":"x509","keyHandle":"a","certId":"c"}}}"#;
    let account = account(device).unwrap();
    let string = string_for(account.identity());
    let (sent, error) = drive(IdentityService::default().sign(Some(account), &string, START, LIMIT), &[]);
    assert_eq!(sent, [""; 0]);
    assert!(error.unwrap_err().to_string().contains("authenticate with the certificate"));
}

#[test]
fn the_provisioning_is_read() {
    let service = IdentityService::default();
    let manual = r#"{"source":"manual","auth":"sas"}"#;
    let (sent, read) = drive(service.provisioning(START, LIMIT), &[Came::Answer(200, manual)]);
    assert_eq!(sent, ["GET /identities/provisioning?api-version=2021-12-01 "]);
    let read = read.unwrap();
    assert_eq!((read.source.as_str(), read.auth.as_deref(), read.scope_id), ("manual", Some("sas"), None));
    let dps = r#"{"source":"dps","auth":"tpm","endpoint":"https://global.azure-devices-provisioning.net/","scope_id":"0ne00000A0A","registration_id":"dev-01","payload":null}"#;
    let (_, read) = drive(service.provisioning(START, LIMIT), &[Came::Answer(200, dps)]);
    let read = read.unwrap();
    assert_eq!((read.scope_id.as_deref(), read.registration_id.as_deref()), (Some("0ne00000A0A"), Some("dev-01")));
}

#[test]
fn the_operations_of_a_private_key_are_sent() {
    let service = IdentityService::default();
    let opened = format!(r#"{{"keyHandle":"{HANDLE}"}}"#);
    let (sent, _) = drive(service.key_pair("pair-1", START, LIMIT), &[Came::Answer(200, &opened)]);
    assert_eq!(
        sent,
        [r#"POST /keypair?api-version=2020-09-01 {"keyId":"pair-1","preferredAlgorithms":"ec-p256:rsa-2048:*"}"#]
    );
    let key = handle();
    let (sent, der) =
        drive(service.sign_digest(&key, &[7; 32], START, LIMIT), &[Came::Answer(200, r#"{"signature":"MAA="}"#)]);
    assert_eq!(
        sent,
        [format!(
            r#"POST /sign?api-version=2020-09-01 {{"keyHandle":"{HANDLE}","algorithm":"ECDSA","parameters":{{"digest":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}}}}"#
        )]
    );
    assert_eq!(der.unwrap(), [0x30, 0]);
    for (encryption, name) in [(Encryption::RsaPkcs1, "RSA-PKCS1"), (Encryption::RsaNoPadding, "RSA-NO-PADDING")] {
        let task = service.encrypt(&key, encryption, b"block", START, LIMIT);
        let (sent, block) = drive(task, &[Came::Answer(200, r#"{"ciphertext":"/w=="}"#)]);
        assert_eq!(
            sent,
            [format!(
                r#"POST /encrypt?api-version=2020-09-01 {{"keyHandle":"{HANDLE}","algorithm":"{name}","plaintext":"YmxvY2s="}}"#
            )]
        );
        assert_eq!(block.unwrap(), [0xff]);
    }
}

#[test]
fn parameters_and_certificates_are_read() {
    let (service, key) = (IdentityService::default(), handle());
    for (parameter, name, value) in [
        (Parameter::Algorithm, "algorithm", "ECDSA"),
        (Parameter::EcCurve, "ec-curve-oid", "BggqhkjOPQMBBw=="),
        (Parameter::EcPoint, "ec-point", "A8Rlq2YB"),
        (Parameter::RsaModulus, "rsa-modulus", "AQAB"),
        (Parameter::RsaExponent, "rsa-exponent", "AQAB"),
    ] {
        let answer = format!(r#"{{"value":"{value}"}}"#);
        let (sent, read) = drive(service.parameter(&key, parameter, START, LIMIT), &[Came::Answer(200, &answer)]);
        assert_eq!(sent, [format!(r#"POST /parameters/{name}?api-version=2020-09-01 {{"keyHandle":"{HANDLE}"}}"#)]);
        assert_eq!(read.unwrap(), value);
    }
    let pem = r#"{"pem":"-----BEGIN CERTIFICATE-----\n"}"#;
    let (sent, chain) = drive(service.certificate("device/id", START, LIMIT), &[Came::Answer(200, pem)]);
    assert_eq!(sent, ["GET /certificates/device%2Fid?api-version=2020-09-01 "]);
    assert_eq!(chain.unwrap(), "-----BEGIN CERTIFICATE-----\n");
}

#[test]
fn the_sockets_are_those_of_the_package_or_in_a_folder() {
    let path = |service: &IdentityService, daemon| service.endpoint(daemon).map(ToString::to_string);
    let standard = IdentityService::default();
    assert_eq!(path(&standard, Daemon::Identity).unwrap(), "unix:///run/aziot/identityd.sock");
    assert_eq!(path(&standard, Daemon::Keys).unwrap(), "unix:///run/aziot/keyd.sock");
    assert_eq!(path(&standard, Daemon::Certificates).unwrap(), "unix:///run/aziot/certd.sock");
    assert_eq!(path(&standard, Daemon::Workload), None);
    assert_eq!(IdentityService::in_folder("/run/aziot/"), Ok(standard));
    assert!(IdentityService::in_folder("run").is_err() && IdentityService::in_folder(&"/a".repeat(60)).is_err());
}

#[test]
fn a_handle_is_shown_nowhere() {
    let account = account(&of_contoso(HANDLE)).unwrap();
    let string = string_for(account.identity());
    let task = IdentityService::default().sign(Some(account.clone()), &string, START, LIMIT);
    for shown in [format!("{account:?}"), format!("{:?}", handle()), format!("{task:?}"), format!("{:?}", task.poll())]
    {
        assert!(!shown.contains("sig=") && !shown.contains("eyJ"), "{shown}");
    }
}
