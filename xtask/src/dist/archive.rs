//! The static library as one object, in which nothing is visible but the interface.
//!
//! As cargo makes it, it contains the standard library with names that every other static library of Rust has too, and a program
//! cannot be linked with two of them.

use super::{Choice, build::Built};
use crate::run::{command, run};
use std::{fs, path::Path, process::Command};

/// What stays visible: the interface, and the references to the routine of unwinding, of which a program keeps one.
const VISIBLE: [&str; 2] = ["defenderauth_*", "DW.ref.*"];

/// On bare metal the library brings these, weakly: a program that has its own keeps one of each.
const MEMORY: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// Sections that no linker needs. Where binutils load a plug-in of LLVM, that takes the object for one of its own because of them.
const BITCODE: [&str; 2] = [".llvmbc", ".llvmcmd"];

/// Makes it at `archive`.
pub(super) fn archive(choice: &Choice, built: &Built, archive: &Path) -> Result<(), String> {
    // Its own, because several may be installed at once.
    let scratch = built.fixed.with_file_name(format!("archive-{}", std::process::id()));
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let done = join(choice, built, &scratch, archive);
    fs::remove_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    done
}

fn join(choice: &Choice, built: &Built, scratch: &Path, archive: &Path) -> Result<(), String> {
    let place = |name: &str| scratch.join(name).display().to_string();
    let (joined, object) = (place("joined.o"), place("defenderauth.o"));

    let mut linker = choice.tool("ld");
    linker.args(["-r", "--gc-sections", "-z", "noexecstack", "-o", &joined]);
    // In a file, because they are hundreds.
    let names = exported(choice, built)?;
    let wanted: String = names.iter().flat_map(|name| ["--undefined=", name, "\n"]).collect();
    let options = place("options");
    fs::write(&options, wanted).map_err(|error| format!("{options}: {error}"))?;
    linker.arg(format!("@{options}"));
    linker.arg("--whole-archive").arg(&built.fixed);
    run(linker)?;

    let mut hide = choice.tool("objcopy");
    hide.args(["--wildcard", "--strip-debug"]);
    hide.args(BITCODE.iter().flat_map(|section| ["--remove-section", section]));
    let memory: &[&str] = if built.shared.is_none() { &MEMORY } else { &[] };
    hide.args(VISIBLE.iter().chain(memory).flat_map(|name| ["--keep-global-symbol", name]));
    hide.args([&joined, &object]);
    run(hide)?;

    if archive.exists() {
        fs::remove_file(archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    }
    // Without times and users, so that two builds are the same.
    let mut ar = choice.tool("ar");
    ar.arg("rcsD").args([archive, Path::new(&object)]);
    run(ar)
}

/// The functions of the interface, as the shared library exports them; or the static one where it is the only one.
fn exported(choice: &Choice, built: &Built) -> Result<Vec<String>, String> {
    let (of, library) = match &built.shared {
        Some(shared) => ("--dynamic", shared),
        None => ("--extern-only", &built.fixed),
    };
    let output = choice.tool("nm").args([of, "--defined-only"]).arg(library).output();
    let output = output.map_err(|error| format!("nm: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let names =
        text.lines().filter_map(|line| line.split_whitespace().nth(2)).filter(|name| name.starts_with("defenderauth_"));
    let names: Vec<String> = names.map(|name| name.split('@').next().unwrap_or(name).to_owned()).collect();
    if names.is_empty() { Err(format!("{}: it exports no functions", library.display())) } else { Ok(names) }
}

impl Choice {
    /// A program of binutils for the target: with the prefix that `CROSS_COMPILE` names, else the one that Debian gives it.
    pub(super) fn tool(&self, name: &str) -> Command {
        let target = self.target.clone().or_else(|| std::env::var("CARGO_BUILD_TARGET").ok());
        let prefix =
            std::env::var("CROSS_COMPILE").unwrap_or_else(|_| target.map_or_else(String::new, |it| prefix(&it)));
        command(&format!("{prefix}{name}"), &[])
    }
}

/// `aarch64-unknown-linux-gnu` has its tools under `aarch64-linux-gnu-`.
fn prefix(target: &str) -> String {
    if target.contains("-none") {
        let arch = if target.starts_with("riscv") { "riscv64-unknown-elf-" } else { "arm-none-eabi-" };
        return if target.starts_with(std::env::consts::ARCH) { String::new() } else { arch.to_owned() };
    }
    let mut parts = target.split('-');
    let arch = match parts.next().unwrap_or_default() {
        own if own == std::env::consts::ARCH => return String::new(),
        "riscv64gc" => "riscv64",
        arm if arm.starts_with("armv7") => "arm",
        other => other,
    };
    let system = parts.next_back().unwrap_or("gnu").replace("musl", "gnu");
    format!("{arch}-linux-{system}-")
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn tools_of_other_targets_have_the_names_that_debian_gives_them() {
        assert_eq!(prefix(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH)), "");
        for (target, expected) in [
            ("s390x-unknown-linux-gnu", "s390x-linux-gnu-"),
            ("armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf-"),
            ("armv7-unknown-linux-musleabihf", "arm-linux-gnueabihf-"),
            ("riscv64gc-unknown-linux-gnu", "riscv64-linux-gnu-"),
            ("thumbv7em-none-eabihf", "arm-none-eabi-"),
            ("riscv32imc-unknown-none-elf", "riscv64-unknown-elf-"),
        ] {
            assert_eq!(prefix(target), expected);
        }
    }
}
