use crate::{
    bare_metal, features,
    run::{cargo, command, root, run, target},
    tools, windows,
};
use std::process::Command;

/// The version of cargo-deny that the project was checked with.
const DENY: &str = "0.20.2";

/// Every test, those that need programs of others included.
pub(crate) fn test() -> Result<(), String> {
    let python = tools::provide()?;
    // Without its features the library is another one.
    run(cargo(&["test", "--package", "defender-auth", "--lib", "--no-default-features"]))?;
    run(cargo(&[
        "test",
        "--package",
        "defender-auth-ffi",
        "--no-default-features",
        "--features",
        "std",
        "--test",
        "unsupported",
    ]))?;
    let mut all = cargo(&["test", "--workspace", "--all-features", "--no-fail-fast", "--", "--include-ignored"]);
    all.env("DEFENDER_AUTH_PYTHON", python);
    run(all)
}

/// What needs no test to be seen.
pub(crate) fn check() -> Result<(), String> {
    run(cargo(&["fmt", "--all", "--check"]))?;
    let lints = ["--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    run(cargo(&[&["clippy"], lints.as_slice()].concat()))?;
    features::check()?;
    bare_metal::where_possible()?;
    windows::lint_where_possible()?;
    run(documentation(&["--workspace", "--all-features", "--document-private-items"]))?;
    run(documentation(&["--package", "defender-auth", "--no-default-features"]))?;
    run(documentation(&["--package", "defender-auth"]))?;
    msrv()?;
    run(deny()?)
}

fn documentation(of: &[&str]) -> Command {
    let mut docs = cargo(&[&["doc", "--no-deps"], of].concat());
    docs.env("RUSTDOCFLAGS", "--deny warnings");
    docs
}

/// Compiles everything with the oldest compiler that is promised, where rustup has it. Elsewhere clippy's `msrv` lints
/// are all that there is, and that is said.
fn msrv() -> Result<(), String> {
    let manifest =
        std::fs::read_to_string(root().join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}"))?;
    let version = manifest.split_once("rust-version = \"").and_then(|(_, rest)| rest.split_once('"'));
    let (version, _) = version.ok_or("Cargo.toml has no rust-version")?;
    if !tools::works("rustup", &["run", version, "rustc", "--version"]) {
        println!("Rust {version} is not installed here: the minimum supported version was not compiled");
        return Ok(());
    }
    let check = ["run", version, "cargo", "check", "--workspace", "--all-features", "--target-dir"];
    let folder = target().join("msrv").display().to_string();
    run(command("rustup", &[check.as_slice(), &[&folder]].concat()))
}

fn deny() -> Result<Command, String> {
    let deny = tools::cargo_program("cargo-deny", DENY)?;
    Ok(command(&deny, &["deny", "--all-features", "check", "bans", "licenses", "sources"]))
}
