//! Completions and manual pages of the command, as packages take them.

use crate::{
    folder,
    run::{cargo, target},
};
use std::{fs, path::Path, process::Command};

/// The shells, and how each names the file of a command's completions.
const SHELLS: [(&str, &str); 3] = [("bash", "defenderauth"), ("zsh", "_defenderauth"), ("fish", "defenderauth.fish")];

/// Writes `completions/SHELL/` and `man/` into `target/command-docs`, the same bytes on every machine.
pub(crate) fn command_docs() -> Result<(), String> {
    let folder = target().join("command-docs");
    // A page of a former version must not stay.
    folder::remove(&folder)?;
    let build = ["run", "--quiet", "--package", "defender-auth-cli", "--all-features", "--"];
    write_from(&folder, || cargo(&build))?;
    println!("completions and manual pages are in {}", folder.display());
    Ok(())
}

/// Writes them into a folder, as this build of the command prints them.
pub(crate) fn write_from(folder: &Path, program: impl Fn() -> Command) -> Result<(), String> {
    for (shell, name) in SHELLS {
        let script = printed(program(), &["completions", shell])?;
        write(&folder.join("completions").join(shell).join(name), &script)?;
    }
    let man = folder.join("man");
    printed(program(), &["man", &man.display().to_string()])?;
    Ok(())
}

fn write(file: &Path, contents: &[u8]) -> Result<(), String> {
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(file, contents)).map_err(|error| format!("{}: {error}", file.display()))
}

/// What the command prints.
fn printed(mut program: Command, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = program.args(arguments).output().map_err(|error| format!("defenderauth: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("defenderauth: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
