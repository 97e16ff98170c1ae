//! The command and the emulator, one of them for Windows and the other for this system.

use super::{TARGET, report::Report, wine::Wine};
use crate::{
    folder,
    run::{cargo, command, root, run, target},
};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Logs in and registers in both directions.
pub(super) fn check(wine: &Wine, report: &mut Report) -> Result<(), String> {
    let build = ["build", "--locked", "--package", "defender-auth-cli", "--package", "defender-auth-emulator"];
    run(cargo(&build))?;
    run(cargo(&[build.as_slice(), &["--target", TARGET]].concat()))?;
    let here = root().join(target()).join("debug");
    let windows = root().join(target()).join(TARGET).join("debug");
    let native = |name: &str| command(&here.join(name).display().to_string(), &[]);
    let foreign = |name: &str| wine.program(&windows.join(format!("{name}.exe")));
    let emulator = "defender-auth-emulator";
    let pairs: [(&str, Command, &dyn Fn() -> Command); 2] = [
        ("the command for Windows, the emulator of this system", native(emulator), &|| foreign("defenderauth")),
        ("the command of this system, the emulator for Windows", foreign(emulator), &|| native("defenderauth")),
    ];
    for (at, (name, server, client)) in pairs.into_iter().enumerate() {
        report.check(name, pair(&format!("across-{at}"), server, client));
    }
    Ok(())
}

/// Ends with its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn pair(name: &str, mut emulator: Command, defenderauth: &dyn Fn() -> Command) -> Result<(), String> {
    let folder = root().join(target()).join("wine-logs").join(name);
    folder::empty(&folder)?;
    let (ready, log) = (folder.join("ready.json"), folder.join("emulator.txt"));
    let output = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    emulator.arg("--folder").arg(&folder).arg("--ready-file").arg(&ready);
    emulator.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
    let mut server = Server(emulator.spawn().map_err(|error| format!("the emulator: {error}"))?);
    let document = wait(&mut server.0, &ready).map_err(|error| format!("{error}; see {}", log.display()))?;
    let member = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (hub, dps) = (member("/hubs/0/0"), member("/dps/host_name"));
    let endpoints = [(hub, ":443", "/https"), (hub, ":8883", "/mqtt"), (dps, ":443", "/https")];
    let network = |mut client: Command| {
        client.arg("--ca-file").arg(folder.join("ca.pem"));
        for (host, port, address) in endpoints {
            client.arg("--endpoint").arg(format!("{host}{port}={}", member(address)));
        }
        client
    };
    let mut authenticate = defenderauth();
    authenticate.arg("authenticate").arg(folder.join("agent")).arg("--connect");
    succeeds(network(authenticate), hub)?;
    let mut provision = defenderauth();
    provision.args(["provision", "--id-scope", member("/dps/id_scope"), "--registration-id", "dev-02"]);
    provision.arg("--key-file").arg(folder.join("dev-02.key"));
    succeeds(network(provision), hub)
}

/// Runs a client, which has to succeed and name the hub.
fn succeeds(mut client: Command, hub: &str) -> Result<(), String> {
    let output = client.stdin(Stdio::null()).output().map_err(|error| format!("{client:?}: {error}"))?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() && text.contains(hub) {
        Ok(())
    } else {
        Err(format!("{client:?}: {}: {text}", output.status).replace('"', ""))
    }
}

/// What the emulator writes once clients can connect.
fn wait(emulator: &mut Child, ready: &Path) -> Result<Value, String> {
    let start = Instant::now();
    while !ready.exists() {
        let ended = emulator.try_wait().map_err(|error| error.to_string())?;
        if let Some(status) = ended {
            return Err(format!("the emulator has ended: {status}"));
        }
        if start.elapsed() > Duration::from_secs(120) {
            return Err("the emulator does not get ready".into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    let text = fs::read_to_string(ready).map_err(|error| format!("{}: {error}", ready.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", ready.display()))
}
