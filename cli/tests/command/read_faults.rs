//! What can be in the place of a file that is read, and what can happen to it meanwhile. The command names it and ends;
//! when the file is back, it succeeds.

use crate::support::{Run, Scratch, defenderauth, device, run, started_by};
use std::{
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
};

/// Every way to give a file: what is said of it does not depend on what it is for.
fn each_reader(path: &str, test: impl Fn(Run)) {
    let key = ["derive-key", "--group-key-file", path, "dev-01"];
    let certificate = ["certificate", "check", "--chain", path];
    let roots = ["authenticate", "-", "--connect", "--ca-file", path];
    for arguments in [&["inspect", path][..], &["authenticate", path], &key, &certificate, &roots] {
        test(defenderauth(arguments, device()));
    }
}

#[test]
fn what_is_no_file_is_named_and_not_waited_for() {
    let scratch = Scratch::new();
    let [pipe, socket, link, looped, nowhere] =
        ["pipe", "socket", "link", "loop", "nowhere"].map(|name| scratch.path(name));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _listener = UnixListener::bind(&socket).unwrap();
    symlink("/dev/zero", &link).unwrap();
    symlink(&looped, &looped).unwrap();
    symlink("gone", &nowhere).unwrap();
    for path in [&pipe, &socket, &link] {
        each_reader(path, |run| drop(run.failed(2, &[path, "it is not a regular file"])));
    }
    each_reader(&nowhere, |run| drop(run.failed(2, &[&nowhere, "there is no such file"])));
    each_reader(&looped, |run| drop(run.failed(2, &[&looped, "symbolic links"])));
}

/// `strace` has the system answer so when it is asked about the file.
fn injected(path: &str, inject: &str) -> Run {
    let inject = format!("inject={inject}");
    let quiet = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-P", path, "-e", &inject];
    run(started_by(&quiet, &["inspect".into(), path.into()]), b"")
}

#[test]
#[ignore = "needs strace"]
fn a_file_that_is_gone_when_it_is_opened_or_cannot_be_read_is_named() {
    let scratch = Scratch::new();
    let path = scratch.write("connection_string.txt", device());
    for (inject, words) in [
        ("/^openat:error=ENOENT:when=1", "there is no such file"),
        ("/^openat:error=EACCES:when=1", "no permission to read it"),
        ("/^openat:error=EMFILE:when=1", "too many files are open"),
        ("/^openat:error=ENFILE:when=1", "too many files are open"),
        ("/^openat:error=EIO:when=1", "check the disk and the file system"),
        ("/^read:error=EIO:when=1", "check the disk and the file system"),
        ("/^read:error=EISDIR:when=1", "it is not a regular file"),
    ] {
        injected(&path, inject).failed(2, &[&path, words]);
        defenderauth(&["inspect", &path], "").done();
    }
    // A signal in between is no failure.
    injected(&path, "/^read:error=EINTR:when=1").done();
}

/// Whoever writes it has not finished: it is refused, or the key is said to be short. With 16 bytes or more it is as long
/// as a key may be.
#[test]
fn a_file_that_is_half_written_does_not_pass_for_a_whole_one() {
    let scratch = Scratch::new();
    let text = device();
    for end in 0..text.len() - 24 {
        let path = scratch.write("connection_string.txt", &text[..end]);
        let run = defenderauth(&["inspect", &path], "");
        match run.code {
            0 => assert!(run.out.contains("check that it is whole") || run.out.contains("lacks the `=`"), "{run:?}"),
            _ => drop(run.failed(2, &[&path])),
        }
    }
    let path = scratch.write("connection_string.txt", &text);
    defenderauth(&["inspect", &path], "").done();
}
