use crate::{
    run::{command, run, target},
    tools,
};

/// The version of cargo-mutants that the project was checked with.
const MUTANTS: &str = "27.1.0";

/// All that is signed, read as an identity or a credential, accepted of a service or a TPM, or sent to one.
const FILES: [&str; 11] = [
    "src/connection_string/*.rs",
    "src/device_mode/*.rs",
    "src/dps/*.rs",
    "src/encode.rs",
    "src/flow.rs",
    "src/identity.rs",
    "src/key/*.rs",
    "src/retry.rs",
    "src/sas/*.rs",
    "src/time.rs",
    "src/tpm/*.rs",
];

/// Makes one small change of the library at a time, in those files or the given ones, and sees whether a test notices.
/// `.cargo/mutants.toml` names the tests, and the changes that are none.
pub(crate) fn mutants(files: &[String]) -> Result<(), String> {
    let program = tools::cargo_program("cargo-mutants", MUTANTS)?;
    let mut mutants = command(&program, &["mutants", "--package", "defender-auth", "--jobs", "2"]);
    let all = FILES.into_iter().filter(|_| files.is_empty());
    mutants.args(files.iter().map(String::as_str).chain(all).flat_map(|file| ["--file", file]));
    // Each of the two works in a copy, which has a target of its own.
    mutants.arg("--output").arg(target()).env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_DEV_DEBUG", "0");
    run(mutants)
}
