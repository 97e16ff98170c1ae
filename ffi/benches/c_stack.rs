//! The stack that calls from C need: `cargo bench --profile dist --package defender-auth-ffi --bench c_stack`.
//!
//! Each group of calls runs in a thread whose stack was painted before. The table in ffi/README.md has the limits; a group that
//! needs more fails. A build without optimisation needs several times as much, and is only measured.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "../../tests/support/scratch.rs"]
mod scratch;

use defender_auth_emulator::{Device, Emulator, Hub, Module, World};
use scratch::Scratch;
use std::{env, fs, process::Command};

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const README: &str = include_str!("../README.md");

fn main() {
    let device = Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", KEY));
    let world = World::new().hub(Hub::new("contoso.azure-devices.net").device(device));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
    let scratch = Scratch::new();
    let (program, roots) = (built(&scratch), scratch.write("roots.pem", cloud.root_pem()));
    let (https, mqtt) = (cloud.https_address().to_string(), cloud.address().to_string());
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/x509/data");
    let output = Command::new(program).args([data, &https, &roots, &mqtt]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    let mut above = Vec::new();
    for (used, name) in printed.lines().map(|line| line.split_once('\t').unwrap()) {
        let (used, limit) = (used.parse::<usize>().unwrap(), limit(name));
        println!("{name:<34} {used:>8} bytes   limit {limit:>8}");
        if used > limit && !cfg!(debug_assertions) {
            above.push(name);
        }
    }
    assert!(above.is_empty(), "above the limits of ffi/README.md: {above:?}");
}

/// The limit of a group, in bytes.
fn limit(name: &str) -> usize {
    let row = README.lines().find_map(|line| line.strip_prefix(&format!("| {name} |"))).unwrap();
    let (_, figure) = row.rsplit_once("KB |").unwrap().0.rsplit_once("| ").unwrap();
    figure.trim().parse::<usize>().unwrap() * 1024
}

/// The C program, linked with the library of this build. All of its functions are bound before it begins: binding one at its first
/// call needs stack too.
fn built(scratch: &Scratch) -> String {
    let library = env::current_exe().unwrap().with_file_name("libdefenderauth.so");
    for name in ["libdefenderauth.so", "libdefenderauth.so.0"] {
        fs::hard_link(&library, scratch.path(name)).unwrap();
    }
    let (root, folder) = (concat!(env!("CARGO_MANIFEST_DIR"), "/.."), scratch.folder());
    let program = scratch.path("c_stack");
    let mut command = Command::new("cc");
    command.args(["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-pthread", "-Wl,-z,now", "-o", &program]);
    command.args([&format!("-I{root}/include"), &format!("{root}/benches/c_stack.c"), &format!("-L{folder}")]);
    command.args(["-ldefenderauth", &format!("-Wl,-rpath,{folder}")]);
    assert!(command.status().unwrap().success());
    program
}
