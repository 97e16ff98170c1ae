//! Completions and manual pages of the command, as packages take them.

use crate::run::{cargo, target};
use std::{fs, path::Path};

/// The shells, and how each names the file of a command's completions.
const SHELLS: [(&str, &str); 3] = [("bash", "defenderauth"), ("zsh", "_defenderauth"), ("fish", "defenderauth.fish")];

/// Writes `completions/SHELL/` and `man/` into `target/command-docs`, the same bytes on every machine.
pub(crate) fn command_docs() -> Result<(), String> {
    let folder = target().join("command-docs");
    // A page of a former version must not stay.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    for (shell, name) in SHELLS {
        let script = defenderauth(&["completions", shell])?;
        write(&folder.join("completions").join(shell).join(name), &script)?;
    }
    let man = folder.join("man");
    defenderauth(&["man", &man.display().to_string()])?;
    println!("completions and manual pages are in {}", folder.display());
    Ok(())
}

fn write(file: &Path, contents: &[u8]) -> Result<(), String> {
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(file, contents)).map_err(|error| format!("{}: {error}", file.display()))
}

/// What the command prints.
fn defenderauth(arguments: &[&str]) -> Result<Vec<u8>, String> {
    let command = ["run", "--quiet", "--package", "defender-auth-cli", "--all-features", "--"];
    let output = cargo(&[&command, arguments].concat()).output().map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("defenderauth: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
