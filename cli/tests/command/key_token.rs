//! Private keys in PKCS#11 tokens.

use crate::{
    others,
    support::{Run, Scratch, command, keys::Issued, run},
};
use std::{env, fs, process::Command};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// `SoftHSM` with an empty token, whose PIN is in a file.
pub(crate) struct Token {
    scratch: Scratch,
}

impl Token {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("tokens")).unwrap();
        let tokens = scratch.path("tokens");
        scratch.write("softhsm2.conf", format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n"));
        scratch.write("pin", "8642\n");
        let this = Self { scratch };
        let init = ["--init-token", "--free", "--label", "agent", "--so-pin", "5678", "--pin", "8642"];
        others::run(Command::new("softhsm2-util").args(init).env("SOFTHSM2_CONF", this.configuration()));
        this
    }

    pub(crate) fn configuration(&self) -> String {
        self.scratch.path("softhsm2.conf")
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        let pin = self.scratch.path("pin");
        format!("pkcs11:token=agent;object={name}?module-path={MODULE}&pin-source={pin}")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = command(arguments);
        command.env("SOFTHSM2_CONF", self.configuration());
        let run = run(command, b"");
        assert!(!run.shows("8642"), "{run:?}");
        run
    }
}

#[test]
#[ignore = "needs softhsm2-util"]
fn a_token_generates_a_key_and_shows_it() {
    let token = Token::new();
    for (kind, shown) in [("p256", "EC P-256"), ("p384", "EC P-384"), ("rsa2048", "RSA 2048")] {
        let uri = token.uri(kind);
        let new = ["key", "new", "--in", "pkcs11", "--kind", kind, "--uri", &uri, "--json"];
        let report = token.run(&new).done().json();
        assert_eq!((&report["place"], &report["kind"]), (&"token".into(), &shown.into()));
        let again = token.run(&["key", "show", &uri, "--json"]).done().json();
        assert_eq!(again, report);
        token.run(&new).failed(2, &["already"]);
        token.run(&["certificate", "request", "--device-id", "dev-01", "--key-file", &uri]).done();
    }
}

#[test]
#[ignore = "needs softhsm2-util"]
fn mistakes_about_a_token_are_named() {
    let token = Token::new();
    let uri = token.uri("key");
    token.run(&["key", "show", &uri]).failed(2, &["no private key"]);
    let without = format!("pkcs11:token=agent;object=key?module-path={MODULE}");
    token.run(&["key", "new", "--in", "pkcs11", "--uri", &without]).failed(2, &["pin-source"]);
    let nameless = token.uri("key").replace(";object=key", "");
    token.run(&["key", "new", "--in", "pkcs11", "--uri", &nameless]).failed(2, &["object="]);
    token.run(&["key", "show", "pkcs11:token=agent;objct=key"]).failed(2, &["pkcs11:"]);
    let other = token.uri("key").replace("token=agent", "token=other");
    token.run(&["key", "show", &other]).failed(2, &["no token"]);
    // The PIN may be in a file of the arguments.
    let pin = token.scratch.path("pin");
    token.run(&["key", "new", "--in", "pkcs11", "--uri", &without, "--passphrase-file", &pin]).done();
}

#[test]
#[ignore = "needs softhsm2-util and openssl"]
fn a_key_in_a_token_registers_and_logs_in() {
    let token = Token::new();
    let uri = token.uri("key");
    token.run(&["key", "new", "--in", "pkcs11", "--uri", &uri]).done();
    // The module reads its configuration from the environment of the command.
    let call = ["key_token::with_the_token_of_the_environment", "--exact", "--ignored"];
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(call).env("SOFTHSM2_CONF", token.configuration()).env("KEY_IN_TOKEN", &uri);
    others::run(&mut command);
}

#[test]
#[ignore = "is run by another test"]
fn with_the_token_of_the_environment() {
    let Ok(uri) = env::var("KEY_IN_TOKEN") else { return };
    Issued::to(&[&uri]).log_in_everywhere(&[&uri]);
}
