//! The page of what the numbers of errors mean, as the command prints it.

use crate::{
    committed,
    run::{cargo, root},
};

/// Writes docs/errors.md, or with `--check` fails when the committed one differs.
pub(crate) fn errors(options: &[String]) -> Result<(), String> {
    let command = ["run", "--quiet", "--package", "defender-auth-cli", "--all-features", "--", "explain", "--markdown"];
    let output = cargo(&command).output().map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo run: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let page = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    committed::write_or_check(&root().join("docs").join("errors.md"), &page, "errors", options)
}
