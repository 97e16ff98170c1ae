//! The programs of `examples/cortex-m`: what they compute is compared with vectors by QEMU, and what they cost is measured.

mod elf;

use crate::{
    bare_metal,
    run::{cargo, command, root, run, target},
    tools,
};
pub(crate) use elf::Memory;
use std::fs;

const TARGET: &str = "thumbv7em-none-eabi";

/// What every program has beside what it shows.
const EMPTY: &str = "empty";

/// A program, whether it allocates, and what it may add to the flash of the empty one, in bytes: three percent more than was
/// measured last.
const PROGRAMS: [(&str, bool, usize); 4] = [
    ("token", false, 16_300),
    ("connection_string", true, 48_200),
    ("device_mode", true, 81_400),
    ("registration", true, 138_800),
];

/// Builds the programs, runs each, and shows what each costs.
pub(crate) fn cortex_m() -> Result<(), String> {
    bare_metal::provide(TARGET)?;
    provide_qemu()?;
    build(&["--bin", EMPTY, "--bin", "token"])?;
    let alloc: Vec<&str> =
        PROGRAMS.iter().filter(|program| program.1).flat_map(|program| ["--bin", program.0]).collect();
    build(&[&["--features", "alloc"], alloc.as_slice()].concat())?;

    let (empty, _) = measure(EMPTY)?;
    let measured = PROGRAMS.map(|(program, _, limit)| Ok((program, limit, measure(program)?)));
    show(empty, measured.into_iter().collect::<Result<Vec<_>, String>>()?)
}

pub(crate) fn provide_qemu() -> Result<(), String> {
    if tools::works("qemu-system-arm", &["--version"]) { Ok(()) } else { tools::install(&["qemu-system-arm"]) }
}

/// What a program takes, and what it said.
pub(crate) type Measured = (Memory, String);

/// Shows what each program costs more than the empty one, which must not be more than its limit.
pub(crate) fn show(empty: Memory, programs: Vec<(&str, usize, Measured)>) -> Result<(), String> {
    let titles = ["flash", "added", "limit", "ram", "heap", "stack"].map(|title| format!("{title:>8}")).join(" ");
    let mut rows = vec![format!("{:<18} {titles}", "bytes")];
    let mut too_large = Vec::new();
    for (program, limit, (Memory { flash, ram }, said)) in programs {
        let added = flash.saturating_sub(empty.flash);
        let used = |name: &str| {
            let number = said.lines().find_map(|line| line.strip_prefix(name));
            number.map_or("none", str::trim).to_owned()
        };
        let (heap, stack) = (used("heap "), used("stack "));
        rows.push(format!("{program:<18} {flash:>8} {added:>8} {limit:>8} {ram:>8} {heap:>8} {stack:>8}"));
        if added > limit {
            too_large.push(program);
        }
    }
    println!("{}", rows.join("\n"));
    if too_large.is_empty() { Ok(()) } else { Err(format!("larger than their limit: {}", too_large.join(", "))) }
}

fn build(programs: &[&str]) -> Result<(), String> {
    let folder = folder();
    let with = ["build", "--release", "--target", TARGET, "--target-dir", &folder];
    let mut build = cargo(&[with.as_slice(), programs].concat());
    // Its configuration is read from there. Flags for programs of this machine are not for these.
    build.current_dir(root().join("examples/cortex-m")).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(build)
}

fn folder() -> String {
    root().join(target()).join("cortex-m").display().to_string()
}

/// The memory that a program takes, and what it says when it runs.
fn measure(program: &str) -> Result<Measured, String> {
    simulated(program, &format!("{}/{TARGET}/release/{program}", folder()))
}

/// The memory that the program in a file takes, and what it says when QEMU runs it.
pub(crate) fn simulated(program: &str, file: &str) -> Result<Measured, String> {
    let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let memory = elf::memory(&bytes).ok_or_else(|| format!("{file} is no program for a 32-bit processor"))?;
    // A program that does not end is ended.
    let machine = ["-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "none"];
    let qemu = [&["60", "qemu-system-arm"], machine.as_slice()].concat();
    let mut qemu = command("timeout", &qemu);
    let ran = qemu.args(["-semihosting-config", "enable=on,target=native", "-kernel", file]).output();
    let ran = ran.map_err(|error| format!("timeout: {error}"))?;
    // What is written to the host's console is on the second one.
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if ran.status.success() { Ok((memory, said)) } else { Err(format!("{program} in QEMU: {}\n{said}", ran.status)) }
}
