//! Drafts that other runs have left, or still need.

use crate::{
    ended::Ended,
    support::place::{OLD, Place},
};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

/// Names as drafts have them.
const ABANDONED: &str = ".string.txt.00000000deadbeef";
const LIVE: &str = ".string.txt.00000000cafe0000";

/// The lock of a file, as a running command holds it; until its input ends. Another container holds it in the same way:
/// locks are the kernel's, process IDs are the container's.
fn locked(path: &str) -> Ended {
    let script = "flock --exclusive 9; echo locked; read -r end";
    let mut shell = Command::new("unshare");
    shell.args([
        "--pid",
        "--fork",
        "--kill-child",
        "--map-root-user",
        "sh",
        "-c",
        &format!("exec 9<'{path}'; {script}"),
    ]);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "locked\n");
    Ended(shell)
}

#[test]
#[ignore = "needs unshare and flock"]
fn a_draft_of_a_killed_run_is_removed_and_one_of_another_container_is_not() {
    let place = Place::new();
    let others = [".string.txt.bak", ".other.txt.1", ".string.txt.17", ".string.txt.00000000DEADBEEg"];
    for name in [ABANDONED, LIVE].iter().chain(&others) {
        place.folder.write(name, "draft");
    }
    let _running = locked(&place.folder.path(LIVE));
    place.write().done();
    let mut names = place.names();
    names.sort();
    let mut left = [&others[..], &[LIVE, "string.txt"]].concat();
    left.sort_unstable();
    assert_eq!(names, left);
}

/// The old file under another name, as a run keeps it that replaces two files.
#[test]
#[ignore = "needs unshare and flock"]
fn an_old_file_that_a_running_command_may_still_restore_is_not_removed() {
    let place = Place::new();
    let [kept, abandoned] = [LIVE, ABANDONED].map(|name| format!("{name}.old"));
    place.folder.write(LIVE, "draft");
    place.folder.write(&kept, "old");
    place.folder.write(&abandoned, "old");
    let running = locked(&place.folder.path(LIVE));
    place.write().done();
    let mut names = place.names();
    names.sort();
    assert_eq!(names, [LIVE, &kept, "string.txt"]);
    drop(running);
    // Until that process has ended.
    assert!(Command::new("flock").args([&place.folder.path(LIVE), "true"]).status().unwrap().success());
    place.is_repaired_by_another_run();
}

/// A pipe is opened only when its other end is, and a link leads elsewhere.
#[test]
fn a_pipe_or_a_link_with_the_name_of_a_draft_is_ignored() {
    let place = Place::new();
    let elsewhere = place.registrar.site.scratch.write("elsewhere", OLD);
    assert!(Command::new("mkfifo").arg(place.folder.path(ABANDONED)).status().unwrap().success());
    symlink(&elsewhere, place.folder.path(LIVE)).unwrap();
    place.write().done();
    assert_eq!((place.names().len(), fs::read_to_string(elsewhere).unwrap()), (3, OLD.into()));
}
