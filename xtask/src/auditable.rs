//! Programs and libraries that name the crates they were built from (in a section `.dep-v0`), so that `cargo audit bin` can look
//! for their known vulnerabilities.

use crate::{run::command, tools};
use std::process::Command;

/// The version of cargo-auditable that the project was checked with.
const AUDITABLE: &str = "0.7.7";

/// Cargo with these arguments, of which the first is `build` or `rustc`.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command, String> {
    let program = tools::cargo_program("cargo-auditable", AUDITABLE)?;
    Ok(command(&program, &[&["auditable"], arguments].concat()))
}
