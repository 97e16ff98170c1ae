//! The project's own tasks: `cargo xtask` lists them.

#![forbid(unsafe_code)]

mod abi;
mod auditable;
mod bare_metal;
mod cargo_c;
mod command_docs;
mod committed;
mod cortex_m;
mod coverage;
mod deb;
mod dist;
mod errors;
mod features;
mod folder;
mod fuzz;
mod header;
mod instructions;
mod mutants;
mod package;
mod platforms;
mod recipes;
mod recorded;
mod release;
mod reproducible;
mod rtos;
mod run;
mod sbom;
mod semver;
mod size;
mod soak;
mod test;
mod tools;
mod windows;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test            install what the tests need where that is allowed, then run every test
cargo xtask check           formatting, lints, every feature alone, documentation, dependencies
cargo xtask coverage        run every test on an instrumented build, then print how much of each module they ran
cargo xtask abi             write down what C programs rely on, in ffi/abi; with --check only see whether it changed
cargo xtask bare-metal      compile the core for processors without an operating system and without compare-and-swap
cargo xtask command-docs    write the command's shell completions and manual pages into target/command-docs
cargo xtask cargo-c         install the C library by cargo-c below target, and link a program with it (installs cargo-c)
cargo xtask cortex-m        run the programs of examples/cortex-m in QEMU and measure what they cost
cargo xtask deb             make the Debian packages in target/deb; with --install install, use and remove them in a clean root too
cargo xtask dist            build the C library and install it: --prefix DIR [--libdir DIR] [--destdir DIR] [--features sas|full|FEATURE,...] [--target TRIPLE] [--small] [--bare] [--auditable]
cargo xtask errors          write docs/errors.md, what the numbers of errors mean; with --check only see whether it is the one that is there
cargo xtask fuzz            fuzz every target, or those named: [--seconds N] [--jobs N] [--seed N] [TARGET...] (needs a C++ compiler)
cargo xtask header          make include/defenderauth.h of ffi/src; with --check only see whether it is the one that is there
cargo xtask instructions    count the instructions of one token (needs gdb)
cargo xtask mutants         change what signs, reads and sends in small ways and see that a test notices: [session | FILE...]; takes two hours, the session half of one
cargo xtask package         pack the crates as they are published, and build each from the packages alone; --list only packs and lists
cargo xtask platforms       build the command and the C library for other processors and run them in QEMU, and a static command: [TARGET...]
cargo xtask recipes         build by the recipe for Yocto and the port for vcpkg, with bitbake's parser and fetcher and with CMake: [yocto | vcpkg]
cargo xtask release         make every file of a release in one folder, in a clean clone: --dry-run [--here]
cargo xtask reproducible    build the C library in two folders and compare: [--windows] [--features sas|full|FEATURE,...]
cargo xtask rtos            run the C programs of ffi/examples/rtos, for a microcontroller, in QEMU and measure what they cost; --small builds core and alloc for size
cargo xtask semver          the interface against the last tagged version: [--baseline REVISION] (installs cargo-semver-checks)
cargo xtask size            measure the C library in every variant beside ffi/sizes.txt, and fail when one has grown by 3 %; --update records
cargo xtask soak            a small fleet at work among faults: --minutes N or --operations N, --seed N; with a TPM if swtpm is there
cargo xtask windows         build everything for Windows and run it under wine: [PACKAGE... | across | library | tpm]
";

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let options: Vec<String> = std::env::args().skip(2).collect();
    let done = match task.as_deref() {
        Some("test") => test::test(),
        Some("check") => test::check(),
        Some("coverage") => coverage::coverage(),
        Some("abi") => abi::abi(&options),
        Some("bare-metal") => bare_metal::bare_metal(),
        Some("command-docs") => command_docs::command_docs(),
        Some("cargo-c") => cargo_c::cargo_c(),
        Some("cortex-m") => cortex_m::cortex_m(),
        Some("deb") => deb::deb(&options),
        Some("dist") => dist::dist(&options),
        Some("errors") => errors::errors(&options),
        Some("fuzz") => fuzz::fuzz(&options),
        Some("header") => header::header(&options),
        Some("instructions") => instructions::count(),
        Some("mutants") => mutants::mutants(&options),
        Some("package") => package::package(&options),
        Some("platforms") => platforms::platforms(&options),
        Some("recipes") => recipes::recipes(&options),
        Some("release") => release::release(&options),
        Some("reproducible") => reproducible::reproducible(&options),
        Some("rtos") => rtos::rtos(&options),
        Some("semver") => semver::semver(&options),
        Some("size") => size::size(&options),
        Some("soak") => soak::soak(&options),
        Some("windows") => windows::windows(&options),
        Some("help" | "--help" | "-h") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("there is no task `{other}`\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
