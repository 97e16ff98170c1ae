//! Certificates for testing, as they are made.

use crate::support::{Run, Scratch, defenderauth};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _};
use std::{fs, path::Path, process::Command};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

const PUBLIC: &str = "certificate_public.pem";
const PRIVATE: &str = "certificate_private.pem";

/// A folder with a root and an intermediate CA.
struct Office(Scratch);

impl Office {
    fn new(algorithm: &str) -> Self {
        let office = Self(Scratch::new());
        office.new_one(&["root", "--common-name", "Root", "--algorithm", algorithm]).done();
        let signer = office.signer("root");
        let intermediate = ["intermediate", "--common-name", "Factory", "--algorithm", algorithm];
        office.new_one(&[&intermediate[..], &strs(&signer)].concat()).done();
        office
    }

    fn path(&self, name: &str) -> String {
        self.0.path(name)
    }

    fn signer(&self, ca: &str) -> Vec<String> {
        vec![
            "--sign-with".into(),
            self.path(&format!("{ca}.pem")),
            "--sign-key".into(),
            self.path(&format!("{ca}.key.pem")),
        ]
    }

    fn new_one(&self, arguments: &[&str]) -> Run {
        make(&[arguments, &["--out-dir", &self.0.folder()]].concat(), "")
    }

    /// By the intermediate CA.
    fn device(&self, arguments: &[&str], input: &str) -> Run {
        make(&[&["device"], arguments, &strs(&self.signer("intermediate"))].concat(), input)
    }

    fn batch(&self, list: &str) -> Run {
        self.device(&["--ids", "-", "--out-dir", &self.path("batch")], list)
    }
}

/// Runs it, and makes sure that no key is printed.
fn make(arguments: &[&str], input: &str) -> Run {
    let run = defenderauth(&[&["certificate", "new"], arguments].concat(), input);
    assert!(!run.shows("PRIVATE KEY") && !run.shows("MIG") && !run.shows("MC4CAQ"), "{run:?}");
    run
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn certificates(path: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).unwrap().map(Result::unwrap).collect()
}

/// What rustls-webpki says of a client that sends this file, to a service that knows this root.
fn accepted(file: &str, root: &str) -> Result<(), webpki::Error> {
    let (chain, roots) = (certificates(file), certificates(root));
    let anchors = [anchor_from_trusted_cert(&roots[0])?];
    let leaf = EndEntityCert::try_from(&chain[0])?;
    let (now, client) = (UnixTime::now(), KeyUsage::client_auth());
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &chain[1..], now, client, None, None).map(drop)
}

/// The value of a row of the table.
fn row<'a>(run: &'a Run, name: &str) -> &'a str {
    let line = run.out.lines().find(|line| line.starts_with(name)).unwrap();
    line[name.len()..].trim()
}

#[test]
fn a_chain_is_accepted_whatever_the_keys_are() {
    for algorithm in ["p256", "p384", "ed25519"] {
        let office = Office::new(algorithm);
        let run =
            office.device(&["--device-id", "pump-1", "--algorithm", algorithm, "--out-dir", &office.path("d")], "");
        let run = run.done();
        assert!(row(&run, "note").starts_with("for testing only"), "{run:?}");
        let file = office.path(&format!("d/{PUBLIC}"));
        assert_eq!(certificates(&file).len(), 2, "the leaf and the intermediate CA, without the root");
        assert_eq!(accepted(&file, &office.path("root.pem")), Ok(()));
        let other = Office::new("p256");
        assert!(accepted(&file, &other.path("root.pem")).is_err(), "another root");
        let key = PrivateKeyDer::from_pem_file(office.path(&format!("d/{PRIVATE}"))).unwrap();
        assert!(rustls::crypto::ring::sign::any_supported_type(&key).is_ok());
    }
}

#[test]
fn a_ca_is_no_client_and_a_device_certificate_cannot_sign() {
    let office = Office::new("p256");
    assert!(accepted(&office.path("intermediate.pem"), &office.path("root.pem")).is_err());
    office.device(&["--device-id", "pump-1", "--out-dir", &office.0.folder()], "").done();
    let signer = ["--sign-with", &office.path(PUBLIC), "--sign-key", &office.path(PRIVATE)];
    let run = office.new_one(&[&["device", "--device-id", "pump-2"][..], &signer].concat());
    run.failed(2, &[PUBLIC, "not a CA certificate", "give a CA"]);
}

#[test]
fn chains_may_be_longer() {
    let office = Office::new("p256");
    let [a, b] = ["line.pem", "line.key.pem"].map(|name| office.path(name));
    let line = ["intermediate", "--common-name", "Line", "--cert-file", &a, "--key-file", &b];
    make(&[&line[..], &strs(&office.signer("intermediate"))].concat(), "").done();
    office.new_one(&["device", "--device-id", "pump-1", "--sign-with", &a, "--sign-key", &b]).done();
    assert_eq!(certificates(&office.path(PUBLIC)).len(), 3);
    assert_eq!(accepted(&office.path(PUBLIC), &office.path("root.pem")), Ok(()));
    // In any order: the key says which of them signs.
    let mixed = format!("{}{}", fs::read_to_string(office.path("root.pem")).unwrap(), fs::read_to_string(&a).unwrap());
    let mixed = office.0.write("mixed.pem", mixed);
    let run = ["device", "--device-id", "pump-2", "--sign-with", &mixed, "--sign-key", &b, "--force"];
    office.new_one(&run).done();
    assert_eq!(certificates(&office.path(PUBLIC)).len(), 3, "all but the root");
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let office = Office::new("p256");
    for (name, mode) in [("root.key.pem", 0o600), ("root.pem", 0o644), ("", 0o755)] {
        let found = fs::metadata(office.path(name)).unwrap().permissions().mode() & 0o777;
        // The umask of the tests may remove more.
        assert!(found & !mode == 0 && found & 0o600 == 0o600, "{name}: {found:o}");
    }
}

#[test]
fn nothing_is_replaced_unless_it_is_asked_for() {
    for there in [PUBLIC, PRIVATE] {
        let folder = Scratch::new();
        let file = folder.write(there, "old");
        let call = ["self-signed", "--device-id", "pump-1", "--out-dir", &folder.folder()];
        make(&call, "").failed(2, &[&file, "it exists already", "--force"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.folder()).unwrap().count(), 1, "neither is written");
        make(&[&call[..], &["--force"]].concat(), "").done();
        assert_eq!(accepted(&folder.path(PUBLIC), &folder.path(PUBLIC)), Ok(()));
        assert_eq!(fs::read_dir(folder.folder()).unwrap().count(), 2, "and nothing else is left");
    }
}

#[test]
fn the_cas_own_files_are_never_replaced() {
    let office = Office::new("p256");
    let key = fs::read(office.path("root.key.pem")).unwrap();
    let [a, b] = ["x.pem", "root.key.pem"].map(|name| office.path(name));
    let call = ["device", "--device-id", "d", "--force", "--cert-file", &a, "--key-file", &b];
    make(&[&call[..], &strs(&office.signer("root"))].concat(), "").failed(2, &["root.key.pem", "which would be lost"]);
    assert_eq!(fs::read(office.path("root.key.pem")).unwrap(), key);
    let same = ["root", "--common-name", "R", "--cert-file", &a, "--key-file", &a];
    make(&same, "").failed(2, &["give two names"]);
}

#[test]
fn a_batch_has_a_folder_and_a_line_for_each() {
    let office = Office::new("p256");
    let ids: Vec<String> = (0..40).map(|number| format!("pump-{number}")).collect();
    let run = office.batch(&ids.join("\r\n")).done();
    assert_eq!(run.out.lines().count(), 40);
    for (line, id) in run.out.lines().zip(&ids) {
        let parts: Vec<_> = line.split(',').collect();
        assert!(parts[0] == id && parts[1].len() == 40 && parts[2].len() == 64, "{line}");
        let file = office.path(&format!("batch/{id}/{PUBLIC}"));
        assert_eq!(accepted(&file, &office.path("root.pem")), Ok(()));
        assert!(Path::new(&office.path(&format!("batch/{id}/{PRIVATE}"))).exists());
    }
    let progress = run.err.lines().filter(|line| line.starts_with("made ")).count();
    assert!(progress == 10 && run.err.contains("made 40 of 40\n") && run.err.contains("for testing only"), "{run:?}");
    let again = office.batch("pump-100\npump-7\n").failed(2, &["pump-7", "it exists already"]);
    assert!(again.out.is_empty() && !Path::new(&office.path("batch/pump-100")).exists(), "{again:?}");
}

#[test]
fn a_mistake_in_a_list_is_found_before_the_first_is_made() {
    let office = Office::new("p256");
    let long = format!("a\n{}\n", "d".repeat(65));
    for (list, words) in [
        ("a\nb/c\n", &["standard input, line 2", "device ID"][..]),
        ("a\nb\n\na\n", &["line 4", "`a` is in line 1 as well", "remove one"]),
        ("a\n..\n", &["line 2", "`..`"]),
        ("\n \n", &["there is no device ID in it"]),
        (&long, &["line 2", "65 characters", "at most 64"]),
    ] {
        let run = office.batch(list).failed(2, words);
        assert!(run.out.is_empty() && !Path::new(&office.path("batch")).exists(), "{run:?}");
    }
}

#[test]
fn wrong_calls_say_what_to_do() {
    let office = Office::new("p256");
    let swapped = ["--sign-with", &office.path("root.pem"), "--sign-key", &office.path("intermediate.key.pem")];
    let device = ["device", "--device-id", "d"];
    office.new_one(&[&device[..], &swapped].concat()).failed(2, &["intermediate.key.pem", "not the key", "root.pem"]);
    let signer = office.signer("root");
    let missing = ["--sign-with", &office.path("nowhere.pem"), "--sign-key", &office.path("root.key.pem")];
    office.new_one(&[&device[..], &missing].concat()).failed(2, &["nowhere.pem", "check the path"]);
    let named = ["device", "--device-id", "Root"];
    office.new_one(&[&named[..], &strs(&signer)].concat()).failed(2, &["would look self-signed"]);
    let at = ["--out-dir", &office.path("x")];
    make(&[&["self-signed", "--device-id", "a/b"], &at[..]].concat(), "").misused(&["--device-id", "device ID"]);
    make(&[&["self-signed", "--device-id", "a", "--days", "0"], &at[..]].concat(), "").misused(&["--days"]);
    make(&[&["root", "--common-name", ""], &at[..]].concat(), "").misused(&["give a name"]);
    make(&[&["root", "--common-name", "a", "--algorithm", "rsa2048"], &at[..]].concat(), "").misused(&["p256"]);
    make(&["root", "--common-name", "a"], "").misused(&["--out-dir"]);
    make(&["self-signed", "--ids", "-", "--cert-file", "a", "--key-file", "b"], "").misused(&["--ids"]);
    make(&["root", "--common-name", "a", "--cert-file", "a"], "").misused(&["--key-file"]);
    let list = office.0.write("ids.txt", "a\nb c\n");
    make(&[&["self-signed", "--ids", &list], &at[..]].concat(), "").failed(2, &["ids.txt, line 2"]);
    assert!(!Path::new(at[1]).exists());
    let in_a_file = office.path("ids.txt/x");
    let run = make(&["self-signed", "--device-id", "d", "--out-dir", &in_a_file], "");
    run.failed(2, &["ids.txt", "there is a file in the place of a folder", "fault: the file"]);
    assert!(make(&["device", "--help"], "").done().out.contains("RSA keys can sign here, but cannot be generated"));
}

#[test]
fn a_list_of_devices_has_8_mib_at_most() {
    let office = Office::new("p256");
    let mut list = "\n".repeat(8 * 1024 * 1024);
    let device = ["self-signed", "--out-dir", &office.path("x"), "--ids", "-"];
    make(&device, &list).failed(2, &["there is no device ID in it"]);
    list.push('\n');
    make(&device, &list).failed(2, &["larger than 8388608 bytes"]);
}

/// `openssl` with these arguments: whether it agrees, and what it says.
fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_agrees_on_chain_purpose_dates_and_thumbprints() {
    for algorithm in ["p256", "p384", "ed25519"] {
        let office = Office::new(algorithm);
        let more = ["--algorithm", algorithm, "--days", "9000", "--out-dir", &office.0.folder()];
        let run = office.device(&[&["--device-id", "pump-1"], &more[..]].concat(), "").done();
        assert!(run.err.contains("the CA expires at"), "it outlives its CA: {run:?}");
        let (leaf, root) = (office.path(PUBLIC), office.path("root.pem"));
        let verify = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", &root, "-untrusted", &leaf, &leaf];
        assert!(openssl(&verify).0);
        for (digest, name) in [("-sha1", "SHA-1"), ("-sha256", "SHA-256")] {
            let (_, said) = openssl(&["x509", "-in", &leaf, "-noout", "-fingerprint", digest]);
            assert_eq!(said.trim().rsplit('=').next().unwrap().replace(':', ""), row(&run, name));
        }
        let (_, said) = openssl(&["x509", "-in", &leaf, "-noout", "-subject", "-issuer"]);
        assert_eq!(said, "subject=CN = pump-1\nissuer=CN = Factory\n");
        assert!(openssl(&["x509", "-in", &leaf, "-noout", "-checkend", "777500000"]).0, "9000 days");
        let (_, public) = openssl(&["x509", "-in", &leaf, "-noout", "-pubkey"]);
        assert_eq!(openssl(&["pkey", "-in", &office.path(PRIVATE), "-pubout"]).1, public);
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_agrees_on_what_signs_itself_and_on_batches() {
    let office = Office::new("p256");
    let verify = |root: &str, leaf: &str| {
        openssl(&["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", root, "-untrusted", leaf, leaf]).0
    };
    let thumbprints = |file: &str| {
        ["-sha1", "-sha256"].map(|digest| {
            let (_, said) = openssl(&["x509", "-in", file, "-noout", "-fingerprint", digest]);
            said.trim().rsplit('=').next().unwrap().replace(':', "")
        })
    };
    let run = office.new_one(&["self-signed", "--device-id", "pump-1"]).done();
    let own = office.path(PUBLIC);
    assert!(verify(&own, &own) && !verify(&office.path("root.pem"), &own));
    assert_eq!(thumbprints(&own), [row(&run, "SHA-1"), row(&run, "SHA-256")]);
    for line in office.batch("pump-2\npump-3\n").done().out.lines() {
        let (id, expected) = line.split_once(',').unwrap();
        let leaf = office.path(&format!("batch/{id}/{PUBLIC}"));
        assert!(verify(&office.path("root.pem"), &leaf) && !verify(&own, &leaf));
        assert_eq!(thumbprints(&leaf).join(","), expected);
    }
}
