//! `defenderauth doctor`: what it names first in set-ups that are broken, and that it finds nothing in good ones.

#[cfg(unix)]
mod broken;
mod broken_credentials;
mod broken_network;
mod good;
mod report;

use crate::support::{
    HOST, Run, command, run,
    site::{DPS, Site, no_token},
};
use serde_json::Value;
use std::{
    net::{SocketAddr, TcpListener},
    process::Command,
};

/// The arguments with which everything goes to a site.
pub(crate) fn network(site: &Site) -> Vec<String> {
    let (mqtt, https) = (site.emulator.address(), site.emulator.https_address());
    let mut arguments = to(site, https, mqtt);
    arguments.extend(["--endpoint".into(), format!("{DPS}:443={https}")]);
    arguments
}

/// The arguments with which the two ports of the hub are at these addresses.
pub(crate) fn to(site: &Site, https: SocketAddr, mqtt: SocketAddr) -> Vec<String> {
    let endpoints = [format!("{HOST}:443={https}"), format!("{HOST}:8883={mqtt}")];
    let endpoints = endpoints.into_iter().flat_map(|endpoint| ["--endpoint".into(), endpoint]);
    ["--ca-file".into(), site.roots.clone()].into_iter().chain(endpoints).collect()
}

/// The command with these arguments and no variables of this process that would change it.
pub(crate) fn doctor(arguments: &[&str], more: &[String]) -> Command {
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let mut command = command(&[&["doctor"], arguments, &more].concat());
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        command.env_remove(name);
    }
    command.env_remove("AWS_CA_BUNDLE");
    command
}

/// Runs it. It quotes no token.
pub(crate) fn told(command: Command, input: &str) -> Told {
    Told(no_token(run(command, input.as_bytes())))
}

/// At a site.
pub(crate) fn ask(site: &Site, arguments: &[&str], input: &str) -> Told {
    told(doctor(arguments, &network(site)), input)
}

/// An address without a server.
pub(crate) fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// What it printed, a line for each step.
pub(crate) struct Told(pub(crate) Run);

impl Told {
    /// The lines of the steps that ended so.
    pub(crate) fn lines(&self, status: &str) -> Vec<&str> {
        let is_so = |line: &&str| line.split_whitespace().next() == Some(status) && !line.starts_with(' ');
        self.0.out.lines().filter(is_so).filter(|line| !line.contains(" verdict ")).collect()
    }

    /// The line of a step.
    #[track_caller]
    pub(crate) fn line(&self, step: &str) -> &str {
        let of_step = |line: &&str| line.get(9..).is_some_and(|rest| rest.starts_with(&format!("{step} ")));
        self.0.out.lines().find(of_step).unwrap_or_else(|| panic!("no {step} in {:?}", self.0))
    }

    /// Nothing is wrong, and the hub accepted the device.
    #[track_caller]
    pub(crate) fn is_well(&self) {
        assert!(self.0.code == 0 && self.lines("failed").is_empty(), "{:?}", self.0);
        assert!(self.line("login").starts_with("ok"), "{:?}", self.0);
        assert!(self.0.out.lines().last().unwrap().contains("verdict"), "{:?}", self.0);
    }

    /// The first line that says `failed` is that of this step and has these words, and there is a command to type next.
    #[track_caller]
    pub(crate) fn fails_first_at(&self, code: i32, step: &str, words: &[&str]) {
        let failed = self.lines("failed");
        let first = failed.first().unwrap_or_else(|| panic!("nothing failed: {:?}", self.0));
        assert!(self.0.code == code && first.starts_with(&format!("failed   {step:<14}")), "{:?}", self.0);
        for word in words {
            assert!(first.contains(word), "no {word:?} in {first:?} of {:?}", self.0);
        }
        let behind = self.0.out.split_once(first).unwrap().1;
        let notes = behind.lines().skip(1).take_while(|line| line.starts_with(' '));
        let notes: Vec<_> = notes.map(str::trim_start).collect();
        assert!(notes.iter().any(|line| line.starts_with("next: ")), "{:?}", self.0);
        assert!(
            notes.iter().any(|line| line.starts_with("fault: ") && line.contains("; defenderauth explain ")),
            "{:?}",
            self.0
        );
        assert!(self.0.out.lines().last().unwrap().contains(&format!("that failed is {step}")), "{:?}", self.0);
    }
}

/// The JSON of a run.
#[track_caller]
pub(crate) fn steps(run: &Run) -> Vec<Value> {
    let json = run.json();
    json["steps"].as_array().unwrap().clone()
}
