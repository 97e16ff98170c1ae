//! Programs in C, linked with the library of this test build.
#![allow(dead_code, reason = "no test file needs all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::scratch::Scratch;
use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const FFI: &str = env!("CARGO_MANIFEST_DIR");

/// Warnings that are errors in every program here.
const WARNINGS: [&str; 5] = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with the library under all of its names, and space for programs.
pub(crate) struct Bench {
    pub(crate) scratch: Scratch,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        // Cargo puts it next to the tests.
        let library = env::current_exe().unwrap().with_file_name("libdefenderauth.so");
        assert!(library.is_file(), "there is no {}", library.display());
        fs::create_dir(scratch.path("lib")).unwrap();
        for name in ["lib/libdefenderauth.so", "lib/libdefenderauth.so.0"] {
            symlink(&library, scratch.path(name)).unwrap();
        }
        Self { scratch }
    }

    /// Builds a program of files below `ffi/`. Options to link other libraries follow the files.
    #[track_caller]
    pub(crate) fn build(&self, name: &str, sources: &[&str], options: &[&str]) -> PathBuf {
        let program = self.scratch.path(name);
        let mut command = Command::new("cc");
        command.args(WARNINGS).args(["-pthread", "-g", "-O1", "-o", &program]);
        command.args(["-I", &format!("{FFI}/../include"), "-I", &format!("{FFI}/examples")]);
        command.args(sources.iter().map(|source| format!("{FFI}/{source}")));
        command.args(["-L", &self.scratch.path("lib"), "-ldefenderauth"]).args(options);
        let run = ended(&command.output().unwrap());
        assert!(run.code == Some(0) && run.err.is_empty(), "{command:?}: {run:?}");
        program.into()
    }

    /// A command that finds the library.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env("LD_LIBRARY_PATH", self.scratch.path("lib"));
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Run {
        run(self.command(program).args(arguments))
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    ended(&command.output().unwrap())
}

fn ended(output: &Output) -> Run {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

impl Run {
    /// Its output, after it must have succeeded.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// It must have ended with this status, and with these words on standard error.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, words: &[&str]) {
        assert!(self.code == Some(code) && self.out.is_empty(), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {self:?}");
        }
    }
}
