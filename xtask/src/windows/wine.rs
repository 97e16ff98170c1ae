//! A Windows of its own for the tests.

use super::GCC;
use crate::{
    folder,
    run::{command, root, run, target},
    tools,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// `ProcessPrng`, which std takes its randomness from, for versions of wine that do not have it.
const RANDOMNESS: &str = "\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count)
{
    return SystemFunction036(bytes, (ULONG)count);
}
";

/// Wine with a prefix below `target`. Its server ends with it.
pub(super) struct Wine {
    prefix: PathBuf,
}

impl Wine {
    pub(super) fn new() -> Result<Self, String> {
        let prefix = root().join(target()).join("wine");
        let this = Self { prefix };
        let system = this.prefix.join("drive_c/windows/system32");
        if !system.join("kernel32.dll").exists() {
            folder::empty(&this.prefix)?;
            run(this.command("wineboot", &["--init"]))?;
        }
        let library = system.join("bcryptprimitives.dll");
        if !library.exists() {
            let source = this.prefix.join("bcryptprimitives.c");
            fs::write(&source, RANDOMNESS).map_err(|error| format!("{}: {error}", source.display()))?;
            let mut compile = command(GCC, &["-shared", "-O2"]);
            compile.arg(&source).arg("-o").arg(&library).arg("-ladvapi32");
            run(compile)?;
        }
        Ok(this)
    }

    /// Its folder, as the variable `WINEPREFIX` has it.
    pub(super) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// A program of wine's or of Windows, in the workspace's root.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(program, arguments);
        command.env("WINEPREFIX", &self.prefix).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
        // Neither a display nor the parts that wine would offer to download.
        command.env_remove("DISPLAY").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
        command.stdin(Stdio::null());
        command
    }

    /// A program for Windows.
    pub(super) fn program(&self, program: &Path) -> Command {
        let mut command = self.command("wine", &[]);
        command.arg(program);
        command
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // The one of this prefix, with every program that still runs in it.
        if tools::works("wineserver", &["--version"]) {
            let _ = self.command("wineserver", &["--kill"]).status();
        }
    }
}
