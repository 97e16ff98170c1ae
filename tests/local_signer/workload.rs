//! The workload API.

use crate::world::{Came, LIMIT, START, drive, environment, string_for, workload};
use defender_auth::{
    Plan, UnixTime,
    credential::Credential,
    error::{Code, ErrorKind},
    mqtt::Connect,
    workload::{IssuedKey, Workload},
};

/// HMAC-SHA256 of nothing in particular, in base64.
const DIGEST: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn a_token_is_signed_with_the_request_that_every_daemon_reads() {
    let (workload, digest) = (workload(), format!("{{\"digest\":\"{DIGEST}\"}}"));
    let string = string_for(workload.identity());
    let (sent, signature) = drive(workload.sign(&string, START, LIMIT), &[Came::Answer(200, &digest)]);
    // base64 of contoso.azure-devices.net%2Fdevices%2Fdev-01%2Fmodules%2Fazureiotsecurity LF 1700003600
    let data = "Y29udG9zby5henVyZS1kZXZpY2VzLm5ldCUyRmRldmljZXMlMkZkZXYtMDElMkZtb2R1bGVzJTJGYXp1cmVpb3RzZWN1cml0eQoxNzAwMDAzNjAw";
    assert_eq!(
        sent,
        [format!(
            "POST /modules/azureiotsecurity/genid/638000000000000000/sign?api-version=2022-08-03 \
             {{\"keyId\":\"primary\",\"algo\":\"HMACSHA256\",\"data\":\"{data}\"}}"
        )]
    );
    let bytes: Vec<u8> = (0..32).collect();
    assert_eq!(signature.unwrap().as_bytes(), bytes.as_slice());
}

#[test]
fn the_name_of_a_module_is_encoded_in_the_path() {
    let workload = Workload::from_environment(environment(&[("IOTEDGE_MODULEID", Some("$edge/a b"))]));
    assert!(workload.is_err(), "no module is called that");
    let workload = Workload::from_environment(environment(&[("IOTEDGE_MODULEID", Some("$edgeHub"))])).unwrap();
    let string = string_for(workload.identity());
    let (sent, _) = drive(workload.sign(&string, START, LIMIT), &[Came::Answer(403, "{\"message\":\"forbidden\"}")]);
    assert!(sent[0].starts_with("POST /modules/%24edgeHub/genid/"), "{sent:?}");
}

#[test]
fn the_trust_bundle_is_read() {
    let pem = r#"{"certificate":"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"}"#;
    let (sent, bundle) = drive(workload().trust_bundle(START, LIMIT), &[Came::Answer(200, pem)]);
    assert_eq!(sent, ["GET /trust-bundle?api-version=2022-08-03 "]);
    assert_eq!(bundle.unwrap(), "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
}

#[test]
fn a_certificate_comes_with_its_key_or_with_the_name_of_it() {
    let expires = UnixTime::from_secs(1_700_003_600);
    let key = r#"{"privateKey":{"type":"key","bytes":"-----BEGIN PRIVATE KEY-----\nAA==\n"},"certificate":"PEM","expiration":"2023-11-14T23:13:20Z"}"#;
    let (sent, issued) = drive(workload().identity_certificate(Some(expires), START, LIMIT), &[Came::Answer(201, key)]);
    assert_eq!(
        sent,
        [
            r#"POST /modules/azureiotsecurity/certificate/identity?api-version=2022-08-03 {"expiration":"2023-11-14T23:13:20Z"}"#
        ]
    );
    let issued = issued.unwrap();
    let IssuedKey::Pem(pem) = issued.private_key else { panic!() };
    assert_eq!(pem.expose(), "-----BEGIN PRIVATE KEY-----\nAA==\n");
    assert_eq!((issued.chain.as_str(), issued.expiration.as_str()), ("PEM", "2023-11-14T23:13:20Z"));

    let (sent, _) = drive(workload().identity_certificate(None, START, LIMIT), &[Came::Answer(201, key)]);
    assert!(sent[0].ends_with(" {}"), "{sent:?}");

    let name = r#"{"privateKey":{"type":"ref","ref":"key-1"},"certificate":"PEM","expiration":"x"}"#;
    let (sent, issued) =
        drive(workload().server_certificate("gateway", expires, START, LIMIT), &[Came::Answer(201, name)]);
    assert_eq!(
        sent,
        [
            r#"POST /modules/azureiotsecurity/genid/638000000000000000/certificate/server?api-version=2022-08-03 {"commonName":"gateway","expiration":"2023-11-14T23:13:20Z"}"#
        ]
    );
    assert_eq!(issued.unwrap().private_key, IssuedKey::Reference("key-1".into()));
}

#[test]
fn the_plan_is_a_module_whose_signer_is_elsewhere() {
    let plan = Plan::workload(workload());
    assert_eq!(plan.known_workload(), Some(&workload()));
    assert!(plan.clone().in_device_mode(defender_auth::device_mode::Target::default()).is_err());
    let me = plan.outcome().unwrap();
    assert_eq!(*me.credential(), Credential::ExternalSigner);
    assert_eq!(me.identity().to_string(), "contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity");
    assert_eq!(me.identity().gateway(), None);
}

#[test]
fn behind_a_gateway_the_connection_goes_there_and_the_token_names_the_hub() {
    let behind = [("IOTEDGE_GATEWAYHOSTNAME", Some("edge-gateway"))];
    let workload = Workload::from_environment(environment(&behind)).unwrap();
    let login = Connect::hub(workload.identity(), None);
    assert_eq!(login.host.as_str(), "edge-gateway");
    assert!(login.user_name.starts_with("contoso.azure-devices.net/dev-01/azureiotsecurity/"), "{}", login.user_name);
    let string = string_for(workload.identity());
    assert!(string.as_bytes().starts_with(b"contoso.azure-devices.net%2Fdevices%2F"));

    let itself = [("IOTEDGE_GATEWAYHOSTNAME", Some("CONTOSO.azure-devices.net"))];
    assert_eq!(Workload::from_environment(environment(&itself)).unwrap().identity().gateway(), None);
}

#[test]
fn a_variable_that_is_missing_or_not_valid_is_named() {
    for name in [
        "IOTEDGE_WORKLOADURI",
        "IOTEDGE_MODULEID",
        "IOTEDGE_MODULEGENERATIONID",
        "IOTEDGE_DEVICEID",
        "IOTEDGE_IOTHUBHOSTNAME",
    ] {
        for value in [None, Some("")] {
            let error = Workload::from_environment(environment(&[(name, value)])).unwrap_err();
            assert_eq!(error.to_string(), format!("`{name}` is missing or empty; give it a value"));
            assert_eq!((error.kind(), error.code()), (ErrorKind::Configuration, Code::Config));
        }
    }
    for (name, value) in [
        ("IOTEDGE_WORKLOADURI", "/run/x.sock"),
        ("IOTEDGE_MODULEID", "a b"),
        ("IOTEDGE_DEVICEID", "a/b"),
        ("IOTEDGE_IOTHUBHOSTNAME", "https://h"),
        ("IOTEDGE_GATEWAYHOSTNAME", "a b"),
        ("IOTEDGE_AUTHSCHEME", "x509"),
        ("IOTEDGE_APIVERSION", "2022&x=1"),
    ] {
        let error = Workload::from_environment(environment(&[(name, Some(value))])).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(Workload::is_in(environment(&[])) && !Workload::is_in(|_| None));
}

#[test]
fn variables_that_old_runtimes_do_not_set_have_defaults() {
    let old = [("IOTEDGE_AUTHSCHEME", None), ("IOTEDGE_APIVERSION", None)];
    let workload = Workload::from_environment(environment(&old)).unwrap();
    let (sent, _) = drive(workload.trust_bundle(START, LIMIT), &[Came::Answer(200, r#"{"certificate":""}"#)]);
    assert_eq!(sent, ["GET /trust-bundle?api-version=2020-07-07 "]);
    let windows = [("IOTEDGE_WORKLOADURI", Some("http://172.17.0.1:15581"))];
    let workload = Workload::from_environment(environment(&windows)).unwrap();
    assert_eq!(workload.endpoint().to_string(), "http://172.17.0.1:15581");
}

#[test]
fn a_request_without_an_answer_is_sent_again_and_not_for_ever() {
    let workload = workload();
    let string = string_for(workload.identity());
    let digest = format!("{{\"digest\":\"{DIGEST}\"}}");
    let answers = [Came::Nothing, Came::Nothing, Came::Answer(503, ""), Came::Answer(200, &digest)];
    let (sent, signature) = drive(workload.sign(&string, START, LIMIT), &answers);
    assert!(signature.is_ok() && sent.iter().all(|request| *request == sent[0]), "{sent:?}");
    let hour = 60 * LIMIT;
    let (_, error) = drive(workload.sign(&string, START, hour), &[Came::Nothing; 7]);
    assert_eq!(error.unwrap_err().code(), Code::NoResponse);
}
