//! A process of its own for each part, which does its work, says so, and waits to be searched.

use crate::ended::Ended;
use std::{
    env,
    io::{Read as _, Write as _, stdin, stdout},
    process::{Command, Stdio},
};

/// The variable that names what a process is to do.
pub(crate) const PART: &str = "DEFENDER_AUTH_MEMORY_PART";
/// The variable that names the folder with what it needs.
const FOLDER: &str = "DEFENDER_AUTH_MEMORY_FOLDER";

pub(crate) struct Agent(Ended);

impl Agent {
    /// Starts this program again for a part, and returns when its work is done.
    pub(crate) fn play(part: &str, folder: &str) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()).env_clear().env(PART, part).env(FOLDER, folder))
    }

    /// Starts a program, and returns when it has reported that its work is done.
    pub(crate) fn run(command: &mut Command) -> Self {
        let mut process = Ended(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        let mut word = [0; 4];
        let reported = process.0.stdout.as_mut().unwrap().read_exact(&mut word);
        assert!(reported.is_ok() && word == *b"done", "{command:?} failed");
        Self(process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.0.id()
    }
}

/// In the process itself: where its files are.
pub(crate) fn folder() -> String {
    env::var(FOLDER).unwrap()
}

/// In the process itself: everything is dropped.
pub(crate) fn wait_to_be_searched() {
    stdout().write_all(b"done").unwrap();
    stdout().flush().unwrap();
    // Until the other end is gone.
    let _ = stdin().read(&mut [0]);
}
