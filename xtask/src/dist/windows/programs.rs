//! Programs that use the whole interface: those of the C tests, and examples.

use super::Installed;
use crate::{
    folder,
    run::{cargo, command, root, run, target},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

const PATHS: &str = include_str!("../../../tests/dist/windows/paths.c");

/// Those of `ffi/tests/c` that need only the library and a folder. The others are a program of Unix or need another library.
const TESTS: [&str; 13] = [
    "buffers",
    "certificates",
    "certified",
    "keys",
    "nulls",
    "presence",
    "runs",
    "session",
    "states",
    "texts",
    "threads",
    "tokens",
    "twin",
];

/// As the C tests are compiled elsewhere, and with MinGW's threads inside.
const OPTIONS: [&str; 9] =
    ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-Wl,-Bstatic", "-static-libgcc", "-pthread"];

const HUB: &str = "contoso.azure-devices.net";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

pub(super) fn tests(installed: &Installed<'_>) -> Result<(), String> {
    let folder = installed.folder("tests")?;
    installed.with_dll(&folder)?;
    let data = format!("-DDATA=\"{}\"", root().join("tests/x509/data").display());
    let mut failed = Vec::new();
    for name in TESTS {
        let (program, work) = (folder.join(format!("{name}.exe")), folder.join(name));
        folder::empty(&work)?;
        compiled(installed, &root().join("ffi/tests/c").join(format!("{name}.c")), &program, &[&data])?;
        let ended = installed.run(&program, &[&work.display().to_string()])?;
        failed.extend(ended.done().err().map(|reason| format!("{name}: {reason}")));
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn compiled(installed: &Installed<'_>, source: &Path, program: &Path, options: &[&str]) -> Result<(), String> {
    let [source, program] = [source, program].map(|path| path.display().to_string());
    let library = installed.lib("libdefenderauth.dll.a").display().to_string();
    let files = [&[&*source, "-o", &*program, &*library], options, &OPTIONS].concat();
    installed.compile(&root(), &files)
}

/// Compiles an example into a folder.
fn example(installed: &Installed<'_>, name: &str, folder: &Path) -> Result<PathBuf, String> {
    installed.with_dll(folder)?;
    let program = folder.join(format!("{name}.exe"));
    compiled(installed, &root().join("ffi/examples").join(format!("{name}.c")), &program, &[])?;
    Ok(program)
}

pub(super) fn token_of_connection_string(installed: &Installed<'_>) -> Result<(), String> {
    let string = format!("HostName={HUB};DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={KEY}\n");
    let folder = installed.source("module_key", "string.txt", &string)?;
    let program = example(installed, "module_key", &folder)?;
    is_token(&installed.run(&program, &["string.txt"])?.done()?)?;
    fs::write(folder.join("wrong.txt"), "HostName=h").map_err(|error| error.to_string())?;
    installed.run(&program, &["wrong.txt"])?.failed("module_key: connection_string: ")
}

fn is_token(said: &str) -> Result<(), String> {
    let resource = format!("SharedAccessSignature sr={HUB}%2Fdevices%2Fdev-01%2Fmodules%2Fazureiotsecurity&sig=");
    if said.starts_with(&resource) { Ok(()) } else { Err(format!("not the module's token: {said}")) }
}

pub(super) fn names_of_files(installed: &Installed<'_>) -> Result<(), String> {
    let folder = installed.source("paths", "paths.c", PATHS)?;
    installed.with_dll(&folder)?;
    let agent = folder.join("ü漢");
    folder::empty(&agent)?;
    let string = "HostName=hub.example;DeviceId=dev1;ModuleId=azureiotsecurity;SharedAccessKey=a2V5";
    fs::write(agent.join("connection_string.txt"), string).map_err(|error| error.to_string())?;
    let program = folder.join("paths.exe");
    compiled(installed, &folder.join("paths.c"), &program, &[])?;
    installed.run(&program, &[])?.done().map(drop)
}

/// With the built-in HTTPS driver, at an emulator on this system.
pub(super) fn device_mode(installed: &Installed<'_>) -> Result<(), String> {
    let device = format!("[[hub]]\nhost_name = \"{HUB}\"\n[[hub.device]]\nid = \"dev-01\"\nprimary_key = \"{KEY}\"\n");
    let module = format!("[[hub.device.module]]\nid = \"azureiotsecurity\"\nprimary_key = \"{KEY}\"\n");
    let folder = installed.source("device_mode", "hub.toml", &(device + &module))?;
    fs::write(folder.join("key.txt"), format!("{KEY}\r\n")).map_err(|error| error.to_string())?;
    let program = example(installed, "device_mode_builtin", &folder)?;
    let emulator = Emulator::start(&folder)?;
    let call = |device: &str| installed.run(&program, &[HUB, device, "key.txt", "ca.pem", &emulator.https]);
    is_token(&call("dev-01")?.done()?)?;
    call("dev-02")?.failed("404")
}

/// Ends with its test.
struct Emulator {
    process: Child,
    https: String,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Emulator {
    fn start(folder: &Path) -> Result<Self, String> {
        run(cargo(&["build", "--locked", "--package", "defender-auth-emulator"]))?;
        let program = root().join(target()).join("debug/defender-auth-emulator");
        let ready = folder.join("ready.json");
        let mut start = command(&program.display().to_string(), &["hub.toml", "--folder", ".", "--ready-file"]);
        start.arg(&ready).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = start.spawn().map_err(|error| format!("the emulator: {error}"))?;
        let mut emulator = Self { process, https: String::new() };
        let since = Instant::now();
        while !ready.exists() {
            let ended = emulator.process.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || since.elapsed() > Duration::from_secs(60) {
                return Err(format!("the emulator does not get ready: {ended:?}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        let text = fs::read_to_string(&ready).map_err(|error| format!("{}: {error}", ready.display()))?;
        let document: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", ready.display()))?;
        document.get("https").and_then(Value::as_str).unwrap_or_default().clone_into(&mut emulator.https);
        Ok(emulator)
    }
}

/// In a library that has a defect in every call, a panic is a result: it passes through the tables of unwinding of the one object.
pub(super) fn panic(installed: &Installed<'_>) -> Result<(), String> {
    let prefix = installed.folder("defect")?;
    let xtask = std::env::current_exe().map_err(|error| format!("xtask: {error}"))?;
    let options = ["dist", "--target", super::WINDOWS, "--features", "sas", "--prefix"];
    let mut dist = command(&xtask.display().to_string(), &options);
    dist.arg(&prefix).env("RUSTFLAGS", "--cfg defenderauth_defect").env_remove("DESTDIR");
    run(dist)?;
    let broken = Installed { prefix, scratch: installed.scratch.join("panic"), wine: installed.wine };
    let folder = broken.folder("shared")?;
    let source = root().join("xtask/tests/dist/agent.c");
    let program = folder.join("shared.exe");
    compiled(&broken, &source, &program, &[])?;
    broken.with_dll(&folder)?;
    broken.run(&program, &[])?.failed("\nDEFENDERAUTH_PANIC: ")?;
    let program = broken.folder("static")?.join("static.exe");
    let mut compile = command(super::GCC, &["-static"]);
    run({
        compile.arg(&source).arg("-o").arg(&program).args(broken.flags(&["--static"])?);
        compile
    })?;
    broken.run(&program, &[])?.failed("\nDEFENDERAUTH_PANIC: ")
}
