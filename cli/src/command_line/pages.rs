//! What is made of the command line's definition: completions for shells, and manual pages.

use crate::{
    system::platform::Platform,
    terminal::{failure::Failure, output},
};
use clap::{Args, Command};
use clap_complete::Shell;
use defender_auth::store::WriteError;
use std::{fs, path::PathBuf};

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct Man {
    /// The folder that the pages are written to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The help for completions, with the line that the shell of a system takes.
pub(crate) fn completing(platform: Platform) -> String {
    let line = platform.choose(
        "source <(defenderauth completions bash)",
        "defenderauth completions powershell | Out-String | Invoke-Expression",
    );
    format!("Print what completes the command in a shell: `{line}`")
}

/// Prints the completions of a shell.
pub(crate) fn completions(arguments: &Completions, mut program: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    let name = program.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut program, name, &mut script);
    output::text(&String::from_utf8_lossy(&script))
}

/// Writes a page for the program and for each of its subcommands.
pub(crate) fn man(arguments: &Man, program: Command) -> Result<(), Failure> {
    let written =
        fs::create_dir_all(&arguments.folder).and_then(|()| clap_mangen::generate_to(program, &arguments.folder));
    written.map_err(|error| Failure::Write(WriteError::new(&arguments.folder, &error).to_string()))
}
