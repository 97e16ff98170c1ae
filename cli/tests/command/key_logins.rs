//! Registrations and logins with private keys of a TPM and of a signing process.

use crate::{
    others::{Authority, P256, Server},
    signing_server,
    support::{
        HOST, MODULE_KEY, Scratch, defenderauth,
        keys::{ID, Issued, is_accepted, openssl},
        site::Site,
        string,
    },
    swtpm::Swtpm,
};
use defender_auth::{
    private_key::MemoryKey,
    x509::{Chain, Curve, PrivateKey},
};
use defender_auth_emulator::{Device, Hub, Module, World};
use std::{fs, path::Path, process::Command, sync::Arc, thread};

/// A TPM with a key that OpenSSL has made, and the key's file.
fn made_by_openssl(options: &[&str]) -> (Swtpm, String) {
    let tpm = Swtpm::new();
    tpm.tool("startup -c");
    let key = tpm.write("key.pem", b"");
    openssl(&tpm, &[&["genpkey", "-provider", "tpm2", "-out", &key, "-algorithm"], options].concat());
    (tpm, key)
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn a_key_that_openssl_made_in_the_tpm_registers_and_logs_in_by_every_name() {
    let (tpm, key) = made_by_openssl(&["EC", "-pkeyopt", "group:P-256"]);
    let tcti = tpm.endpoint().to_string();
    let with_tpm = format!("tpm:file={key}&tpm={tcti}");
    let issued = Issued::to(&[&key, "--key-tpm", &tcti]);
    issued.log_in_everywhere(&[&key, "--key-tpm", &tcti]);
    issued.log_in_everywhere(&[&with_tpm]);
    tpm.assert_empty("after the logins");
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn an_rsa_key_with_a_password_logs_in() {
    let (tpm, key) = made_by_openssl(&["RSA", "-pkeyopt", "bits:2048", "-pkeyopt", "user-auth:abc"]);
    let tcti = tpm.endpoint().to_string();
    let password = tpm.write("password", b"abc\n");
    fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let arguments = [&key[..], "--key-tpm", &tcti, "--passphrase-file", &password];
    Issued::to(&arguments).log_in_everywhere(&arguments);
    let missing = defenderauth(&["key", "show", &key, "--key-tpm", &tcti], "");
    missing.failed(2, &[&key, "give the password"]);
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn a_micro_agents_folder_with_a_key_of_the_tpm_logs_in() {
    let (tpm, key) = made_by_openssl(&["EC", "-pkeyopt", "group:P-384"]);
    let tcti = tpm.endpoint().to_string();
    let issued = Issued::to(&[&key, "--key-tpm", &tcti]);
    let folder = Scratch::new();
    folder.write("connection_string.txt", string(&format!("DeviceId={ID};x509=true")));
    folder.write("certificate_public.pem", fs::read(&issued.chain).unwrap());
    folder.write("certificate_private.pem", fs::read(&key).unwrap());
    let call = ["authenticate", &folder.folder(), "--connect", "--key-tpm", &tcti];
    let run = issued.hub().ask(&call, "").done();
    is_accepted(&run);
    assert!(!run.err.contains("warning"), "{run:?}");
    let inspected = defenderauth(&["inspect", &folder.folder(), "--key-tpm", &tcti, "--json"], "").done().json();
    assert_eq!((&inspected["credential"], &inspected["device_id"]), (&"x509".into(), &ID.into()));
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn a_device_whose_key_is_in_the_tpm_continues_as_its_security_module() {
    let (tpm, key) = made_by_openssl(&["EC", "-pkeyopt", "group:P-256"]);
    let tcti = tpm.endpoint().to_string();
    let certificate = tpm.write("certificate.pem", b"");
    let with = ["-provider", "tpm2", "-provider", "default", "-key", &key, "-out", &certificate];
    openssl(&tpm, &[&["req", "-x509", "-subj", "/CN=dev-01", "-days", "2"][..], &with].concat());
    let chain = Chain::from_pem(&tpm.read("certificate.pem")).unwrap();
    let thumbprint = chain.certificates()[0].sha256().to_string();
    let device = Device::with_thumbprint(ID, &thumbprint).module(Module::new("azureiotsecurity", MODULE_KEY));
    let site = Site::play(World::new().hub(Hub::new(HOST).device(device)));
    let proof = ["--cert-file", &certificate, "--key-file", &key, "--key-tpm", &tcti];
    let module = ["--host-name", HOST, "--device-id", ID, "--module-id", "azureiotsecurity"];
    let run = site.ask(&[&["authenticate", "--connect"], &module[..], &proof].concat(), "").done();
    assert!(run.out.ends_with("\nhub           accepted\n"), "{run:?}");
    assert_eq!(site.journal().last(), Some(&format!("accepted {HOST}/{ID}/azureiotsecurity")));
    let twin = site.ask(&[&["twin", "--json"], &module[..], &proof].concat(), "").done().json();
    assert_eq!(twin["desired_version"], 1);
    // The documentation allows Device mode for self-signed certificates only.
    let issued = Issued::to(&[&key, "--key-tpm", &tcti]);
    let proof = ["--cert-file", &issued.chain, "--key-file", &key, "--key-tpm", &tcti];
    let before = site.journal().len();
    site.ask(&[&["authenticate"], &module[..], &proof].concat(), "").failed(2, &["self-signed"]);
    assert_eq!(site.journal().len(), before);
}

#[test]
#[ignore = "needs swtpm"]
fn an_empty_password_is_given_by_an_empty_file() {
    let tpm = Swtpm::new();
    let tcti = tpm.endpoint().to_string();
    let scratch = Scratch::new();
    let (key, empty) = (scratch.path("key.pem"), scratch.write("empty", "\n"));
    defenderauth(&["key", "new", "--in", "tpm", "--out", &key, "--key-tpm", &tcti], "").done();
    let name = format!("tpm:file={key}");
    let show = ["key", "show", &name, "--key-tpm", &tcti, "--passphrase-file", &empty];
    defenderauth(&show, "").done();
    // Nothing else has an empty one.
    let encrypted = crate::support::data("p256.encrypted.pem");
    defenderauth(&["key", "show", &encrypted, "--passphrase-file", &empty], "").failed(2, &["passphrase"]);
}

#[test]
fn a_signing_process_registers_and_logs_in() {
    let scratch = Scratch::new();
    let listener = signing_server::listen(Path::new(&scratch.path("s"))).unwrap();
    let key = Arc::new(MemoryKey::new(&PrivateKey::generate(Curve::P256).unwrap()).unwrap());
    thread::spawn(move || signing_server::serve(&listener, &key));
    let name = format!("unix:{}", scratch.path("s"));
    let shown = defenderauth(&["key", "show", &name, "--json"], "").done().json();
    assert_eq!((&shown["place"], &shown["kind"]), (&"process".into(), &"EC P-256".into()));
    Issued::to(&[&name]).log_in_everywhere(&[&name]);
}

#[test]
#[ignore = "needs swtpm, mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_that_requires_a_certificate_accepts_a_key_of_the_tpm() {
    let tpm = Swtpm::new();
    let tcti = tpm.endpoint().to_string();
    let key = format!("{}/device.pem", Path::new(&tpm.write("x", b"")).parent().unwrap().display());
    for kind in ["p256", "rsa2048"] {
        defenderauth(&["key", "new", "--in", "tpm", "--kind", kind, "--out", &key, "--force", "--key-tpm", &tcti], "")
            .done();
        let authority = Authority::new(P256);
        let request = ["certificate", "request", "--device-id", ID, "--key-file", &key, "--key-tpm", &tcti];
        authority.certify(&defenderauth(&request, "").done().out);
        let chain =
            authority.folder.write("chain.pem", authority.read("requested.pem") + &authority.read("between.pem"));
        let broker = Server::start(|address| {
            let path = |name: &str| authority.path(name);
            let settings = format!(
                "user root\ncertfile {}\nkeyfile {}\ncafile {}\nlistener {} 127.0.0.1\nrequire_certificate true\n\
                 use_identity_as_username true\n",
                path("server.pem"),
                path("server.key"),
                path("root.pem"),
                address.port()
            );
            // Settings of TLS follow the listener that they are for.
            let (tls, listener) = settings.split_once("listener").unwrap();
            let (listener, rest) = listener.split_once('\n').unwrap();
            let (user, tls) = tls.split_once('\n').unwrap();
            let file = authority.folder.write("m.conf", format!("{user}\nlistener{listener}\n{tls}{rest}"));
            let mut command = Command::new("mosquitto");
            command.args(["-c", &file]);
            command
        });
        let endpoint = format!("{HOST}={}", broker.address);
        let root = authority.path("root.pem");
        let proof = ["--cert-file", &chain, "--key-file", &key, "--key-tpm", &tcti];
        let call = ["authenticate", "-", "--connect", "--ca-file", &root, "--endpoint", &endpoint];
        let text = string(&format!("DeviceId={ID};x509=true"));
        is_accepted(&defenderauth(&[&call[..], &proof].concat(), text.as_bytes()).done());
    }
}

#[test]
fn what_cannot_be_is_said_before_anything_is_sent() {
    let scratch = Scratch::new();
    let key = scratch.write("key.pem", PrivateKey::generate(Curve::P256).unwrap().to_pem().expose());
    let certificate = crate::support::data("p256.certificate.pem");
    let provision = ["provision", "--id-scope", "0ne00000A0A", "--registration-id", ID];
    let proof = ["--cert-file", &certificate, "--key-file"];
    for (more, parts) in [
        (vec!["--key-file", "tpm:handle=0x81000005"], vec!["give its certificate with --cert-file"]),
        ([&proof[..], &["unix:/nowhere/s"]].concat(), vec!["no process signs at /nowhere/s"]),
        ([&proof[..], &[&key[..]]].concat(), vec!["key.pem", "belongs"]),
        ([&proof[..], &["tpm:handle=0x81000005&tpm=swtpm:path=/nowhere"]].concat(), vec!["/nowhere", "no TPM"]),
    ] {
        defenderauth(&[&provision[..], &more].concat(), "").failed(2, &parts);
    }
    for (name, part) in [("tpm:handle=1", "0x81ffffff"), ("tmp:file=k", "scheme that is not supported"), ("", "empty")]
    {
        defenderauth(&[&provision[..], &proof, &[name]].concat(), "").misused(&[part]);
    }
    let pin = "pkcs11:token=a;object=b?pin-value=4711";
    let run = defenderauth(&[&provision[..], &proof, &[pin]].concat(), "").failed(2, &["pin-source"]);
    assert!(!run.shows("4711"), "{run:?}");
    let other = ["authenticate", "-", "--cert-file", &certificate, "--key-file", &key];
    defenderauth(&other, crate::support::device()).failed(2, &["x509=true"]);
}
