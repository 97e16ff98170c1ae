//! The core on processors that have no operating system and no compare-and-swap.

use crate::{
    dist::Standard,
    run::{cargo, command, run},
};
use std::{path::Path, process::Command};

/// Cortex-M0, and RISC-V as in an ESP32-C3.
const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];

/// What the C library for bare metal is compiled for: it needs compare-and-swap. Cortex-M4.
const C_LIBRARY: &str = "thumbv7em-none-eabi";

/// Compiles the signer, the library with every feature of the core, and the C library, for these targets.
pub(crate) fn bare_metal() -> Result<(), String> {
    TARGETS.into_iter().chain([C_LIBRARY]).try_for_each(|target| provide(target).and_then(|()| check(target)))
}

/// The same for the targets that can be had here; the others are named.
pub(crate) fn where_possible() -> Result<(), String> {
    for target in TARGETS.into_iter().chain([C_LIBRARY]) {
        match provide(target) {
            Ok(()) => check(target)?,
            Err(missing) => println!("{missing}: the core was not compiled for {target}"),
        }
    }
    Ok(())
}

fn check(target: &str) -> Result<(), String> {
    if target == C_LIBRARY {
        return ["sas", "device-mode", "flows,messages,twin"].into_iter().try_for_each(|features| {
            let features = Standard::Absent.features(features);
            let library = ["check", "--package", "defender-auth-ffi", "--lib", "--profile", "bare", "--target", target];
            run(cargo(&[library.as_slice(), &["--no-default-features", "--features", &features]].concat()))
        });
    }
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
