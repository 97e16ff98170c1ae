//! What is found in a certificate, and whether it is a refusal, a warning or a note.

use crate::support::{
    Run, Scratch,
    certificates::{NOW, Public, Signer, authority, device},
    data, defenderauth,
};
use rcgen::{DistinguishedName, ExtendedKeyUsagePurpose, KeyUsagePurpose, date_time_ymd};

const ID: &str = "dev-01";

/// Checks a chain of these certificates.
fn check(pems: &[&str], more: &[&str]) -> Run {
    let folder = Scratch::new();
    let chain = folder.write("chain.pem", pems.concat());
    defenderauth(&[&["certificate", "check", "--cert-file", &chain], more].concat(), "")
}

/// The same at a time when they are valid.
fn check_now(pems: &[&str], more: &[&str]) -> Run {
    check(pems, &[&["--now", NOW], more].concat())
}

/// The verdict is this one, and one line of this severity begins with these words and has those in it.
#[track_caller]
fn says(run: &Run, code: i32, severity: &str, [start, cure]: [&str; 2]) {
    let start = format!("{severity:<14}{start}");
    let verdict = if code == 0 { "verdict       usable\n" } else { "verdict       it will be refused\n" };
    assert!(run.code == code && run.out.ends_with(verdict) && run.err.is_empty(), "{run:?}");
    let said = run.out.lines().filter(|line| line.starts_with(&start) && line.contains(cure)).count();
    assert_eq!(said, 1, "not once {start:?} with {cure:?} in {run:?}");
}

#[track_caller]
fn refused(run: &Run, words: [&str; 2]) {
    says(run, 1, "refused", words);
}

#[track_caller]
fn warned(run: &Run, words: [&str; 2]) {
    says(run, 0, "warning", words);
}

#[track_caller]
fn noted(run: &Run, words: [&str; 2]) {
    says(run, 0, "note", words);
}

/// A device's certificate that a root has signed.
fn signed(device: rcgen::CertificateParams) -> String {
    Signer::root(authority("root")).above(device).pem
}

fn self_signed(device: rcgen::CertificateParams) -> String {
    Signer::root(device).pem
}

#[test]
fn the_issuer_is_noted() {
    noted(&check_now(&[&self_signed(device(ID))], &[]), ["the certificate is self-signed", "register its thumbprint"]);
    noted(&check_now(&[&signed(device(ID))], &[]), ["the certificate is signed by CN=root", "Device mode"]);
}

#[test]
fn a_chain_that_ends_below_its_root_or_with_it_is_noted() {
    let root = Signer::root(authority("root"));
    let leaf = root.above(device(ID)).pem;
    let short = ["the issuer of certificate 1 (CN=root) is not in the file", "add the intermediates"];
    noted(&check_now(&[&leaf], &[]), short);
    noted(&check_now(&[&leaf, &root.pem], &[]), ["the root certificate is in the chain", "it is not needed there"]);
}

#[test]
fn an_unrelated_certificate_in_the_chain_is_a_warning() {
    let root = Signer::root(authority("root"));
    let other = Signer::root(authority("other"));
    let run = check_now(&[&root.above(device(ID)).pem, &root.pem, &other.pem], &[]);
    warned(&run, ["certificate 3 (CN=other) does not belong to this chain", "remove it"]);
}

#[test]
fn an_issuer_of_the_same_name_with_another_key_is_refused() {
    let leaf = signed(device(ID));
    let namesake = Signer::root(authority("root"));
    let run = check_now(&[&leaf, &namesake.pem], &[]);
    refused(&run, ["certificate 1 (CN=dev-01) was not signed by its issuer in the file", "use the issuer's current"]);
}

#[test]
fn an_issuer_that_is_no_ca_is_refused() {
    let issuer = Signer::root(authority("root")).above(device("gateway"));
    let run = check_now(&[&issuer.above(device(ID)).pem, &issuer.pem], &[]);
    refused(&run, ["certificate 2 (CN=gateway) issued another one and is not a CA's", "issued with CA:TRUE"]);
}

#[test]
fn dates_are_reported_with_their_remedy() {
    // Until 2040-01-01T00:00:00Z.
    let root = Signer::root(authority("root"));
    let leaf = root.above(device(ID)).pem;
    let at = |secs: u64| check(&[&leaf], &["--now", &secs.to_string()]);
    let (begin, end, day) = (1_704_067_200, 2_208_988_800, 86_400);
    refused(&at(begin - 1), ["certificate 1 (CN=dev-01) is not valid before 2024-01-01T00:00:00Z", "check this clock"]);
    refused(&at(end + 1), ["certificate 1 (CN=dev-01) expired at 2040-01-01T00:00:00Z", "renew it"]);
    warned(
        &at(end - 29 * day),
        ["certificate 1 (CN=dev-01) expires in 29 days, at 2040-01-01T00:00:00Z", "renew it now"],
    );
    noted(&at(end - 30 * day), ["the chain is valid for 30 more days, until 2040-01-01T00:00:00Z", "renew it before"]);
    noted(&at(begin), ["the chain is valid for 5844 more days", ""]);
    let mut early = authority("between");
    early.not_after = date_time_ymd(2026, 1, 1);
    let between = root.above(early);
    let run = check_now(&[&between.above(device(ID)).pem, &between.pem], &[]);
    refused(&run, ["certificate 2 (CN=between) expired at 2026-01-01T00:00:00Z", "renew it"]);
}

#[test]
fn usages_without_client_authentication_are_refused() {
    let mut leaf = device(ID);
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let run = check_now(&[&signed(leaf.clone())], &[]);
    refused(&run, ["the extended key usage does not allow client authentication", "issued with `clientAuth`"]);
    leaf.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    let run = check_now(&[&signed(leaf.clone())], &[]);
    refused(&run, ["the key usage does not allow signatures", "issued with `digitalSignature`"]);
    leaf.key_usages.push(KeyUsagePurpose::DigitalSignature);
    noted(&check_now(&[&signed(leaf)], &[]), ["the certificate is signed by", ""]);
}

#[test]
fn names_are_compared_with_a_device_id() {
    let differs = ["the common name (CN) is dev-01, and the device ID is DEV-01", "the same, letter by letter"];
    refused(&check_now(&[&signed(device(ID))], &["--device-id", "DEV-01"]), differs);
    noted(&check_now(&[&signed(device(ID))], &["--device-id", ID]), ["the certificate is signed by", ""]);
    // The hub knows a self-signed one by its thumbprint.
    warned(&check_now(&[&self_signed(device(ID))], &["--device-id", "DEV-01"]), differs);
    let mut nameless = device(ID);
    nameless.distinguished_name = DistinguishedName::new();
    let run = check_now(&[&signed(nameless)], &["--device-id", ID]);
    refused(&run, ["the subject has no common name (CN)", "with the device ID dev-01 as its CN"]);
}

#[test]
fn names_are_compared_with_a_registration_id() {
    let differs = ["the common name (CN) is dev-01, and the registration ID is dev-02", "the same, letter by letter"];
    for pem in [signed(device(ID)), self_signed(device(ID))] {
        refused(&check_now(&[&pem], &["--registration-id", "dev-02"]), differs);
        let case = ["the common name (CN) is dev-01, and the registration ID is Dev-01", "letter by letter"];
        warned(&check_now(&[&pem], &["--registration-id", "Dev-01"]), case);
        assert_eq!(check_now(&[&pem], &["--registration-id", ID]).done().out.matches("common name").count(), 0);
    }
    let mut nameless = device(ID);
    nameless.distinguished_name = DistinguishedName::new();
    let run = check_now(&[&self_signed(nameless)], &["--registration-id", ID]);
    refused(&run, ["the subject has no common name (CN)", "with the registration ID dev-01 as its CN"]);
}

#[test]
fn a_ca_as_a_leaf_is_refused_unless_its_thumbprint_counts() {
    let words = ["the first certificate is a CA's (CN=dev-01)", "give the device's own certificate"];
    refused(&check_now(&[&signed(authority(ID))], &[]), words);
    // As `openssl req -x509` makes them unless it is told otherwise.
    let mut usual = authority(ID);
    usual.key_usages.clear();
    warned(&check_now(&[&self_signed(usual)], &[]), words);
}

#[test]
fn a_key_of_an_unsupported_kind_is_refused() {
    let pem = std::fs::read_to_string(data("p521.certificate.pem")).unwrap();
    refused(&check_now(&[&pem], &[]), ["certificate 1 (CN=dev-01) has a key of kind P-521", "use P-256"]);
}

#[test]
fn rsa_keys_of_1024_bits_are_refused() {
    let root = Signer::root(authority("root"));
    let run = check_now(&[&root.issue(&device(ID), &Public::rsa_1024())], &[]);
    refused(&run, ["certificate 1 (CN=dev-01) has an RSA key of 1024 bits", "2048 to 4096, or P-256"]);
}

#[test]
fn sha_1_is_refused_where_the_signature_is_verified() {
    let run = check_now(&[include_str!("../../../tests/x509/data/sha1.chain.pem")], &[]);
    refused(&run, ["certificate 1 (CN=dev-01) is signed with SHA-1, which is broken", "issued with SHA-256"]);
    let run = check_now(&[include_str!("../../../tests/x509/data/sha1.certificate.pem")], &[]);
    warned(&run, ["certificate 1 (CN=dev-sha1) is signed with SHA-1, which is broken", "issued with SHA-256"]);
}

#[test]
fn thumbprints_are_upper_case_without_colons() {
    let run = check_now(&[include_str!("../../../tests/x509/data/p256.certificate.pem")], &[]).done();
    // As openssl has them.
    for line in [
        "SHA-1         24DFA5C4F72864CC3B25860B638917DEF3136EC8\n",
        "SHA-256       43E885DE31691A68EEEE25677277BC4A8E5F7735CC6A171356F925DB5D95557F\n",
    ] {
        assert_eq!(run.out.matches(line).count(), 1, "{run:?}");
    }
}

#[test]
fn the_key_chooses_its_certificate_out_of_a_chain() {
    let folder = Scratch::new();
    let key = folder.write("key.pem", include_str!("../../../tests/x509/data/p256.sec1.pem"));
    let (own, other) = (include_str!("../../../tests/x509/data/p256.certificate.pem"), self_signed(device("other")));
    let run = check_now(&[&other, own], &["--key-file", &key]);
    noted(&run, ["the certificates were not in order, leaf first", "put in order"]);
    assert!(run.out.starts_with("subject       CN=dev-01\n"), "{run:?}");
    let words = ["the private key does not belong to the certificate", "give the key that"];
    refused(&check_now(&[&other], &["--key-file", &key]), words);
}

#[test]
fn findings_precede_the_verdict_the_worst_first() {
    let mut leaf = authority(ID);
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let run = check(&[&self_signed(leaf)], &["--now", "2208900000", "--registration-id", "dev-02"]);
    let severities: Vec<_> = run.out.lines().filter_map(|line| line.split_once(' ')).map(|(word, _)| word).collect();
    let expected = ["refused", "refused", "refused", "warning", "warning", "note", "not", "verdict"];
    assert_eq!(severities[severities.len() - expected.len()..], expected, "{run:?}");
}
