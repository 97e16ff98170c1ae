//! The program in a CI: where it is, what it keeps, and what signals have it do.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};
use support::{HUB, KEY, Mqtt, certificates::Authority, dial_with, token};

const OTHER_HUB: &str = "fabrikam.azure-devices.net";

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("running-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running program, which is ended at the end.
struct Program {
    process: Child,
    ready: Value,
}

impl Program {
    /// Starts it with a ready file, and waits for that.
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let file = folder.0.join("ready.json");
        let _ = fs::remove_file(&file);
        let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
        command.args(arguments).arg("--folder").arg(&folder.0).arg("--ready-file").arg(&file);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut program = Self { process, ready: Value::Null };
        let mut waits = 0..1200;
        while !file.exists() {
            assert!(waits.next().is_some() && program.process.try_wait().unwrap().is_none(), "it is not ready");
            thread::sleep(Duration::from_millis(25));
        }
        program.ready = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        program
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").arg(name).arg(self.process.id().to_string()).status().unwrap().success());
    }

    fn end(&mut self) -> ExitStatus {
        let mut waits = 0..1200;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(waits.next().is_some(), "it does not end");
            thread::sleep(Duration::from_millis(25));
        }
    }

    fn address(&self, member: &str) -> SocketAddr {
        self.ready[member].as_str().unwrap().parse().unwrap()
    }

    fn root(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.ready["ca_file"].as_str().unwrap()).unwrap()
    }

    fn log_in(&self, hub: &str, id: &str) -> (Mqtt, bool) {
        let tls = dial_with(self.root(), self.address("mqtt"), hub, None);
        let user = format!("{hub}/{id}/?api-version=2020-09-30");
        let (client, code) = Mqtt::connect_over(tls, id, &user, Some(&token(hub, KEY)));
        (client, code.is_success())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn hub(host: &str, id: &str) -> String {
    format!("[[hub]]\nhost_name = '{host}'\n[[hub.device]]\nid = '{id}'\nprimary_key = '{KEY}'\n")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_ready_file_has_the_addresses_and_the_end_by_a_signal_is_clean() {
    let folder = Folder::new("ready");
    let config = folder.write("config.toml", &(hub(HUB, "dev-01") + "[dps]\nid_scope = '0ne'\n"));
    let mut program = Program::start(&folder, &[text(&config), "--admin", "127.0.0.1:0"]);
    let ready = &program.ready;
    assert_eq!(ready["pid"], json!(program.process.id()));
    assert_eq!(
        (&ready["hubs"][0][0], &ready["dps"]["id_scope"], &ready["proxy"]),
        (&json!(HUB), &json!("0ne"), &Value::Null)
    );
    assert!(ready["admin"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{ready}");
    assert!(program.log_in(HUB, "dev-01").1, "clients can connect once it is there");
    program.signal("-TERM");
    assert!(program.end().success());
    assert!(!folder.0.join("ready.json").exists(), "it is gone with the emulator");
}

#[test]
fn json_is_printed_in_the_place_of_hints() {
    let folder = Folder::new("json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
    command
        .arg("--json")
        .arg("--folder")
        .arg(&folder.0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut program = Program { process: command.spawn().unwrap(), ready: Value::Null };
    let mut lines = BufReader::new(program.process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let ready: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!((&ready["schema_version"], &ready["hubs"][0][0]), (&json!(1), &json!(HUB)));
    program.signal("-INT");
    assert_eq!(lines.next(), None, "there is nothing else");
}

#[test]
fn a_kept_root_is_trusted_at_the_next_start_and_a_broken_one_is_named() {
    let folder = Folder::new("ca");
    let config = folder.write("config.toml", &hub(HUB, "dev-01"));
    let kept = folder.0.join("ca");
    let arguments = [text(&config), "--ca-dir", text(&kept)];
    let first = Program::start(&folder, &arguments).root();
    let second = Program::start(&folder, &arguments);
    assert_eq!(first, second.root());
    assert!(second.log_in(HUB, "dev-01").1, "its certificate is issued by the kept root");
    drop(second);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(kept.join("ca.key")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let error = |change: &dyn Fn()| {
        change();
        let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
        let output = command.args(arguments).arg("--folder").arg(&folder.0).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let other = Authority::root("other");
    let text = error(&|| fs::write(kept.join("ca.pem"), other.pem()).unwrap());
    assert!(text.contains("the key is another one"), "{text}");
    let text = error(&|| fs::remove_file(kept.join("ca.pem")).unwrap());
    assert!(text.contains("has one of ca.pem and ca.key"), "{text}");
}

#[test]
fn sighup_has_it_read_the_configuration_again_and_a_mistake_changes_nothing() {
    let folder = Folder::new("reload");
    let config = folder.write("config.toml", &hub(HUB, "dev-01"));
    let mut program = Program::start(&folder, &[text(&config)]);
    let lines = BufReader::new(program.process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut lines = lines.filter(|line| line.starts_with("reloaded ") || line.starts_with("error: "));
    let mut reload = |program: &Program, text: &str| {
        folder.write("config.toml", text);
        program.signal("-HUP");
        lines.next().unwrap()
    };
    let (mut client, accepted) = program.log_in(HUB, "dev-01");
    assert!(accepted);
    let both = hub(HUB, "dev-01") + &hub(OTHER_HUB, "dev-02");
    assert!(reload(&program, &both).starts_with("reloaded "));
    assert!(client.ping(), "a device that stays keeps its connection");
    assert!(program.log_in(OTHER_HUB, "dev-02").1, "the certificate has the new name");
    let line = reload(&program, "[[hub]]\nhost_nam = 'x'");
    assert!(line.contains("host_nam"), "{line}");
    assert!(client.ping() && program.log_in(OTHER_HUB, "dev-02").1);
    assert!(reload(&program, &hub(HUB, "dev-03")).starts_with("reloaded "));
    assert_eq!(client.message(), None, "a device that is gone is disconnected");
    assert!(program.log_in(HUB, "dev-03").1);
}

#[test]
fn certificates_are_read_from_files_beside_the_configuration() {
    let folder = Folder::new("files");
    fs::write(folder.0.join("root.pem"), Authority::root("root").pem()).unwrap();
    let authority = "[[hub.authority]]\ncertificate = { file = 'root.pem' }\n[dps]\nid_scope = '0ne'\n\
                     [[dps.group]]\nid = 'g'\ncertificate = { file = 'root.pem' }\n";
    let config = folder.write("config.toml", &(hub(HUB, "dev-01") + authority));
    Program::start(&folder, &[text(&config)]);
    fs::remove_file(folder.0.join("root.pem")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
    let output = command.arg(&config).arg("--folder").arg(&folder.0).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("root.pem cannot be read"), "{error}");
}

#[test]
fn hints_are_for_what_the_configuration_has() {
    let folder = Folder::new("hints");
    let config = folder.write("config.toml", &format!("[[hub]]\nhost_name = '{HUB}'\n[dps]\nid_scope = '0ne'\n"));
    let hints = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
        command.args(arguments).arg("--folder").arg(&folder.0).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut program = Program { process: command.stderr(Stdio::null()).spawn().unwrap(), ready: Value::Null };
        let lines = BufReader::new(program.process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<String> = lines.take_while(|line| !line.contains("Ctrl-C")).collect();
        lines.join("\n")
    };
    let none = hints(&[text(&config)]);
    assert!(!none.contains("try:") && none.contains("its ID scope is 0ne"), "{none}");
    let sample = hints(&[]);
    assert!(
        sample.contains("try: defenderauth authenticate ") && sample.contains("try: defenderauth provision "),
        "{sample}"
    );
    assert!(!sample.contains("cargo run"), "{sample}");
}

#[test]
fn other_machines_are_permitted_only_when_asked() {
    let folder = Folder::new("remote");
    let config = folder.write("config.toml", &hub(HUB, "dev-01"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
    command.arg(&config).args(["--listen", "0.0.0.0:0"]).arg("--folder").arg(&folder.0).stdin(Stdio::null());
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("--remote"), "{error}");
    let program = Program::start(&folder, &[text(&config), "--listen", "0.0.0.0:0", "--remote"]);
    assert!(program.address("mqtt").ip().is_unspecified());
}
