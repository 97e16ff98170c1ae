//! Agents whose private key is in a TPM.

use super::{assert_verifies, openssl::openssl};
use crate::{scratch::Scratch, swtpm::Swtpm};
use defender_auth::{
    Error, Plan,
    agent::{CERTIFICATE, CONNECTION_STRING, Loaded, PRIVATE_KEY, certificate_with_key, load, load_with_keys},
    credential::ClientCertificate,
    error::{CertificateError, CertificateProblem, Code},
    private_key::Opener,
};

/// A key that OpenSSL made in the TPM, and a self-signed certificate of it.
fn made(swtpm: &Swtpm) -> [Vec<u8>; 2] {
    let (key, certificate) = (swtpm.write("key.pem", b""), swtpm.write("certificate.pem", b""));
    openssl(swtpm, &["genpkey", "-provider", "tpm2", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", &key]);
    let with = ["-provider", "tpm2", "-provider", "default", "-key", &key, "-out", &certificate];
    openssl(swtpm, &[&["req", "-x509", "-subj", "/CN=dev-01", "-days", "2"][..], &with].concat());
    [swtpm.read("certificate.pem"), swtpm.read("key.pem")]
}

fn load_here(swtpm: &Swtpm, folder: &Scratch) -> Result<Loaded, Error> {
    load_with_keys(folder.folder(), &Opener::new().with_tpm(&swtpm.endpoint()))
}

fn assert_signs(swtpm: &Swtpm, certificate: &ClientCertificate) {
    let key = certificate.private_key().unwrap();
    let scheme = key.schemes()[0];
    assert_verifies(swtpm, key.public_key(), scheme, &key.sign(scheme, b"a message").unwrap());
}

fn micro_agent(certificate: &[u8], key: &[u8]) -> Scratch {
    let folder = Scratch::new();
    folder.write(CONNECTION_STRING, "HostName=contoso.azure-devices.net;DeviceId=dev-01;x509=true");
    folder.write(CERTIFICATE, certificate);
    folder.write(PRIVATE_KEY, key);
    folder.share(PRIVATE_KEY);
    folder
}

fn certificate_of(plan: &Plan) -> &ClientCertificate {
    plan.known_device().unwrap().credential().certificate().unwrap()
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn a_micro_agents_private_key_may_be_in_the_tpm() {
    let swtpm = Swtpm::new();
    swtpm.tool("startup -c");
    let [certificate, key] = made(&swtpm);
    let folder = micro_agent(&certificate, &key);
    let loaded = load_here(&swtpm, &folder).unwrap();
    assert_signs(&swtpm, certificate_of(&loaded.plan));
    let findings: Vec<_> = loaded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, [""; 0], "the file is of no use to others");
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn a_security_agents_file_holds_the_certificate_and_the_tpms_key() {
    let swtpm = Swtpm::new();
    swtpm.tool("startup -c");
    let [certificate, key] = made(&swtpm);
    for both in [[&certificate[..], &key].concat(), [&key[..], b"\r\n", &certificate].concat()] {
        let folder = Scratch::new();
        folder.write("both.pem", both);
        folder.write(
            "LocalConfiguration.json",
            r#"{ "Configuration": { "Authentication": { "Identity": "Device", "AuthenticationMethod":
            "SelfSignedCertificate", "FilePath": "both.pem", "DeviceId": "dev-01",
            "HostName": "contoso.azure-devices.net" } } }"#,
        );
        assert_signs(&swtpm, certificate_of(&load_here(&swtpm, &folder).unwrap().plan));
        // Only where the key is used is the TPM needed, and its place is told.
        let error = load(folder.folder()).unwrap_err();
        assert_eq!(error.code(), Code::TpmAccess, "{error}");
        assert!(error.to_string().starts_with(&format!("{}: /dev/tpmrm0: ", folder.path("both.pem"))), "{error}");
    }
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn the_key_of_another_certificate_is_named_by_its_file() {
    let swtpm = Swtpm::new();
    swtpm.tool("startup -c");
    let [_, key] = made(&swtpm);
    let folder = micro_agent(include_bytes!("../../x509/data/p256.certificate.pem"), &key);
    let error = load_here(&swtpm, &folder).unwrap_err();
    assert!(error.to_string().starts_with(&folder.path(PRIVATE_KEY)), "{error}");
    let mismatch = CertificateError { block: None, problem: CertificateProblem::Mismatch };
    assert_eq!(error.inner(), &Error::from(mismatch.clone()));
    let endpoint = swtpm.endpoint();
    let name = format!("tpm:file={}", folder.path(PRIVATE_KEY));
    let opener = Opener::new().with_tpm(&endpoint);
    let error = certificate_with_key(folder.path(CERTIFICATE), &name.parse().unwrap(), &opener).unwrap_err();
    assert!(error.to_string().starts_with(&name), "{error}");
    assert_eq!(error.inner(), &Error::from(mismatch));
}
