//! Files with certificates and keys: every form that is read, and every mistake with its block and its cure.

use crate::support::{
    Run, Scratch,
    certificates::{NOW, Public, Signer, authority, device},
    data, defenderauth,
};
use std::{fs, str};

fn text(name: &str) -> String {
    fs::read_to_string(data(name)).unwrap()
}

/// Leaf, intermediate and root.
fn chain() -> [String; 3] {
    let root = Signer::root(authority("root"));
    let between = root.above(authority("between"));
    [between.above(device("dev-01")).pem, between.pem, root.pem]
}

/// Runs the check over these files, and makes sure that nothing out of them is printed.
fn check(arguments: &[&str], files: &[&[u8]]) -> Run {
    let run = defenderauth(&[&["certificate", "check", "--now", NOW], arguments].concat(), "");
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let words = files.iter().flat_map(|file| file.split(|byte| !base64(byte)));
    for part in words.flat_map(|word| word.chunks_exact(16)) {
        assert!(!run.shows(str::from_utf8(part).unwrap()), "{run:?}");
    }
    run
}

/// With a file `chain.pem` that has this in it.
fn check_chain(contents: impl AsRef<[u8]>) -> Run {
    let folder = Scratch::new();
    check(&["--cert-file", &folder.write("chain.pem", &contents)], &[contents.as_ref()])
}

/// With a good certificate and a file `key.pem` that has this in it.
fn check_key(contents: impl AsRef<[u8]>) -> Run {
    let folder = Scratch::new();
    let key = folder.write("key.pem", &contents);
    check(&["--cert-file", &data("p256.certificate.pem"), "--key-file", &key], &[contents.as_ref()])
}

type Check = fn(&str) -> Run;

/// A good file of either sort, and how such a one is checked.
const FORMS: [(&str, Check); 2] =
    [("p256.certificate.pem", |text| check_chain(text)), ("p256.pkcs8.pem", |text| check_key(text))];

/// It cannot be read, for the reason that all of these words say.
#[track_caller]
fn unreadable(run: Run, words: &[&str]) {
    assert!(run.out.is_empty(), "{run:?}");
    run.failed(2, words);
}

#[track_caller]
fn usable(run: Run) -> Run {
    assert!(run.out.ends_with("verdict       usable\n") && run.err.is_empty(), "{run:?}");
    run.done()
}

fn der(pem: &str) -> Vec<u8> {
    pem::parse(pem).unwrap().into_contents()
}

#[test]
fn chains_are_read_in_any_order() {
    let [leaf, between, root] = chain();
    let in_order = usable(check_chain([&*leaf, &between, &root].concat()));
    assert!(!in_order.shows("not in order"), "{in_order:?}");
    let certificates = |run: &Run| run.out.split_once("\nnote ").unwrap().0.to_owned();
    for mixed in
        [[&leaf, &root, &between], [&between, &leaf, &root], [&between, &root, &leaf], [&root, &leaf, &between]]
    {
        let run = usable(check_chain(mixed.map(String::as_str).concat()));
        assert!(run.out.contains("note          the certificates were not in order, leaf first; they have been"));
        assert_eq!(certificates(&run), certificates(&in_order));
    }
}

#[test]
fn keys_are_read_in_every_form() {
    let root = Signer::root(authority("root"));
    for name in [
        "p256.pkcs8.pem",
        "p256.sec1.pem",
        "p256.sec1params.pem",
        "p384.sec1.pem",
        "ed25519.pem",
        "rsa2048.pkcs1.pem",
        "rsa2048.pkcs8.pem",
        "rsa4096.pem",
    ] {
        let (file, folder) = (data(name), Scratch::new());
        let chain = folder.write("chain.pem", root.issue(&device("dev-01"), &Public::of(&file)));
        let key = folder.write("key.pem", text(name));
        usable(check(&["--cert-file", &chain, "--key-file", &key], &[text(name).as_bytes()]));
    }
}

#[test]
fn what_editors_and_tools_add_is_accepted() {
    for (name, check) in FORMS {
        let good = text(name);
        for fine in [
            good.replace('\n', "\r\n"),
            format!("\u{feff}{good}"),
            format!("Bag Attributes\n    friendlyName: dev-01\nsubject=CN = dev-01\n{good}"),
            format!("{good}\n\nthe end"),
            good.trim_end().into(),
            good.replace('\n', " \n"),
        ] {
            usable(check(&fine));
        }
    }
    // The key beside its certificate, as the C agent has it.
    usable(check_chain(text("p256.certificate.pem") + &text("p256.sec1params.pem")));
    usable(check_key(text("p256.certificate.pem") + &text("p256.sec1params.pem")));
}

#[test]
fn a_body_on_one_line_between_its_begin_and_end_is_fine() {
    for (name, check) in FORMS {
        let wide = pem::EncodeConfig::new().set_line_wrap(4096);
        let pem = pem::encode_config(&pem::parse(text(name)).unwrap(), wide);
        assert_eq!(pem.lines().count(), 3);
        usable(check(&pem));
    }
}

#[test]
fn binary_files_are_distinguished_from_text() {
    let cures = ["DER", "openssl x509 -inform der", "openssl pkey -inform der", "openssl pkcs12"];
    let certificate = der(&text("p256.certificate.pem"));
    unreadable(check_chain(certificate), &[&["chain.pem: it is binary"][..], &cures].concat());
    unreadable(check_chain(fs::read(data("p256.pfx")).unwrap()), &[&["chain.pem: it is binary"][..], &cures].concat());
    for name in ["p256.pkcs8.pem", "rsa2048.pkcs1.pem", "ed25519.pem"] {
        unreadable(check_key(der(&text(name))), &[&["key.pem: it is binary"][..], &cures].concat());
    }
    let utf_16: Vec<u8> = text("p256.certificate.pem").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in [[&[0xff, 0xfe], &*utf_16].concat(), utf_16] {
        unreadable(check_chain(text), &["chain.pem: it is UTF-16", "save it as UTF-8"]);
    }
}

#[test]
fn broken_frames_are_named_with_their_block() {
    let good = text("p256.certificate.pem");
    let first = "chain.pem: block 1 (CERTIFICATE): ";
    let one_line = ["is on one line", "put a line break"];
    for broken in [good.replace('\n', ""), good.replace('\n', "\\n"), good.replace('\n', " ")] {
        unreadable(check_chain(&broken), &[&[first][..], &one_line].concat());
        let second = "chain.pem: block 2 (CERTIFICATE): ";
        unreadable(check_chain(good.clone() + &broken), &[&[second][..], &one_line].concat());
    }
    let no_end = good.replace("-----END CERTIFICATE-----\n", "");
    for broken in [no_end.clone(), no_end + &good] {
        unreadable(check_chain(broken), &[first, "-----END …-----` is missing", "copy it again"]);
    }
    for (broken, words) in [
        (good.replace("END CERTIFICATE", "END KEY"), ["ends with another label", "copy the file again"]),
        (good.replace("\nMII", "\nM*I"), ["not base64", "copy the file again"]),
        (format!("  {}", good.trim_end().replace('\n', "\n  ")), ["indented", "remove the white space"]),
        (good.trim_end().repeat(2), ["on the line of its `-----END …-----`", "put a line break between"]),
    ] {
        unreadable(check_chain(broken), &[&[first][..], &words].concat());
    }
}

#[test]
fn empty_files_are_named() {
    for ((_, check), file) in FORMS.into_iter().zip(["chain.pem", "key.pem"]) {
        for empty in ["", " \r\n\n", "\u{feff}"] {
            unreadable(check(empty), &[file, ": it is empty; write the certificate or the key again"]);
        }
        unreadable(
            check("MIIB\n"),
            &[file, ": there is no line `-----BEGIN …-----` in it", "give the file in PEM form"],
        );
    }
    let good = data("p256.certificate.pem");
    unreadable(check(&["--cert-file", "nowhere.pem"], &[]), &["nowhere.pem: there is no such file; check the path"]);
    unreadable(
        check(&["--cert-file", &good, "--key-file", "no.pem"], &[]),
        &["no.pem: there is no such file; check the path"],
    );
    unreadable(check(&["--cert-file", &data("")], &[]), &["data/: it is not a regular file; give a regular file"]);
}

#[test]
fn something_else_in_the_place_of_the_certificate_is_named() {
    for (name, words) in [
        ("p256.csr.pem", ["block 1 (CERTIFICATE REQUEST): ", "signing request; have it signed"]),
        ("p256.public.pem", ["block 1 (PUBLIC KEY): ", "public key; give the certificate"]),
        ("p256.pkcs8.pem", ["block 1 (PRIVATE KEY): ", "whether the two files were exchanged"]),
        ("p256.sec1params.pem", ["block 2 (EC PRIVATE KEY): ", "whether the two files were exchanged"]),
        ("p256.encrypted.pem", ["block 1 (ENCRYPTED PRIVATE KEY): ", "whether the two files were exchanged"]),
        ("p256.legacy.pem", ["block 1 (EC PRIVATE KEY): ", "whether the two files were exchanged"]),
    ] {
        unreadable(check_chain(text(name)), &[&["chain.pem: "][..], &words].concat());
    }
    let other = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n";
    unreadable(check_chain(other), &["chain.pem: ", "no certificate", "hold a block `-----BEGIN CERTIFICATE-----`"]);
    let not_one = text("p256.certificate.pem") + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    unreadable(check_chain(not_one), &["chain.pem: block 2 (CERTIFICATE): ", "not an X.509 certificate; export it"]);
}

#[test]
fn something_else_in_the_place_of_the_key_is_named() {
    for (name, words) in [
        ("p256.csr.pem", ["block 1 (CERTIFICATE REQUEST): ", "signing request"]),
        ("p256.public.pem", ["block 1 (PUBLIC KEY): ", "or the private key that belongs to it"]),
        ("p256.certificate.pem", ["block 1 (CERTIFICATE): ", "whether the two files were exchanged"]),
    ] {
        unreadable(check_key(text(name)), &[&["key.pem: "][..], &words].concat());
    }
    let other = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    unreadable(check_key(other), &["key.pem: ", "no private key", "hold a block `-----BEGIN PRIVATE KEY-----`"]);
    let two = text("p256.pkcs8.pem") + &text("ed25519.pem");
    unreadable(check_key(two), &["key.pem: block 2 (PRIVATE KEY): ", "second private key", "keep only the one"]);
}

#[test]
fn keys_that_cannot_be_used_say_which_can() {
    let other = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let nameless = other("EC PRIVATE KEY", "MCUCAQEEIAnjGLisU16VMdlTkz1M7f+LK2iXNzmdL7R9toLtUm0Y");
    let sizes = "create one of 2048, 3072 or 4096 bits";
    for (key, words) in [
        (text("rsa1024.pem"), ["block 1 (PRIVATE KEY): an RSA key of 1024 bits", sizes]),
        (text("rsa5120.pem"), ["block 1 (PRIVATE KEY): an RSA key of 5120 bits", sizes]),
        (text("p521.sec1.pem"), ["block 1 (EC PRIVATE KEY): a key of kind P-521", "create one with P-256"]),
        (other("DSA PRIVATE KEY", "MAA="), ["block 1 (DSA PRIVATE KEY): a key of kind DSA", "create one with P-256"]),
        (other("OPENSSH PRIVATE KEY", "MAA="), ["block 1 (OPENSSH PRIVATE KEY): ", "ssh-keygen -p -m PKCS8"]),
        (nameless, ["block 1 (EC PRIVATE KEY): ", "EC without the name of its curve is not supported"]),
        (other("PRIVATE KEY", "MAA="), ["block 1 (PRIVATE KEY): ", "of the kind that the label says; export it again"]),
        (other("RSA PRIVATE KEY", "MAA="), ["block 1 (RSA PRIVATE KEY): ", "the label says; export it again"]),
        (other("EC PRIVATE KEY", "MAA="), ["block 1 (EC PRIVATE KEY): ", "the label says; export it again"]),
    ] {
        unreadable(check_key(key), &[&["key.pem: "][..], &words].concat());
    }
}

#[test]
fn keys_encrypted_in_old_ways_say_how_to_convert_them() {
    let cure = "convert it: `openssl pkcs8 -topk8 -v2 aes256`";
    let legacy = ["key.pem: block 1 (EC PRIVATE KEY): ", "encrypted in the legacy PEM format", cure];
    unreadable(check_key(text("p256.legacy.pem")), &legacy);
    let old = ["key.pem: block 1 (ENCRYPTED PRIVATE KEY): ", "in a way that is not supported", cure];
    unreadable(check_key(text("p256.encrypted-pbes1.pem")), &old);
}

#[test]
fn keys_that_are_cut_or_broken_are_named_with_their_block() {
    let good = text("p256.sec1params.pem");
    let second = "key.pem: block 2 (EC PRIVATE KEY): ";
    let cut = good.rsplit_once("-----END").unwrap().0;
    unreadable(check_key(cut), &[second, "is missing; the file was truncated, copy it again"]);
    let half = good.replace("Lm0YoAoG", "Lm0*oAoG").replace("tUm0YoAoG", "tUm0*oAoG");
    unreadable(check_key(half), &[second, "not base64", "copy the file again"]);
    let one_line = good.replace('\n', "");
    unreadable(check_key(one_line), &["key.pem: block 1 (EC PARAMETERS): ", "on one line; put a line break"]);
    let in_front = text("p256.certificate.pem").replace("-----END CERTIFICATE-----\n", "") + &good;
    unreadable(check_key(in_front), &["key.pem: block 1 (CERTIFICATE): ", "is missing"]);
}

#[test]
fn a_groups_file_is_named_as_its_own() {
    let (folder, good) = (Scratch::new(), data("p256.certificate.pem"));
    let with_group = |text: &str| {
        let group = folder.write("group.pem", text);
        check(&["--cert-file", &good, "--group-ca", &group], &[text.as_bytes()])
    };
    unreadable(with_group(""), &["group.pem: it is empty"]);
    unreadable(with_group(&text("p256.csr.pem")), &["group.pem: block 1 (CERTIFICATE REQUEST): "]);
    unreadable(with_group(&text("p256.pkcs8.pem")), &["group.pem: block 1 (PRIVATE KEY): ", "were exchanged"]);
    unreadable(check(&["--cert-file", &good, "--group-ca", "no.pem"], &[]), &["no.pem: there is no such file"]);
}

#[test]
fn stores_of_roots_are_not_read() {
    let good = text("p256.certificate.pem");
    let roots = &["chain.pem: it has more than 32 blocks; give this device's certificates and key only"];
    unreadable(check_chain(good.repeat(33)), roots);
    usable(check_chain(good.repeat(32)));
    unreadable(check_chain(good.repeat(3_500)), &["chain.pem: it is larger than 262144 bytes"]);
}
