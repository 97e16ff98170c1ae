//! Certificates in the place of keys.

use super::{C_AGENT, JSON, MICRO, STRING, Scratch, agent, is_file};
use defender_auth::{
    agent::{CERTIFICATE, Observation, PRIVATE_KEY, Passphrase, load, load_with_certificate},
    credential::Issuer,
    error::FileProblem,
    secret::SecretText,
};

const LEAF: &str = include_str!("../x509/data/p256.certificate.pem");
const KEY: &str = include_str!("../x509/data/p256.sec1params.pem");

#[test]
fn a_c_agent_proves_itself_to_the_provisioning_service_with_its_certificate() {
    let dps = "\"DPS\": { \"IDScope\": \"0ne1\", \"RegistrationId\": \"dev-01\" }";
    let json = C_AGENT.replace("SecurityModule", "DPS").replace("SasToken", "SelfSignedCertificate");
    let folder = agent(JSON, json.replace("\"DeviceId\": \"dev-01\"", dps).replace("key.txt", "both.pem"));
    folder.write("both.pem", format!("{LEAF}{KEY}"));
    let plan = load(folder.folder()).unwrap().plan;
    let certificate = plan.attestation().unwrap().certificate().unwrap();
    assert!(certificate.issuer() == Some(Issuer::SelfSigned) && certificate.der().is_some());
}

fn x509_string() -> String {
    format!("{};x509=true", STRING.split_once(";ModuleId=").unwrap().0)
}

#[test]
fn a_micro_agent_needs_both_files_of_its_certificate_or_none() {
    let folder = agent(MICRO, x509_string());
    let device = load_with_certificate(folder.folder(), None).unwrap().plan;
    let held = device.known_device().unwrap().credential().certificate().unwrap();
    assert!(held.der().is_none(), "the key is held elsewhere");
    for (name, text, missing) in [(PRIVATE_KEY, KEY, CERTIFICATE), (CERTIFICATE, LEAF, PRIVATE_KEY)] {
        let folder = agent(MICRO, x509_string());
        folder.write(name, text);
        let error = load_with_certificate(folder.folder(), None).unwrap_err();
        assert!(error.to_string().starts_with(&folder.path(missing)), "{error}");
        is_file(&error, &FileProblem::NotFound);
    }
    folder.write(CERTIFICATE, LEAF);
    folder.write(PRIVATE_KEY, KEY);
    let device = load_with_certificate(folder.folder(), None).unwrap().plan;
    assert!(device.known_device().unwrap().credential().certificate().unwrap().der().is_some());
}

fn certificate_findings(folder: &Scratch) -> Vec<String> {
    let findings = load_with_certificate(folder.folder(), None).unwrap().findings;
    let of_names = findings.iter().filter(|finding| matches!(finding.observation, Observation::Certificate(_)));
    of_names.inspect(|finding| assert!(finding.is_warning())).map(ToString::to_string).collect()
}

#[test]
fn a_common_name_that_is_not_the_registration_id_is_noticed_before_anything_is_sent() {
    for (id, warnings) in [("dev-01", 0), ("dev-02", 1), ("Dev-01", 1)] {
        let dps = format!("\"DPS\": {{ \"IDScope\": \"0ne1\", \"RegistrationId\": \"{id}\" }}");
        let json = C_AGENT.replace("SecurityModule", "DPS").replace("SasToken", "SelfSignedCertificate");
        let folder = agent(JSON, json.replace("\"DeviceId\": \"dev-01\"", &dps).replace("key.txt", "both.pem"));
        folder.write("both.pem", format!("{LEAF}{KEY}"));
        let found = certificate_findings(&folder);
        assert_eq!(found.len(), warnings, "{found:?}");
        let words = format!("both.pem: the common name (CN) is dev-01, and the registration ID is {id}");
        assert!(found.iter().all(|text| text.contains(&words)), "{found:?}");
    }
}

#[test]
fn a_common_name_that_is_not_the_device_id_is_noticed() {
    let json = C_AGENT.replace("SecurityModule", "Device").replace("SasToken", "SelfSignedCertificate");
    let json = json.replace("key.txt", "both.pem");
    for (text, warnings) in [(json.clone(), 0), (json.replace("dev-01", "dev-02"), 1)] {
        let folder = agent(JSON, text);
        folder.write("both.pem", format!("{LEAF}{KEY}"));
        assert_eq!(certificate_findings(&folder).len(), warnings);
    }
    for (text, warnings) in [(x509_string(), 0), (x509_string().replace("dev-01", "dev-02"), 1)] {
        let folder = agent(MICRO, text);
        folder.write(CERTIFICATE, LEAF);
        folder.write(PRIVATE_KEY, KEY);
        assert_eq!(certificate_findings(&folder).len(), warnings);
    }
}

#[test]
fn a_certificate_that_tls_cannot_use_is_named_with_its_own_file() {
    let folder = agent(MICRO, x509_string());
    let read =
        |name: &str| std::fs::read(format!("{}/tests/x509/data/foreign/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    folder.write(CERTIFICATE, read("v1.pem"));
    folder.write(PRIVATE_KEY, read("v1.key.pem"));
    let error = load_with_certificate(folder.folder(), None).unwrap_err().to_string();
    assert!(error.starts_with(&folder.path(CERTIFICATE)) && error.contains("UnsupportedCertVersion"), "{error}");
}

#[test]
fn a_passphrase_is_not_printed() {
    assert_eq!(format!("{:?}", Passphrase::new(SecretText::new("orchid".to_owned()))), "Passphrase(..)");
}
