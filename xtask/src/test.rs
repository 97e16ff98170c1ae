use crate::{
    run::{cargo, command, run},
    tools,
};
use std::process::Command;

/// The version of cargo-deny that the project was checked with.
const DENY: &str = "0.20.2";

/// Every test, those that need programs of others included.
pub(crate) fn test() -> Result<(), String> {
    let python = tools::provide()?;
    // Without its features the library is another one.
    run(cargo(&["test", "--package", "defender-auth", "--lib", "--no-default-features"]))?;
    run(cargo(&["test", "--package", "defender-auth-ffi", "--no-default-features", "--test", "unsupported"]))?;
    let mut all = cargo(&["test", "--workspace", "--all-features", "--no-fail-fast", "--", "--include-ignored"]);
    all.env("DEFENDER_AUTH_PYTHON", python);
    run(all)
}

/// What needs no test to be seen.
pub(crate) fn check() -> Result<(), String> {
    run(cargo(&["fmt", "--all", "--check"]))?;
    let lints = ["--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    run(cargo(&[&["clippy"], lints.as_slice()].concat()))?;
    run(cargo(&["clippy", "--package", "defender-auth", "--no-default-features", "--", "--deny", "warnings"]))?;
    let mut docs = cargo(&["doc", "--workspace", "--all-features", "--no-deps", "--document-private-items"]);
    docs.env("RUSTDOCFLAGS", "--deny warnings");
    run(docs)?;
    run(deny()?)
}

fn deny() -> Result<Command, String> {
    let deny = tools::cargo_program("cargo-deny", DENY)?;
    Ok(command(&deny, &["deny", "--all-features", "check", "bans", "licenses", "sources"]))
}
