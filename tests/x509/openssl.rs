//! The same questions put to openssl.

use crate::{
    checks::{NOW, ca, issued, params},
    data,
    links::{chain, strict},
};
use defender_auth::{
    error::CertificateProblem as Problem,
    x509::{Chain, ClientIdentity, verify},
};
use std::{fs, path::PathBuf, process::Command};

fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn written(name: &str, text: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("x509-{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs openssl"]
fn thumbprints_agree() {
    let pem = data!("p256.certificate.pem");
    let (file, chain) = (written("thumb.pem", pem), Chain::from_pem(pem).unwrap());
    let leaf = &chain.certificates()[0];
    for (option, ours) in [("-sha1", leaf.sha1()), ("-sha256", leaf.sha256())] {
        let (_, text) = openssl(&["x509", "-in", &file, "-noout", "-fingerprint", option]);
        assert_eq!(text.trim().split_once('=').unwrap().1.parse(), Ok(ours));
    }
    fs::remove_file(file).unwrap();
}

#[test]
#[ignore = "needs openssl"]
fn verdicts_agree() {
    let [leaf, between, root] = issued(&params("dev-01"));
    let [_, _, other] = issued(&params("dev-01"));
    let length = |root, upper| chain(&[params("dev-01"), ca("lower"), upper, root]);
    let (fit, short) = (length(strict("root", 2), strict("upper", 1)), length(strict("root", 1), ca("upper")));
    let narrow = length(ca("root"), strict("upper", 0));
    for (sent, enrolled) in [
        (fit[..3].iter().collect(), &fit[3]),
        (short[..3].iter().collect(), &short[3]),
        (narrow[..3].iter().collect(), &narrow[3]),
        (vec![&leaf, &between], &root),
        (vec![&leaf], &root),
        (vec![&leaf], &between),
        (vec![&leaf, &between], &other),
        (vec![&leaf, &between], &leaf),
    ] {
        let text: String = sent.iter().map(|pem| pem.as_str()).collect();
        let chain = Chain::from_pem(text.as_bytes()).unwrap();
        let anchor = Chain::from_pem(enrolled.as_bytes()).unwrap();
        let ours = verify(&chain, &anchor.certificates()[0], NOW).is_ok();
        let files = [written("sent.pem", text.as_bytes()), written("ca.pem", enrolled.as_bytes())];
        let at = NOW.as_secs().to_string();
        let arguments = ["verify", "-partial_chain", "-purpose", "sslclient", "-attime", &at, "-no-CApath"];
        let more = ["-no-CAstore", "-CAfile", &files[1], "-untrusted", &files[0], &files[0]];
        let (theirs, _) = openssl(&[arguments.as_slice(), &more].concat());
        // With -partial_chain openssl trusts a leaf that is given as its own anchor; a group cannot be enrolled with one.
        assert!(ours == theirs || enrolled == &leaf, "{text}");
        for file in files {
            fs::remove_file(file).unwrap();
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn every_pfx_without_a_password_is_read() {
    let certificate = written("pfx.pem", data!("p256.certificate.pem"));
    let key = written("pfx.key", data!("p256.pkcs8.pem"));
    let target = written("out.pfx", &[]);
    let export = |password: &str, options: &str| {
        let command = ["pkcs12", "-export", "-in", &certificate, "-inkey", &key, "-out", &target, "-passout", password];
        let options: Vec<&str> = options.split_whitespace().collect();
        assert!(openssl(&[&command, options.as_slice()].concat()).0, "{options:?}");
        ClientIdentity::from_pkcs12(&fs::read(&target).unwrap(), None)
    };
    let expected = ClientIdentity::from_pem_pair(data!("p256.certificate.pem"), data!("p256.pkcs8.pem"), None).unwrap();
    for options in [
        "",
        "-nomac",
        "-legacy",
        "-legacy -nomac",
        "-certpbe NONE -keypbe NONE",
        "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
        "-certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha384 -iter 10000",
        "-certpbe DES-EDE3-CBC -keypbe NONE -macalg sha512 -maciter",
        "-certpbe NONE -keypbe AES-256-CBC -nomaciter -noiter",
        "-name device -CSP unknown -LMK",
    ] {
        let read = export("pass:", options).unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!(read.key().expose_pkcs8(), expected.key().expose_pkcs8(), "{options}");
        assert_eq!(read.chain(), expected.chain(), "{options}");
        assert_eq!(export("pass:orchid", options).unwrap_err().problem, Problem::Pkcs12Password, "{options}");
    }
    for options in ["-macalg sha224", "-certpbe PBE-SHA1-2DES", "-certpbe PBE-SHA1-RC2-128 -legacy"] {
        assert_eq!(export("pass:", options).unwrap_err().problem, Problem::Pkcs12Scheme, "{options}");
    }
    for file in [certificate, key, target] {
        fs::remove_file(file).unwrap();
    }
}
