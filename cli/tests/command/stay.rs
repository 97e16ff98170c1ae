//! The session as a program.

#[cfg(windows)]
use defender_auth_windows::console;
#[cfg(windows)]
use std::os::windows::process::CommandExt as _;

use crate::{
    ended::Ended,
    support::{KEY, LONG_KEY, Scratch, command, defenderauth, device, shapes, site::Site, string},
};
use defender_auth_emulator::{Fault, Operation};
use serde_json::Value;
#[cfg(unix)]
use std::process::Command;
use std::{
    fs,
    io::{BufRead as _, BufReader, Lines, Read as _},
    process::{ChildStderr, ChildStdout, Stdio},
};

/// `Win32_System_Threading`
#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// What a signal is called when it ends the session.
fn called(signal: &str) -> String {
    if cfg!(windows) { "disconnected by Ctrl+Break".into() } else { format!("disconnected by {signal}") }
}

/// The command at work, and what it prints.
struct Staying {
    process: Ended,
    lines: Lines<BufReader<ChildStdout>>,
    errors: ChildStderr,
}

impl Staying {
    fn start(site: &Site, source: &str, more: &[&str]) -> Self {
        let endpoint = site.endpoint();
        let network = ["--ca-file", &site.roots, "--endpoint", &endpoint, "--first-wait", "1s"];
        let mut command = command(&[&["stay", source], &network[..], more].concat());
        // A group of its own gets events that this process does not get.
        #[cfg(windows)]
        command.creation_flags(CREATE_NEW_PROCESS_GROUP);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { errors: child.stderr.take().unwrap(), process: Ended(child), lines }
    }

    /// The next line. The command ends with its test, and so does this.
    fn line(&mut self) -> String {
        let line = self.lines.next().expect("it ended").unwrap();
        assert!(![KEY, "sig="].iter().any(|secret| line.contains(secret)), "{line}");
        line
    }

    /// The next event of this name, as JSON.
    fn event(&mut self, name: &str) -> Value {
        loop {
            let event: Value = serde_json::from_str(&self.line()).unwrap();
            shapes::check(&["stay".into()], &event);
            if event["event"] == name {
                return event;
            }
        }
    }

    /// Asks it to end, by this signal where there are signals.
    fn signal(&self, name: &str) {
        let id = self.process.0.id();
        #[cfg(unix)]
        assert!(Command::new("kill").args(["-s", name, &id.to_string()]).status().unwrap().success());
        #[cfg(windows)]
        console::send_break(id).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// How it ended.
    fn end(mut self) -> (Option<i32>, String) {
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).unwrap();
        (self.process.0.wait().unwrap().code(), errors)
    }
}

#[test]
#[cfg_attr(windows, ignore = "needs a console of Windows: wine sends no Ctrl+Break")]
fn it_connects_renews_recovers_and_disconnects_by_sigterm() {
    let site = Site::new();
    let source = site.scratch.write("string", device());
    let mut agent = Staying::start(&site, &source, &["--token-lifetime", "10s", "--json"]);
    let connected = agent.event("connected");
    assert_eq!((&connected["credential"], &connected["connected"]), (&"agent".into(), &true.into()));
    assert_eq!(agent.event("renewed")["credential"], "agent", "before the token expires");

    // The hub is away, as while it restarts.
    site.emulator.fault(Operation::MqttHandshake, Fault::ResetMidBody, u32::MAX);
    let _ = site.emulator.disconnect_all();
    let away = agent.event("not-connected");
    assert!(away["connected"] == false && away["code"].is_number(), "{away}");
    let _ = site.emulator.forget_faults();
    assert_eq!(agent.event("connected")["connected"], true);

    agent.signal("TERM");
    let ended = agent.event("ended");
    assert_eq!((&ended["text"], &ended["connected"]), (&called("SIGTERM").into(), &false.into()));
    assert!(agent.lines.next().is_none());
    assert_eq!(agent.end(), (Some(0), String::new()));
}

#[test]
#[cfg_attr(windows, ignore = "needs a console of Windows: wine sends no Ctrl+Break")]
fn a_refusal_is_told_with_its_number_and_sigint_ends_the_wait_after_it() {
    let site = Site::new();
    let wrong = site.scratch.write("string", string(&format!("DeviceId=dev-01;SharedAccessKey={LONG_KEY}")));
    let mut agent = Staying::start(&site, &wrong, &[]);
    let refused = agent.line();
    assert!(refused.contains(" not connected with agent: ") && refused.ends_with("(explain 901)"), "{refused}");
    defenderauth(&["explain", "901"], "").done();
    while !agent.line().contains(" waiting ") {}
    agent.signal("INT");
    let last = agent.lines.by_ref().map(Result::unwrap).last().unwrap();
    assert!(last.contains(&called("SIGINT")), "{last}");
    assert_eq!(agent.end().0, Some(0));
}

#[test]
#[cfg_attr(windows, ignore = "needs a console of Windows: wine sends no Ctrl+Break")]
fn the_state_is_kept_in_a_folder_of_its_owner() {
    let site = Site::new();
    let source = site.scratch.write("string", device());
    let state = site.scratch.path("state");
    for _ in 0..2 {
        let mut agent = Staying::start(&site, &source, &["--state-dir", &state, "--json"]);
        agent.event("connected");
        agent.signal("TERM");
        agent.event("ended");
        assert_eq!(agent.end(), (Some(0), String::new()));
    }
    assert!(fs::read_dir(&state).unwrap().count() >= 1);
}

#[test]
#[cfg_attr(windows, ignore = "needs a console of Windows: wine sends no Ctrl+Break")]
fn a_second_one_with_the_same_state_is_refused_at_the_start() {
    let site = Site::new();
    let source = site.scratch.write("string", device());
    let state = site.scratch.path("state");
    let mut agent = Staying::start(&site, &source, &["--state-dir", &state, "--json"]);
    agent.event("connected");
    let (status, errors) = Staying::start(&site, &source, &["--state-dir", &state]).end();
    assert_eq!(status, Some(1), "{errors}");
    assert!(errors.contains(&state) && errors.contains("another process runs a session"), "{errors}");
    assert!(errors.contains("stop that process"), "{errors}");
    agent.signal("TERM");
    assert_eq!(agent.event("ended")["text"], "disconnected by SIGTERM", "it was not disturbed");
    let mut next = Staying::start(&site, &source, &["--state-dir", &state, "--json"]);
    next.event("connected");
    next.signal("TERM");
    next.event("ended");
}

#[test]
fn what_is_wrong_from_the_beginning_ends_it_at_once() {
    let scratch = Scratch::new();
    let nowhere = scratch.path("nowhere");
    defenderauth(&["stay", &nowhere], "").failed(2, &["nowhere", "explain 211"]);
    let file = scratch.write("file", "x");
    defenderauth(&["stay", "-", "--state-dir", &file], device()).failed(2, &["file"]);
    defenderauth(&["stay", "-", "--token-lifetime", "soon"], device()).misused(&["90s, 15m, 1h, 1d"]);
}

#[cfg(unix)]
#[test]
#[ignore = "needs systemd, which `cargo xtask test` brings"]
fn systemd_accepts_the_unit() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/systemd/defenderauth-stay@.service");
    let here = env!("CARGO_BIN_EXE_defenderauth");
    let scratch = Scratch::new();
    let text = fs::read_to_string(unit).unwrap().replace("/usr/bin/defenderauth", here);
    let unit = scratch.write("defenderauth-stay@.service", text);
    let output = Command::new("systemd-analyze").args(["verify", "--man=no", &unit]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
