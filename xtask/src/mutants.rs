use crate::{
    run::{command, run, status, target},
    tools,
};
use std::fs;

/// The version of cargo-mutants that the project was checked with.
const MUTANTS: &str = "27.1.0";

/// All that is signed, read as an identity or a credential, accepted of a service or a TPM, or sent to one.
const FILES: [&str; 9] = [
    "src/adapters/tpm/*.rs",
    "src/base/encode.rs",
    "src/base/time.rs",
    "src/base/wait.rs",
    "src/connection_string/*.rs",
    "src/flow/**/*.rs",
    "src/identity/*.rs",
    "src/key/*.rs",
    "src/sas/*.rs",
];

/// The library's own tests are quick to build, and kill most mutants.
const QUICK: [&str; 1] = ["--lib"];

/// The tests that see these files.
const ALL: [&str; 7] =
    ["--lib", "--test=agent", "--test=flows", "--test=secrets", "--test=signer", "--test=tpm", "--test=vectors"];

/// What cargo-mutants ends with when mutants lived, and when tests of some did not end.
const LIVED: [i32; 2] = [2, 3];

/// Makes one small change of the library at a time, in those files or the given ones, and sees whether a test notices:
/// first one of the library's own, then, for what lived through these, any. `.cargo/mutants.toml` names the changes that
/// are none.
pub(crate) fn mutants(files: &[String]) -> Result<(), String> {
    let program = tools::cargo_program("cargo-mutants", MUTANTS)?;
    let output = target().join("mutants.out");
    // Of another run: what died there would be passed over.
    if output.exists() {
        fs::remove_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    }
    let pass = |tests: &[&str], more: &[&str]| {
        let mut mutants = command(&program, &["mutants", "--package", "defender-auth", "--jobs", "2"]);
        let all = FILES.into_iter().filter(|_| files.is_empty());
        mutants.args(files.iter().map(String::as_str).chain(all).flat_map(|file| ["--file", file]));
        mutants.args(tests.iter().map(|test| format!("--cargo-arg={test}"))).args(more);
        // Each of the two works in a copy, which has a target of its own.
        mutants.arg("--output").arg(target()).env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_DEV_DEBUG", "0");
        mutants.args(["--", "--", "--include-ignored"]);
        mutants
    };
    match status(pass(&QUICK, &[]))? {
        status if status.success() => Ok(()),
        status if status.code().is_some_and(|code| LIVED.contains(&code)) => run(pass(&ALL, &["--iterate"])),
        // The tests fail without any mutant, for example.
        status => Err(format!("cargo-mutants: {status}")),
    }
}
