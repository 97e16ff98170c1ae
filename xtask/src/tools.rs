//! The programs of others that the tests measure this project against.

use crate::run::{cargo, command, root, run, target};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program and the Debian package that brings it.
const PROGRAMS: [(&str, &str); 28] = [
    ("abidiff", "abigail-tools"),
    ("clang", "clang"),
    ("cmake", "cmake"),
    ("faketime", "faketime"),
    ("g++", "g++"),
    ("gcc", "gcc"),
    ("groff", "groff-base"),
    ("ldd", "libc-bin"),
    ("make", "make"),
    ("mosquitto", "mosquitto"),
    ("mosquitto_passwd", "mosquitto"),
    ("mosquitto_pub", "mosquitto-clients"),
    ("nginx", "nginx"),
    ("nm", "binutils"),
    ("openssl", "openssl"),
    ("parallel", "parallel"),
    ("pkcs11-tool", "opensc"),
    ("pkg-config", "pkg-config"),
    ("python3", "python3"),
    ("softhsm2-util", "softhsm2"),
    ("strace", "strace"),
    ("strip", "binutils"),
    ("swtpm", "swtpm"),
    ("systemd-analyze", "systemd"),
    ("swtpm_setup", "swtpm-tools"),
    ("tinyproxy", "tinyproxy-bin"),
    ("tpm2_createek", "tpm2-tools"),
    ("valgrind", "valgrind"),
];

/// A Python that has Azure's own SDK.
const SDK: &str = "azure-iot-device==2.14.0";

/// The same for Node, where there is one.
const NODE: [&str; 2] = ["azure-iot-device@1.18.3", "azure-iot-device-http@1.14.4"];

/// Makes sure that all programs are here, and returns that Python.
pub(crate) fn provide() -> Result<PathBuf, String> {
    let missing = missing();
    if !missing.is_empty() {
        install(&missing)?;
    }
    node()?;
    python("venv", "azure.iot.device", SDK)
}

/// Puts Azure's SDK for Node below `target`, where there is npm.
fn node() -> Result<(), String> {
    let folder = target().join("node");
    if folder.join("node_modules/azure-iot-device-http").exists() || !works("npm", &["--version"]) {
        return Ok(());
    }
    let mut npm = command("npm", &["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
    npm.arg(folder).args(NODE);
    run(npm)
}

/// A subcommand of cargo, the one on this machine or that version below `target`, by its program's name.
///
/// Its first argument is the subcommand's name, as it is when cargo calls it.
pub(crate) fn cargo_program(name: &str, version: &str) -> Result<String, String> {
    cargo_program_of(name, name, version)
}

/// The same of a package that has another name than the program.
pub(crate) fn cargo_program_of(package: &str, name: &str, version: &str) -> Result<String, String> {
    let subcommand = name.trim_start_matches("cargo-");
    if works(name, &[subcommand, "--version"]) {
        return Ok(name.to_owned());
    }
    let folder = target().join("tools");
    let program = folder.join("bin").join(name).display().to_string();
    if !works(&program, &[subcommand, "--version"]) {
        let folder = folder.display().to_string();
        run(cargo(&["install", package, "--version", version, "--locked", "--root", &folder]))?;
    }
    Ok(program)
}

fn missing() -> Vec<&'static str> {
    // Debian puts brokers where only root's PATH leads.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let found = |program: &str| path.split(':').any(|folder| Path::new(folder).join(program).is_file());
    let mut packages: Vec<&str> =
        PROGRAMS.into_iter().filter(|(program, _)| !found(program)).map(|(_, package)| package).collect();
    if !works("python3", &["-c", "import venv, ensurepip"]) {
        packages.push("python3-venv");
    }
    // The provider by its file: it does not load without a TPM.
    if !works("sh", &["-c", "test -e \"$(openssl version -m | cut -d '\"' -f 2)/tpm2.so\""]) {
        packages.push("tpm2-openssl");
    }
    if !works("pkg-config", &["--exists", "libcurl >= 7.84"]) {
        packages.push("libcurl4-openssl-dev");
    }
    if !works("pkg-config", &["--exists", "libmosquitto >= 2", "libssl >= 3"]) {
        packages.extend(["libmosquitto-dev", "libssl-dev"]);
    }
    // A module and no program.
    if !works("sh", &["-c", "ls /usr/lib/*/pkcs11/libtpm2_pkcs11.so"]) {
        packages.push("libtpm2-pkcs11-1");
    }
    packages.dedup();
    packages
}

/// Whether a program is there and ends well.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Where it is allowed, and not a question to anybody.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || !works("apt-get", &["--version"]) {
        return Err(format!("the Debian packages {} are missing; install them and call again", packages.join(" ")));
    }
    run(command("apt-get", &["update", "--quiet"]))?;
    let mut install = command("apt-get", &["install", "--yes", "--quiet", "--no-install-recommends"]);
    install.args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    run(install)
}

/// A Python in a folder of its own below `target`, so that nothing of the system's is touched. It has these modules, of a package.
pub(crate) fn python(folder: &str, modules: &str, package: &str) -> Result<PathBuf, String> {
    let folder = target().join(folder);
    let python = folder.join("bin").join("python");
    let folder = folder.display().to_string();
    if !works(&python.display().to_string(), &["-c", &format!("import {modules}")]) {
        run(command("python3", &["-m", "venv", "--clear", &folder]))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
        run(command(&python.display().to_string(), &install))?;
    }
    Ok(root().join(python))
}
