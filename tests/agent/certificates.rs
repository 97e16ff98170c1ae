//! Certificates in the place of keys.

use super::{C_AGENT, JSON, MICRO, STRING, agent, is_file, refused};
use defender_auth::{
    agent::{CERTIFICATE, PRIVATE_KEY, Passphrase, load},
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

#[test]
fn a_micro_agent_needs_both_files_of_its_certificate_or_none() {
    let string = format!("{};x509=true", STRING.split_once(";ModuleId=").unwrap().0);
    let folder = agent(MICRO, &string);
    let device = load(folder.folder()).unwrap().plan;
    let held = device.known_device().unwrap().credential().certificate().unwrap();
    assert!(held.der().is_none(), "somebody else has the key");
    for (name, text, missing) in [(PRIVATE_KEY, KEY, CERTIFICATE), (CERTIFICATE, LEAF, PRIVATE_KEY)] {
        let folder = agent(MICRO, &string);
        folder.write(name, text);
        is_file(&refused(&folder.folder(), &folder.path(missing)), &FileProblem::NotFound);
    }
}

#[test]
fn a_passphrase_is_not_printed() {
    assert_eq!(format!("{:?}", Passphrase::new(SecretText::new("orchid".to_owned()))), "Passphrase(..)");
}
