//! How much of the code the tests run, module by module.

mod lcov;
mod llvm;
mod product;

use crate::{
    run::{command, root, run, target},
    tools,
};
use lcov::{Covered, Source};
use llvm::{Llvm, llvm};
use std::{collections::BTreeMap, fs, process::Command};

/// The version of cargo-llvm-cov that the project was measured with.
const LLVM_COV: &str = "0.9.1";

/// All but xtask, whose tests build a whole release of the library and run none of it.
const PACKAGES: [&str; 7] = [
    "--package=defender-auth",
    "--package=defender-auth-cli",
    "--package=defender-auth-emulator",
    "--package=defender-auth-ffi",
    "--package=defender-auth-lanes",
    "--package=defender-auth-mqtt",
    "--package=defender-auth-signer",
];

/// The library's parsers and state machines: what reads the words of others, and what decides on the next step.
const READERS: [&str; 12] = [
    "adapters/agent",
    "adapters/tpm",
    "adapters/x509",
    "base",
    "connection_string",
    "credential",
    "flow",
    "identity",
    "key",
    "mqtt",
    "sas",
    "twin",
];

/// What share of a reader's lines the tests have to run, in percent.
const LEAST: usize = 95;

/// Runs every test on an instrumented build, and prints what it ran.
pub(crate) fn coverage() -> Result<(), String> {
    let python = tools::provide()?;
    let (llvm, program) = (llvm()?, tools::cargo_program("cargo-llvm-cov", LLVM_COV)?);
    // What older builds ran would be counted with it.
    run(llvm_cov(&program, &llvm, &["clean", "--workspace"]))?;
    let mut all = llvm_cov(&program, &llvm, &["--all-features", "--branch", "--no-report", "--no-fail-fast"]);
    all.args(PACKAGES).args(["--", "--include-ignored"]).env("DEFENDER_AUTH_PYTHON", python);
    let tests = run(all);
    // A test that failed makes the figures no less readable.
    let shown = report(&program, &llvm).and_then(|sources| show(&sources));
    tests.and(shown)
}

/// What the tests have run.
fn report(program: &str, llvm: &Llvm) -> Result<Vec<Source>, String> {
    let file = root().join(target()).join("coverage.lcov");
    let path = file.display().to_string();
    let mut export = llvm_cov(program, llvm, &["report", "--branch", "--lcov", "--output-path", &path]);
    export.args(PACKAGES);
    run(export)?;
    let text = fs::read_to_string(&file).map_err(|error| format!("{path}: {error}"))?;
    product::only(lcov::read(&text, &root())?, &root())
}

/// Branches are counted by nightly compilers alone, and by this one if it is told to be one. Counts bring their own
/// line numbers, so that nothing for debuggers is needed.
fn llvm_cov(program: &str, llvm: &Llvm, arguments: &[&str]) -> Command {
    let mut command = command(program, &["llvm-cov"]);
    command.args(arguments).env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("LLVM_COV", &llvm.cov).env("LLVM_PROFDATA", &llvm.profdata);
    command
}

/// The layer or adapter of the library, or the crate of the workspace, that a file belongs to: `src/sas`,
/// `src/adapters/tpm` or `cli`.
fn part(path: &str) -> &str {
    let depth = match path.strip_prefix("src/") {
        Some(inside) if inside.starts_with("adapters/") => 3,
        Some(_) => 2,
        None => 1,
    };
    let end = path.match_indices('/').nth(depth - 1).map_or(path.len(), |(at, _)| at);
    let part = path.get(..end).unwrap_or(path);
    part.strip_suffix(".rs").unwrap_or(part)
}

fn is_reader(part: &str) -> bool {
    part.strip_prefix("src/").is_some_and(|module| READERS.contains(&module))
}

fn show(sources: &[Source]) -> Result<(), String> {
    let mut parts: BTreeMap<&str, (Covered, Covered)> = BTreeMap::new();
    for source in sources {
        let (lines, branches) = parts.entry(part(&source.path)).or_default();
        *lines += source.lines();
        *branches += source.branches();
    }
    println!("{:24}{:>22}{:>22}", "", "lines", "branches");
    // The library first.
    for library in [true, false] {
        for (part, (lines, branches)) in parts.iter().filter(|(part, _)| part.starts_with("src/") == library) {
            println!("{part:24}{lines:>22}{branches:>22}");
        }
    }
    println!("\nNot counted: test modules, tests/, examples/, benches/, xtask, documentation's examples.");
    println!("Lines of parsers and state machines that no test runs:");
    for source in sources.iter().filter(|source| is_reader(part(&source.path)) && !source.missed().is_empty()) {
        println!("{}: {}", source.path, source.missed().join(", "));
    }
    let short = parts.iter().filter(|(part, (lines, _))| is_reader(part) && !lines.reaches(LEAST));
    let short: Vec<&str> = short.map(|(part, _)| *part).collect();
    if short.is_empty() { Ok(()) } else { Err(format!("under {LEAST} % of lines: {}", short.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_its_layer_adapter_or_crate() {
        for (path, belongs) in [
            ("src/sas/token.rs", "src/sas"),
            ("src/flow/dps/message.rs", "src/flow"),
            ("src/adapters/tpm/keys.rs", "src/adapters/tpm"),
            ("src/adapters/open_files.rs", "src/adapters/open_files"),
            ("src/lib.rs", "src/lib"),
            ("cli/src/main.rs", "cli"),
        ] {
            assert_eq!(part(path), belongs);
        }
        assert!(is_reader(part("src/adapters/x509/pem.rs")) && !is_reader(part("src/adapters/https/client.rs")));
    }
}
