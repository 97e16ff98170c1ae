mod alone;

use crate::{
    folder,
    run::{command, root, run, status, target},
    tools,
};
use std::path::Path;

/// The version of cargo-mutants that the project was checked with.
const MUTANTS: &str = "27.1.0";

/// All that is signed, read as an identity or a credential, accepted of a service or a TPM, or sent to one.
const FILES: [&str; 10] = [
    "signer/src/*.rs",
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

/// The packages that these files belong to, each judged by the tests of both.
const PACKAGES: [&str; 2] = ["defender-auth", "defender-auth-signer"];

/// What judges a change: which tests are built, and which of them are run.
struct Judge<'a> {
    built: &'a [&'a str],
    run: &'a [&'a str],
}

/// First the library's own tests, which are quick to build and kill most mutants, then those that see these files.
const LIBRARY: [Judge<'_>; 2] = [
    Judge { built: &["--lib"], run: &["--include-ignored"] },
    Judge {
        built: &[
            "--lib",
            "--test=agent",
            "--test=flows",
            "--test=secrets",
            "--test=signer",
            "--test=tpm",
            "--test=vectors",
        ],
        run: &["--include-ignored"],
    },
];

/// First all but the simulated months and sequences, which take half a minute.
const SESSION: [Judge<'_>; 2] = [
    Judge {
        built: &SESSION_TEST,
        run: &["--skip=months", "--skip=table_says", "--skip=any_pair", "--skip=any_sequence"],
    },
    Judge { built: &SESSION_TEST, run: &[] },
];

const SESSION_TEST: [&str; 3] = ["--test=session", "--no-default-features", "--features=std,session"];

/// What cargo-mutants ends with when mutants lived, and when tests of some did not end.
const LIVED: [i32; 2] = [2, 3];

/// Makes one small change at a time and sees whether a test notices: in the session if that is named, in the given files of
/// the library, or in all that [`FILES`] names and the session. `.cargo/mutants.toml` names the changes that are none.
pub(crate) fn mutants(files: &[String]) -> Result<(), String> {
    let session = || judged(&alone::session_alone()?, &["src/session/*.rs"], &SESSION);
    if files == ["session"] {
        return session();
    }
    if files.is_empty() {
        return judged(&root(), &FILES, &LIBRARY).and_then(|()| session());
    }
    judged(&root(), &files.iter().map(String::as_str).collect::<Vec<_>>(), &LIBRARY)
}

/// Judges each change in a workspace's files by the first of these, and what lives through that by the second.
fn judged(workspace: &Path, files: &[&str], judges: &[Judge<'_>; 2]) -> Result<(), String> {
    let program = tools::cargo_program("cargo-mutants", MUTANTS)?;
    let output = target().join("mutants.out");
    // Of another run: what died there would be passed over.
    folder::remove(&output)?;
    let pass = |judge: &Judge<'_>, more: &[&str]| {
        let mut mutants = command(&program, &["mutants", "--jobs", "2"]);
        mutants.args(PACKAGES.iter().flat_map(|package| ["--package", package, "--test-package", package]));
        mutants.arg("--dir").arg(workspace).args(files.iter().flat_map(|file| ["--file", file]));
        mutants.args(judge.built.iter().map(|argument| format!("--cargo-arg={argument}"))).args(more);
        // Each of the two works in a copy, which has a target of its own, and builds a change upon the one before.
        mutants.arg("--output").arg(target()).env_remove("CARGO_TARGET_DIR");
        mutants.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1");
        mutants.args(["--", "--"]).args(judge.run);
        mutants
    };
    let [first, second] = judges;
    match status(pass(first, &[]))? {
        status if status.success() => Ok(()),
        status if status.code().is_some_and(|code| LIVED.contains(&code)) => run(pass(second, &["--iterate"])),
        // The tests fail without any mutant, for example.
        status => Err(format!("cargo-mutants: {status}")),
    }
}
