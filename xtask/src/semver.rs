//! The library's interface against the last version that was tagged.

use crate::{
    run::{command, run},
    tools,
};

/// The version of cargo-semver-checks that the project was checked with.
const SEMVER_CHECKS: &str = "0.51.0";

/// Fails where a change of the interface requires another version than the manifest has.
pub(crate) fn semver(options: &[String]) -> Result<(), String> {
    let baseline = match options {
        [] => last_tag()?,
        [name, revision] if name == "--baseline" => revision.clone(),
        _ => return Err("usage: cargo xtask semver [--baseline REVISION]".into()),
    };
    let program = tools::cargo_program("cargo-semver-checks", SEMVER_CHECKS)?;
    let check = ["semver-checks", "--package", "defender-auth", "--all-features", "--baseline-rev", &baseline];
    run(command(&program, &check))
}

fn last_tag() -> Result<String, String> {
    let describe = ["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"];
    let output = command("git", &describe).output().map_err(|error| format!("git: {error}"))?;
    let tag = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if tag.is_empty() { Err("no version is tagged; name a revision: --baseline REVISION".into()) } else { Ok(tag) }
}
