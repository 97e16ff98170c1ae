use crate::records::{AGREES, Record, Rule, X509, assert_every_record_is_used, compare, records};
use defender_auth::{
    UnixTime,
    error::{CertificateError, CertificateProblem as Problem},
    identity::{DeviceId, RegistrationId},
    tls::AZURE_ROOTS,
    x509::{Certificate, Chain, ClientIdentity, Finding, PrivateKey, Purpose, check},
};
use serde_json::Value;

const BLOCKS: &[&str] = &["pem.certificate", "pem.private_key", "pem.other"];
const IDENTITIES: &[&str] = &["x509.identity"];
const KEYS: &[&str] = &["x509.private_key"];
const LOADED: &[&str] = &["x509.load"];
const BUNDLES: &[&str] = &["trust_bundle.load"];
const NAMES: &[&str] = &["x509.cn_vs_device_id", "x509.cn_vs_registration_id"];
/// The files that others name.
const FILES: &[&str] = &["pem.files"];
/// A service of Azure's cuts a name to 64 characters when it makes a certificate. We cut none, and compare whole names.
const CUT: &[&str] = &["certificate_cn_truncation"];

const LEGACY: Rule = "D.1: keys encrypted the way before PKCS#8 are refused with the command that converts them";
const ORDERED: Rule = "D.1: a chain in another order is put in order";
const COMPARED: Rule = "D.5: the CN is compared before connecting";
const MARKED: Rule = "D.1: a byte order mark is passed over in every file";
const TRUSTED: Rule = "D.1: OpenSSL's label TRUSTED CERTIFICATE is read in every file";
const EMPTY: Rule = "an empty file is an error, and never a quiet change to other roots";

/// In the span of the certificates that were made for the records.
const NOW: UnixTime = UnixTime::from_secs(1_750_000_000);

fn file(name: &str) -> Option<Vec<u8>> {
    let files = records(X509, FILES);
    let file = files[0].expected.get(name)?;
    // The two that are not text are the DER of others.
    let der = || match name {
        "leaf.der" => Chain::from_pem(&self::file("leaf.pem").unwrap()).unwrap().certificates()[0].der().to_vec(),
        _ => PrivateKey::from_pem(&self::file("leaf.key.pkcs8.pem").unwrap(), None).unwrap().expose_pkcs8().to_vec(),
    };
    Some(file["text"].as_str().map_or_else(der, |text| text.as_bytes().to_vec()))
}

fn refused(theirs: &Value) -> bool {
    theirs.get("raises").is_some() || theirs.get("error").is_some()
}

fn pem(record: &Record) -> &[u8] {
    record.input("pem").unwrap().as_bytes()
}

#[test]
fn every_record_of_certificates_is_used() {
    assert_every_record_is_used(X509, &[BLOCKS, IDENTITIES, KEYS, LOADED, BUNDLES, NAMES, FILES, CUT], 93);
}

#[test]
fn the_built_in_roots_are_those_of_the_sdks() {
    let known: Vec<_> = records(X509, BLOCKS).iter().filter_map(|record| Chain::from_pem(pem(record)).ok()).collect();
    for root in AZURE_ROOTS {
        assert!(known.iter().any(|chain| chain.certificates()[0].der() == root));
    }
}

fn same_certificate(certificate: &Certificate, theirs: &Value) -> bool {
    let is = |name: &str, ours: String| theirs[name].as_str().is_none_or(|theirs| theirs.eq_ignore_ascii_case(&ours));
    is("sha1", certificate.sha1().to_string())
        && is("sha256", certificate.sha256().to_string())
        && is("thumbprint_sha1", certificate.sha1().to_string())
        && is("thumbprint_sha256", certificate.sha256().to_string())
        && is("subject_cn", format!("CN={}", certificate.common_name().unwrap()))
}

#[test]
fn blocks_of_the_sdks_tests_are_read_alike() {
    let judge = |record: &Record| {
        let ours = match record.kind.as_str() {
            "pem.certificate" => Chain::from_pem(pem(record)).map(|chain| chain.certificates()[0].clone()),
            // Placeholders, all of them; a block of parameters is no key either.
            _ => PrivateKey::from_pem(pem(record), None).map(|_| panic!("{record:?}")),
        };
        match (ours, refused(&record.expected)) {
            (Ok(certificate), false) => same_certificate(&certificate, &record.expected).then_some(AGREES),
            (Err(_), true) => Some(AGREES),
            _ => None,
        }
    };
    compare(records(X509, BLOCKS), judge, &[(AGREES, 24)]);
}

#[test]
fn thumbprints_and_names_are_the_same() {
    let judge = |record: &Record| {
        let chain = Chain::from_pem(pem(record)).unwrap();
        same_certificate(&chain.certificates()[0], &record.expected).then_some(AGREES)
    };
    compare(records(X509, IDENTITIES), judge, &[(AGREES, 5)]);
}

#[test]
fn keys_are_the_same_in_every_form() {
    let leaf = Chain::from_pem(&file("leaf.pem").unwrap()).unwrap();
    let judge = |record: &Record| {
        let passphrase = record.input("passphrase").map(str::as_bytes);
        match PrivateKey::from_pem(pem(record), passphrase) {
            Ok(key) => {
                let same = key.algorithm().to_string() == record.expected["algorithm"].as_str().unwrap();
                (same && key.public_key() == leaf.certificates()[0].public_key()).then_some(AGREES)
            }
            Err(error) => (error.problem == Problem::LegacyEncryption).then_some(LEGACY),
        }
    };
    compare(records(X509, KEYS), judge, &[(AGREES, 4), (LEGACY, 1)]);
}

fn load(record: &Record) -> Option<Result<ClientIdentity, CertificateError>> {
    let (certificates, key) = (file(record.input("cert_file")?)?, file(record.input("key_file")?)?);
    Some(ClientIdentity::from_pem_pair(&certificates, &key, record.input("pass_phrase").map(str::as_bytes)))
}

#[test]
fn files_are_loaded_as_azures_python_sdk_does() {
    let judge = |record: &Record| match (load(record), refused(&record.expected)) {
        // Files that are not there are the caller's to read.
        (None, true) => record.inputs.to_string().contains("missing").then_some(AGREES),
        (Some(Ok(_)), false) | (Some(Err(_)), true) => Some(AGREES),
        (Some(Ok(me)), true) => me.chain().was_reordered().then_some(ORDERED),
        (Some(Err(error)), false) => (error.problem == Problem::LegacyEncryption).then_some(LEGACY),
        (None, false) => None,
    };
    compare(records(X509, LOADED), judge, &[(AGREES, 38), (LEGACY, 1), (ORDERED, 1)]);
}

#[test]
fn bundles_are_read_as_azures_python_sdk_does() {
    let judge = |record: &Record| {
        let name = record.input("server_verification_cert_file").unwrap();
        match (Chain::from_pem(&file(name).unwrap()), refused(&record.expected)) {
            (Ok(_), false) | (Err(_), true) => Some(AGREES),
            (Ok(_), true) if name == "leaf_bom.pem" => Some(MARKED),
            (Ok(_), true) if name == "leaf_trusted_label.pem" => Some(TRUSTED),
            (Err(error), false) if error.problem == Problem::Empty => Some(EMPTY),
            _ => None,
        }
    };
    compare(records(X509, BUNDLES), judge, &[(AGREES, 10), (EMPTY, 1), (MARKED, 1), (TRUSTED, 1)]);
}

#[test]
fn names_that_nobody_compares_are_compared() {
    let chain = Chain::from_pem(&file("leaf_chain.pem").unwrap()).unwrap();
    let differs = |finding: &Finding| matches!(finding, Finding::CommonNameDiffers { .. });
    let judge = |record: &Record| {
        assert_eq!(Some(record.input("cert_cn").unwrap()), chain.certificates()[0].common_name());
        let device = record.input("device_id").map(|id| DeviceId::new(id).unwrap());
        let registration = record.input("registration_id").map(|id| RegistrationId::new(&id.to_lowercase()).unwrap());
        let purpose = match (&device, &registration) {
            (Some(id), _) => Purpose::Hub(id),
            (_, Some(id)) => Purpose::Provisioning(id),
            _ => return None,
        };
        // A registration id is the same in either case.
        let found = check(&chain, None, purpose, NOW).iter().any(differs);
        if found { Some(COMPARED) } else { registration.is_some().then_some(AGREES) }
    };
    compare(records(X509, NAMES), judge, &[(COMPARED, 3), (AGREES, 1)]);
}

#[test]
fn no_name_is_cut() {
    let cut = records(X509, CUT);
    let (name, theirs) = (cut[0].input("common_name").unwrap(), cut[0].expected.as_str().unwrap());
    assert!(name.starts_with(theirs) && theirs.chars().count() == 64 && name.len() > theirs.len());
}
