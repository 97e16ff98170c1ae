//! Certificates and clients of other implementations. `cargo xtask test` installs them and runs these tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../src/test_certificates.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod certificates;
#[path = "support/outside.rs"]
mod support;

use certificates::{Authority, Leaf};
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Entry, Group, Hub, Refusal, World};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use support::{Root, provision, start_for_sdk};

const HOST: &str = "contoso.azure-devices.net";

/// A folder for one test's files.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The certificates of a client and its key, in two files.
fn write(folder: &Path, leaf: &Leaf, others: &[&Authority]) -> [String; 2] {
    let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.join(name));
    let others: String = others.iter().map(|authority| authority.pem()).collect();
    fs::write(&chain, leaf.pem() + &others).unwrap();
    fs::write(&key, leaf.key_pem()).unwrap();
    [chain, key].map(|path| path.to_str().unwrap().to_owned())
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A message `{}` without properties.
fn received(identity: &str) -> Entry {
    Entry::Received { identity: identity.into(), properties: String::new(), bytes: 2 }
}

/// Logs in with mosquitto's client and publishes, with an acknowledgement.
fn mosquitto_pub(emulator: &Emulator, id: &str, certificate: &str, key: &str) -> Output {
    let root = Root::of(emulator);
    let port = emulator.address().port().to_string();
    let user_name = format!("{HOST}/{id}/?api-version=2020-09-30");
    let topic = format!("devices/{id}/messages/events/");
    Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port, "-V", "mqttv311", "-i", id, "-u", &user_name])
        .args(["--cert", certificate, "--key", key, "-q", "1", "-t", &topic, "-m", "{}", "--cafile"])
        .arg(&root.0)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
#[ignore = "needs openssl and mosquitto-clients, which `cargo xtask test` installs"]
fn mosquittos_client_logs_in_with_certificates_of_openssl() {
    for (kind, digest) in [("rsa:2048", "-sha1"), ("rsa:3072", "-sha256"), ("ec", "-sha256")] {
        let folder = folder(&format!("openssl-{}", kind.replace(':', "-")));
        let [certificate, key] = ["c.pem", "k.pem"].map(|name| folder.join(name).to_str().unwrap().to_owned());
        let curve: &[&str] = if kind == "ec" { &["-pkeyopt", "ec_paramgen_curve:P-384"] } else { &[] };
        // This certificate is a CA certificate, which is valid for a thumbprint nevertheless.
        let subject = ["-subj", "/CN=d", "-days", "9", "-keyout", &key, "-out", &certificate];
        openssl(&[&["req", "-x509", "-nodes", "-newkey", kind], curve, &subject].concat());
        let printed = openssl(&["x509", "-in", &certificate, "-noout", "-fingerprint", digest]);
        let thumbprint = printed.trim().split_once('=').unwrap().1.replace(':', "");
        let hub = Hub::new(HOST).device(Device::with_thumbprint("d", &thumbprint)).device(Device::with_authority("ca"));
        let emulator = Emulator::start([hub], "127.0.0.1:0".parse().unwrap()).unwrap();
        let output = mosquitto_pub(&emulator, "d", &certificate, &key);
        assert!(output.status.success(), "{output:?}");
        let output = mosquitto_pub(&emulator, "ca", &certificate, &key);
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        let refused = Entry::refused("ca", Refusal::AuthorityAsLeaf);
        let identity = format!("{HOST}/d");
        assert_eq!(emulator.journal().entries(), [Entry::accepted(&identity), received(&identity), refused]);
        fs::remove_dir_all(folder).unwrap();
    }
}

/// Issues a certificate with these extensions, and returns the files of the certificate and its key.
fn issue(folder: &Path, name: &str, issuer: Option<&[String; 2]>, extensions: &[&str]) -> [String; 2] {
    let files = ["pem", "key"].map(|kind| folder.join(format!("{name}.{kind}")).to_str().unwrap().to_owned());
    let subject = format!("/CN={name}");
    let mut arguments = vec!["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    arguments.extend([
        "-config",
        "/dev/null",
        "-subj",
        &subject,
        "-days",
        "9",
        "-keyout",
        &files[1],
        "-out",
        &files[0],
    ]);
    if let Some([certificate, key]) = issuer {
        arguments.extend(["-CA", certificate, "-CAkey", key]);
    }
    arguments.extend(extensions.iter().flat_map(|extension| ["-addext", extension]));
    openssl(&arguments);
    files
}

#[test]
#[ignore = "needs openssl and mosquitto-clients, which `cargo xtask test` installs"]
fn an_issuer_is_refused_when_openssl_refuses_it() {
    let folder = folder("openssl-issuers");
    let root = issue(&folder, "root", None, &["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]);
    for (name, ca, is_valid) in [
        ("whole", &["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"][..], true),
        ("bare", &["basicConstraints=critical,CA:TRUE"], true),
        ("mute", &["basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature"], false),
        ("servers", &["basicConstraints=critical,CA:TRUE", "extendedKeyUsage=serverAuth"], false),
        ("no-ca", &["basicConstraints=critical,CA:FALSE"], false),
    ] {
        let between = issue(&folder, name, Some(&root), ca);
        let leaf = issue(&folder, "d", Some(&between), &["basicConstraints=CA:FALSE"]);
        let verify = ["verify", "-purpose", "sslclient", "-CAfile", &root[0], "-untrusted", &between[0], &leaf[0]];
        let verified = Command::new("openssl").args(verify).stdin(Stdio::null()).output().unwrap();
        assert_eq!(verified.status.success(), is_valid, "{name}: {verified:?}");

        let chain = folder.join("chain.pem");
        let sent = [&leaf[0], &between[0]].map(|file| fs::read_to_string(file).unwrap()).concat();
        fs::write(&chain, sent).unwrap();
        let hub = Hub::new(HOST).authority(&fs::read_to_string(&root[0]).unwrap()).device(Device::with_authority("d"));
        let emulator = Emulator::start([hub], "127.0.0.1:0".parse().unwrap()).unwrap();
        let output = mosquitto_pub(&emulator, "d", chain.to_str().unwrap(), &leaf[1]);
        assert_eq!(output.status.success(), is_valid, "{name}: {:?}", emulator.journal().entries());
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` installs"]
fn azures_python_sdk_provisions_and_connects_with_certificates() {
    let folder = folder("python-certificates");
    let root = Authority::root("root");
    let between = root.authority("between");
    let own = Leaf::self_signed("dev-01");
    // The SDK connects to the assigned hub by its host name, which therefore is the address.
    let emulator = start_for_sdk(|address| {
        let dps = Dps::new("0ne00000A0A").at(address).enrollment(Enrollment::with_thumbprint("dev-01", &own.sha1()));
        let dps = dps.group(Group::with_authority("fleet", &root.pem()));
        World::new().hub(Hub::new(address).authority(&root.pem())).dps(dps)
    });
    let address = emulator.address().ip().to_string();
    let run = |id: &str, leaf: &Leaf, others: &[&Authority]| {
        let [chain, key] = write(&folder, leaf, others);
        provision(&emulator, id, &chain, &key)
    };
    let below = between.leaf("dev-02");
    for (id, leaf, others) in [("dev-01", &own, &[][..]), ("dev-02", &below, &[&between])] {
        let output = run(id, leaf, others);
        assert!(output.status.success() && output.stdout.starts_with(id.as_bytes()), "{output:?}");
        let identity = format!("{address}/{id}");
        assert!(emulator.journal().entries().ends_with(&[Entry::accepted(&identity), received(&identity)]));
    }
    let output = run("dev-03", &between.leaf("dev-03"), &[]);
    assert!(!output.status.success(), "{output:?}");
    let unknown = Refusal::UnknownAuthority { issuer: "CN=between".into() };
    let denied = Entry::denied("register 0ne00000A0A/dev-03", 401, unknown);
    assert_eq!(emulator.journal().entries().pop().unwrap(), denied);
    fs::remove_dir_all(folder).unwrap();
}
