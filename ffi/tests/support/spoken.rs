//! Agents in C that print a line for each thing that happens, and their clock.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use crate::{compiled::Bench, ended::Ended};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// The longest wait for a line: none takes half as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run of a program.
pub(crate) struct Agent {
    pub(crate) process: Ended,
    lines: Receiver<String>,
    pub(crate) all: Vec<String>,
}

impl Agent {
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // It ends with the program's output.
        thread::spawn(move || stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        Self { process: Ended(child), lines, all: Vec::new() }
    }

    /// The next line that begins with the first of these words and contains the others, in their order.
    #[track_caller]
    pub(crate) fn says(&mut self, words: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("no {words:?} after {:#?}", self.all) };
            self.all.push(line.clone());
            let rest = words.iter().try_fold(&*line, |rest, word| rest.split_once(word).map(|(_, rest)| rest));
            if rest.is_some() && words.first().is_some_and(|word| line.starts_with(word)) {
                return line;
            }
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.0.kill();
        let _ = self.process.0.wait();
        // What the library of the clock leaves of a killed process stops another one with its number.
        let id = self.process.0.id();
        for name in [format!("faketime_shm_{id}"), format!("sem.faketime_sem_{id}")] {
            let _ = fs::remove_file(format!("/dev/shm/{name}"));
        }
    }
}

/// The wall clock of a program, which can be set while it runs.
pub(crate) struct Clock {
    preloaded: PathBuf,
    file: String,
}

impl Clock {
    pub(crate) fn new(bench: &Bench) -> Self {
        let folders = fs::read_dir("/usr/lib").unwrap().map(|folder| folder.unwrap().path());
        let preloaded =
            folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|library| library.is_file());
        let preloaded = preloaded.unwrap_or_else(|| panic!("there is no libfaketime below /usr/lib"));
        Self { preloaded, file: bench.scratch.write("clock", "+0") }
    }

    pub(crate) fn of<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", &self.preloaded).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.envs([("FAKETIME_NO_CACHE", "1"), ("DONT_FAKE_MONOTONIC", "1")])
    }

    /// Such as `+3h`, complete whenever the program reads it.
    pub(crate) fn set(&self, offset: &str) {
        let new = format!("{}.new", self.file);
        fs::write(&new, offset).unwrap();
        fs::rename(new, &self.file).unwrap();
    }
}
