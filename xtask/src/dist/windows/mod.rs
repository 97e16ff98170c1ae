//! The installed library for Windows, as programs use it that know nothing of this tree. They run under wine.

mod consumers;
mod contents;
mod programs;

use super::{Choice, Standard, WINDOWS, made};
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

/// The compiler.
const GCC: &str = "x86_64-w64-mingw32-gcc";

/// Runs a program for Windows.
pub(crate) type Wine<'a> = &'a dyn Fn(&Path) -> Command;

/// An installation, and a folder for what is made with it.
struct Installed<'a> {
    prefix: PathBuf,
    scratch: PathBuf,
    wine: Wine<'a>,
}

/// A check, and what it is called in the report.
type Check = (&'static str, fn(&Installed<'_>) -> Result<(), String>);

const CHECKS: [Check; 14] = [
    ("the DLL exports the functions of the header and nothing else", contents::exports),
    ("the DLL needs what Windows has", contents::imports),
    ("the DLL is protected and has its version", contents::marks),
    ("in the static library nothing is visible but the interface", contents::visible),
    ("a program is linked by pkg-config, with the DLL and statically", consumers::pkg_config),
    ("programs are linked by CMake, with the DLL and statically", consumers::cmake),
    ("a program is linked with defenderauth.lib by GNU ld", consumers::lib),
    ("a program is linked with defenderauth.lib as by MSVC", consumers::msvc),
    ("the header compiles as every C and C++ of MinGW", consumers::header),
    ("the programs of ffi/tests/c", programs::tests),
    ("an example makes a token of a connection string, or an error", programs::token_of_connection_string),
    ("names of files are UTF-8", programs::names_of_files),
    ("an example goes through Device mode", programs::device_mode),
    ("a panic is a result, with the DLL and statically", programs::panic),
];

/// Installs the library and checks it. `each` is told how each check ended.
pub(crate) fn check_windows(wine: Wine<'_>, each: &mut dyn FnMut(&str, Result<(), String>)) -> Result<(), String> {
    provide()?;
    let folder = root().join(target()).join("windows");
    let installed = Installed { prefix: folder.join("root"), scratch: folder.join("programs"), wine };
    folder::empty(&installed.prefix)?;
    made(&Choice::below(&installed.prefix, Some(WINDOWS), "full", Standard::Given))?;
    for (name, check) in CHECKS {
        each(name, check(&installed));
    }
    Ok(())
}

fn provide() -> Result<(), String> {
    let programs = [(GCC, "gcc-mingw-w64-x86-64"), ("x86_64-w64-mingw32-g++", "g++-mingw-w64-x86-64")];
    let programs = programs.into_iter().chain(["clang", "cmake", "pkg-config"].map(|name| (name, name)));
    let missing: Vec<&str> =
        programs.filter(|(name, _)| !tools::works(name, &["--version"])).map(|(_, package)| package).collect();
    if missing.is_empty() { Ok(()) } else { tools::install(&missing) }
}

impl Installed<'_> {
    fn lib(&self, name: &str) -> PathBuf {
        self.prefix.join("lib").join(name)
    }

    fn dll(&self) -> PathBuf {
        self.prefix.join("bin/defenderauth.dll")
    }

    /// An empty folder.
    fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.scratch.join(name);
        folder::empty(&folder)?;
        Ok(folder)
    }

    /// The same with this program in it, and nothing else.
    fn source(&self, name: &str, file: &str, text: &str) -> Result<PathBuf, String> {
        let folder = self.folder(name)?;
        let path = folder.join(file);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(folder)
    }

    /// Compiles with MinGW, for this installation.
    fn compile(&self, folder: &Path, arguments: &[&str]) -> Result<(), String> {
        let mut compile = command(GCC, arguments);
        run({
            compile.current_dir(folder).arg(format!("-I{}", self.prefix.join("include").display()));
            compile
        })
    }

    /// What pkg-config says of this installation.
    fn flags(&self, options: &[&str]) -> Result<Vec<String>, String> {
        let mut flags = command("pkg-config", options);
        flags.args(["--cflags", "--libs", "defenderauth"]).env("PKG_CONFIG_LIBDIR", self.lib("pkgconfig"));
        let flags = flags.output().map_err(|error| format!("pkg-config: {error}"))?;
        let text = String::from_utf8_lossy(&flags.stdout);
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }

    /// Puts the DLL beside the programs of a folder, where Windows finds it.
    fn with_dll(&self, folder: &Path) -> Result<(), String> {
        fs::copy(self.dll(), folder.join("defenderauth.dll")).map(drop).map_err(|error| error.to_string())
    }

    /// Runs a program in its folder.
    fn run(&self, program: &Path, arguments: &[&str]) -> Result<Ended, String> {
        let mut command = (self.wine)(program);
        command.args(arguments).stdin(Stdio::null()).current_dir(program.parent().unwrap_or(program));
        let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        Ok(Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) })
    }
}

/// How a program ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// What it printed, after it must have succeeded.
    fn done(self) -> Result<String, String> {
        if self.code == Some(0) { Ok(self.out) } else { Err(format!("{self:?}")) }
    }

    /// It must have failed, with these words on standard error.
    fn failed(self, words: &str) -> Result<(), String> {
        if self.code == Some(1) && self.err.contains(words) { Ok(()) } else { Err(format!("no `{words}`: {self:?}")) }
    }
}

/// What a program prints, which has to end well.
fn output(program: &str, arguments: &[&str], file: &Path) -> Result<String, String> {
    let output = command(program, arguments).arg(file).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
