//! The emulator of this system, which the programs of other systems log in at.

use crate::{
    folder,
    run::{cargo, run, target},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// The root certificate that the emulator writes, and the file of its agent.
const ROOT: &str = "ca.pem";
const STRING: &str = "connection_string.txt";

/// The agent's folder in that of a platform.
const IDENTITY: &str = "identity";

/// A running emulator of one hub with one device. It ends with this.
pub(super) struct Services {
    process: Child,
    folder: PathBuf,
    endpoint: String,
}

impl Services {
    /// Starts it on free ports, with its files in this folder.
    pub(super) fn start(folder: PathBuf) -> Result<Self, String> {
        run(cargo(&["build", "--locked", "--package", "defender-auth-emulator"]))?;
        folder::empty(&folder)?;
        let ready = folder.join("ready.json");
        let mut emulator = Command::new(target().join("debug/defender-auth-emulator"));
        emulator.arg("--folder").arg(&folder).arg("--ready-file").arg(&ready);
        emulator.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = emulator.spawn().map_err(|error| format!("defender-auth-emulator: {error}"))?;
        let mut services = Self { process, folder, endpoint: String::new() };
        services.endpoint = endpoint(&wait_for(&ready)?)?;
        Ok(services)
    }

    /// Copies what a client needs into a folder: the files of an agent, and the root certificate.
    pub(super) fn admit(&self, folder: &Path) -> Result<(), String> {
        let identity = folder.join(IDENTITY);
        fs::create_dir_all(&identity).map_err(|error| format!("{}: {error}", identity.display()))?;
        let string = (self.folder.join("agent").join(STRING), identity.join(STRING));
        for (from, to) in [string, (self.folder.join(ROOT), folder.join(ROOT))] {
            fs::copy(&from, &to).map_err(|error| format!("{}: {error}", to.display()))?;
        }
        Ok(())
    }

    /// Has a command log in at the hub over TLS. `seen` is that folder as the command sees it.
    pub(super) fn log_in<'a>(&self, command: &'a mut Command, seen: &Path) -> &'a mut Command {
        command.args(["authenticate", "--connect", "--endpoint", &self.endpoint, "--ca-file"]);
        command.arg(seen.join(ROOT)).arg(seen.join(IDENTITY))
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The file that is there once clients can connect.
fn wait_for(ready: &Path) -> Result<String, String> {
    for _ in 0..300 {
        if let Ok(text) = fs::read_to_string(ready) {
            return Ok(text);
        }
        sleep(Duration::from_millis(100));
    }
    Err(format!("the emulator has not written {}", ready.display()))
}

/// `HOST:8883=ADDRESS:PORT`
fn endpoint(ready: &str) -> Result<String, String> {
    let ready: Value = serde_json::from_str(ready).map_err(|error| format!("the emulator's addresses: {error}"))?;
    let host = ready.pointer("/hubs/0/0").and_then(Value::as_str);
    let address = ready.get("mqtt").and_then(Value::as_str);
    let (Some(host), Some(address)) = (host, address) else { return Err(format!("the emulator is at {ready}")) };
    Ok(format!("{host}:8883={address}"))
}
