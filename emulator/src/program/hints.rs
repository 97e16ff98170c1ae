//! What a person can do next.

use defender_auth_emulator::{Config, Emulator};
use std::path::Path;

/// What continues a command on the next line: in PowerShell, or in a POSIX shell.
const CONTINUED: char = if cfg!(windows) { '`' } else { '\\' };

/// The files of the sample, or what stands for those of a configuration.
pub(super) struct Files<'a> {
    /// The folder or file of an agent.
    pub(super) agent: &'a str,
    /// The key of a device that can be provisioned.
    pub(super) key: &'a str,
}

/// The lines to print: where each service is, and a command for what the configuration has.
pub(super) fn lines(config: &Config, emulator: &Emulator, root: &Path, files: &Files<'_>) -> Vec<String> {
    let (mqtt, https) = (emulator.address(), emulator.https_address());
    let mut lines = Vec::new();
    for hub in &config.hubs {
        let mut names = hub.names();
        let Some(host) = names.next() else { continue };
        lines.push(format!("{host} is at {mqtt} for MQTT and at {https} for HTTPS"));
        lines.extend(names.map(|other| format!("{other} is the same hub")));
        if hub.has_keys() {
            let (agent, root) = (files.agent, root.display());
            lines.push(format!("try: defenderauth authenticate {agent} --connect --ca-file {root} {CONTINUED}"));
            lines.push(format!("       --endpoint {host}:443={https} --endpoint {host}:8883={mqtt}"));
        }
    }
    if let Some(dps) = &config.dps {
        let (host, scope) = (dps.host_name(), dps.id_scope());
        lines.push(format!("{host} is at {https} for HTTPS and at {mqtt} for MQTT; its ID scope is {scope}"));
        if let Some(id) = dps.registration_by_key() {
            let (key, root) = (files.key, root.display());
            lines.push(format!("try: defenderauth provision --id-scope {scope} --registration-id {id} {CONTINUED}"));
            lines.push(format!("       --key-file {key} --ca-file {root} --endpoint {host}={https}"));
        }
    }
    lines
}
