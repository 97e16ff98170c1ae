//! The core on processors that have no operating system and no compare-and-swap.

use crate::run::{cargo, command, run};
use std::{path::Path, process::Command};

/// Cortex-M0, and RISC-V as in an ESP32-C3.
const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];

/// Compiles the signer, and the library with every feature of the core, for each of these targets.
pub(crate) fn bare_metal() -> Result<(), String> {
    TARGETS.into_iter().try_for_each(|target| provide(target).and_then(|()| check(target)))
}

/// The same for the targets that can be had here; the others are named.
pub(crate) fn where_possible() -> Result<(), String> {
    for target in TARGETS {
        match provide(target) {
            Ok(()) => check(target)?,
            Err(missing) => println!("{missing}: the core was not compiled for {target}"),
        }
    }
    Ok(())
}

fn check(target: &str) -> Result<(), String> {
    run(cargo(&["check", "--package", "defender-auth-signer", "--target", target]))?;
    let core = ["--lib", "--no-default-features", "--features", "session,tpm,twin"];
    run(cargo(&[&["check", "--package", "defender-auth", "--target", target], core.as_slice()].concat()))
}

/// Makes sure that the compiler has the libraries `core` and `alloc` of a target.
pub(crate) fn provide(target: &str) -> Result<(), String> {
    if is_here(target) || (Command::new("rustup").arg("--version").output().is_ok() && add(target)) {
        return Ok(());
    }
    Err(format!("the toolchain has no libraries for {target}, and `rustup target add {target}` does not bring them"))
}

fn is_here(target: &str) -> bool {
    let asked = command("rustc", &["--print", "target-libdir", "--target", target]).output();
    asked.is_ok_and(|folder| {
        folder.status.success() && Path::new(String::from_utf8_lossy(&folder.stdout).trim()).is_dir()
    })
}

fn add(target: &str) -> bool {
    run(command("rustup", &["target", "add", target])).is_ok() && is_here(target)
}
