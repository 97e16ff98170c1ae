//! Commands that say what they are before they run.

use std::{
    path::PathBuf,
    process::{Command, ExitStatus},
};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// Where everything that is made goes.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command in the workspace's root.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Cargo, the one that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), arguments)
}

/// Runs a command to its end, which has to be a good one.
pub(crate) fn run(command: Command) -> Result<(), String> {
    let shown = shown(&command);
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}

/// Runs a command to its end, and says what that was.
pub(crate) fn status(mut command: Command) -> Result<ExitStatus, String> {
    let shown = shown(&command);
    println!("+ {shown}");
    command.status().map_err(|error| format!("{shown}: {error}"))
}

fn shown(command: &Command) -> String {
    format!("{command:?}").replace('"', "")
}
