//! Chains with several ways to a root, CAs that may not sign, and what cannot be checked here.

use crate::support::{
    HOST, Run, Scratch, data, defenderauth,
    site::{SCOPE, Site},
};
use defender_auth_emulator::{Dps, Group, Hub, World};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use serde_json::json;
use std::fs;

const ID: &str = "dev-01";

fn params(name: &str, end: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(end, 1, 1));
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

fn ca(name: &str, end: i32) -> CertificateParams {
    let mut params = params(name, end);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// A device below an intermediate that two roots have signed, by the first of them until 2025 and until 2040.
struct Office {
    folder: Scratch,
    roots: [String; 2],
    expired: String,
    renewed: String,
    crossed: String,
    leaf: String,
}

impl Office {
    fn new() -> Self {
        let keys: Vec<KeyPair> = (0..4).map(|_| KeyPair::generate().unwrap()).collect();
        let roots = [ca("ours", 2040), ca("theirs", 2040)];
        let issuer = |at: usize| Issuer::from_params(&roots[at], &keys[at]);
        let between = |end: i32, root: usize| ca("between", end).signed_by(&keys[2], &issuer(root)).unwrap().pem();
        let leaf = params(ID, 2040).signed_by(&keys[3], &Issuer::from_params(&ca("between", 2040), &keys[2])).unwrap();
        let folder = Scratch::new();
        folder.write("key.pem", keys[3].serialize_pem());
        Self {
            folder,
            roots: [0, 1].map(|at| roots[at].self_signed(&keys[at]).unwrap().pem()),
            expired: between(2025, 0),
            renewed: between(2040, 0),
            crossed: between(2040, 1),
            leaf: leaf.pem(),
        }
    }

    fn check(&self, sent: &[&str], root: usize) -> Run {
        let (chain, group) = self.files(sent, root);
        let names = ["--registration-id", ID, "--key-file", &self.folder.path("key.pem")];
        defenderauth(&[&["certificate", "check", "--cert-file", &chain, "--group-ca", &group], &names[..]].concat(), "")
    }

    fn provision(&self, sent: &[&str], root: usize) -> Run {
        let (chain, group) = self.files(sent, root);
        let group = Group::with_authority("fleet", &fs::read_to_string(group).unwrap()).pending(0);
        let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).group(group)));
        let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID];
        let proof = ["--cert-file", &chain, "--key-file", &self.folder.path("key.pem")];
        site.ask_dps(&[&device[..], &proof].concat())
    }

    fn files(&self, sent: &[&str], root: usize) -> (String, String) {
        (self.folder.write("chain.pem", sent.concat()), self.folder.write("group.pem", &self.roots[root]))
    }
}

#[test]
fn what_is_usable_is_accepted_and_what_is_refused_is_not() {
    let office = Office::new();
    let Office { expired, renewed, crossed, leaf, .. } = &office;
    for (sent, root, good) in [
        (vec![&**leaf, expired, renewed], 0, true),
        (vec![leaf, renewed, expired], 0, true),
        (vec![expired, renewed, leaf], 0, true),
        (vec![leaf, crossed, renewed], 0, true),
        (vec![leaf, renewed, crossed], 1, true),
        (vec![leaf, expired, crossed], 1, true),
        (vec![leaf, expired], 0, false),
        (vec![leaf, renewed], 1, false),
    ] {
        let (check, provision) = (office.check(&sent, root), office.provision(&sent, root));
        assert_eq!(check.out.ends_with("verdict       usable\n"), good, "{check:?}");
        assert_eq!((check.code == 0, provision.code == 0), (good, good), "{check:?} {provision:?}");
    }
}

#[test]
fn what_is_sent_without_need_is_reported() {
    let office = Office::new();
    let run = office.check(&[&office.leaf, &office.expired, &office.renewed], 0).done();
    assert!(run.out.contains("warning       certificate 2 (CN=between) is out of date, and another serves"), "{run:?}");
    let run = office.check(&[&office.leaf, &office.renewed, &office.crossed], 0).done();
    assert!(
        run.out.contains("note          certificate 3 (CN=between) is sent too, but is not on the path"),
        "{run:?}"
    );
}

#[test]
fn what_cannot_be_checked_here_is_no_rejection() {
    let (leaf, root) = (data("foreign/sha512.leaf.pem"), data("foreign/sha512.root.pem"));
    let call = ["certificate", "check", "--cert-file", &leaf, "--now", "1800000000"];
    let alone = defenderauth(&call, "").done();
    assert!(alone.out.ends_with("verdict       usable\n"), "{alone:?}");
    let run = defenderauth(&[&call[..], &["--group-ca", &root]].concat(), "").done();
    let said = "unchecked     certificate 1 (CN=dev-01): it could not be checked here (";
    assert!(run.out.contains(said) && run.out.contains("check it with `openssl verify`"), "{run:?}");
    assert!(run.out.ends_with("verdict       usable, as far as it could be checked here\n"), "{run:?}");
    let run = defenderauth(&[&call[..], &["--group-ca", &root, "--json"]].concat(), "").done();
    let report = run.json();
    assert_eq!((&report["usable"], &report["findings"][0]["severity"]), (&json!(true), &json!("unchecked")));
}

#[test]
fn what_was_not_given_is_reported_at_the_end() {
    let office = Office::new();
    let (chain, group) = office.files(&[&office.leaf, &office.renewed], 0);
    let key = office.folder.path("key.pem");
    let check = |more: &[&str]| {
        let run = defenderauth(&[&["certificate", "check", "--cert-file", &chain], more].concat(), "").done();
        run.out.lines().filter(|line| line.starts_with("not checked   ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let [no_key, no_name, no_group] = ["give --key-file", "give --device-id", "give --group-ca"];
    let told = |lines: &[String], words: &[&str]| {
        assert_eq!(lines.len(), words.len(), "{lines:?}");
        words.iter().zip(lines).for_each(|(word, line)| assert!(line.contains(word), "{line}"));
    };
    told(&check(&[]), &[no_key, no_name, no_group]);
    told(&check(&["--key-file", &key]), &[no_name, no_group]);
    told(&check(&["--device-id", ID]), &[no_key, no_group]);
    told(&check(&["--group-ca", &group]), &[no_key, no_name]);
    told(&check(&["--group-ca", &group, "--key-file", &key, "--registration-id", ID]), &[]);
    // A thumbprint leads nowhere.
    let own = Scratch::new();
    defenderauth(&["certificate", "new", "self-signed", "--device-id", ID, "--out-dir", &own.folder()], "").done();
    let run = defenderauth(&["certificate", "check", "--json", "--cert-file", &own.path("certificate_public.pem")], "")
        .done();
    let report = run.json();
    assert_eq!(report["not_checked"].as_array().unwrap().len(), 2, "{report}");
}
