//! What can be in the place of a file that is read, and what can happen to it meanwhile. The command names it and ends;
//! when the file is back, it succeeds.

#[cfg(unix)]
use crate::support::{KEY, Run, run, started_by};
use crate::support::{Scratch, defenderauth, device};
#[cfg(unix)]
use std::{
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
};

/// Every way to give a file: what is said of it does not depend on what it is for.
#[cfg(unix)]
fn each_reader(path: &str, test: impl Fn(Run)) {
    let key = ["derive-key", "--group-key-file", path, "dev-01"];
    let certificate = ["certificate", "check", "--cert-file", path];
    let roots = ["authenticate", "-", "--connect", "--ca-file", path];
    for arguments in [&["inspect", path][..], &["authenticate", path], &key, &certificate, &roots] {
        test(defenderauth(arguments, device()));
    }
}

#[cfg(unix)]
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
#[cfg(unix)]
fn injected(path: &str, inject: &str) -> Run {
    let inject = format!("inject={inject}");
    let quiet = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-P", path, "-e", &inject];
    run(started_by(&quiet, &["inspect".into(), path.into()]), b"")
}

#[cfg(unix)]
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

/// A name that would paint a second, false error.
#[cfg(unix)]
const STEERING: &str = "esc\u{1b}[31mred\nerror: \u{202e}fake é";
#[cfg(unix)]
const SHOWN: &str = r"esc\u{1b}[31mred\nerror: \u{202e}fake é";

#[cfg(unix)]
#[test]
fn a_name_with_control_characters_stays_on_one_line() {
    let scratch = Scratch::new();
    let path = scratch.path(STEERING);
    let is_one_line = |run: &Run| {
        assert!(run.err.contains(SHOWN), "{run:?}");
        assert_eq!(run.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{run:?}");
        assert!(!run.err.contains(['\u{1b}', '\u{202e}']), "{run:?}");
    };
    each_reader(&path, |run| is_one_line(&run.failed(2, &["there is no such file"])));
    // What the command says itself.
    std::fs::create_dir(&path).unwrap();
    let key = scratch.write("key", KEY);
    let derive = ["derive-key", "--group-key-file", &key, "--out", &path, "dev-01"];
    is_one_line(&defenderauth(&derive, "").failed(2, &["cannot be written"]));
}

#[cfg(unix)]
#[test]
fn a_warning_and_a_note_about_such_a_name_are_one_line_each() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    let scratch = Scratch::new();
    let path = scratch.write(STEERING, device());
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let service = "HostName=contoso.azure-devices.net;SharedAccessKeyName=service;SharedAccessKey=";
    let text = format!("{service}{KEY}");
    for text in [device(), text] {
        std::fs::write(&path, text).unwrap();
        let run = defenderauth(&["inspect", &path], "").done();
        let note = run.out.lines().find(|line| line.starts_with("note ")).unwrap_or_else(|| panic!("{run:?}"));
        assert!(note.contains(SHOWN) && note.contains("chmod o-rwx"), "{run:?}");
        assert!(!run.out.contains(['\u{1b}', '\u{202e}']), "{run:?}");
    }
}

#[cfg(unix)]
#[test]
fn standard_input_is_advised_only_where_it_is_accepted() {
    let scratch = Scratch::new();
    let pipe = scratch.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let key = scratch.write("key", KEY);
    let advice = "give a regular file, or `-` for standard input (";
    for arguments in [
        &["inspect", &pipe][..],
        &["authenticate", &pipe],
        &["twin", &pipe],
        &["token", &pipe, "--ttl", "1h"],
        &["token", &pipe, "--service", "--ttl", "1h"],
        &["derive-key", "--group-key-file", &key, "--ids", &pipe],
        &["verify-token", "--key-file", &key, &pipe],
        &["verify-token", "--key-file", &pipe, "-"],
    ] {
        defenderauth(arguments, "").failed(2, &[&pipe, advice, "fault: "]);
    }
    for arguments in [
        &["derive-key", "--group-key-file", &pipe, "dev-01"][..],
        &["certificate", "check", "--cert-file", &pipe],
        &["authenticate", "-", "--connect", "--ca-file", &pipe],
    ] {
        let run = defenderauth(arguments, device()).failed(2, &[&pipe, "give a regular file ("]);
        assert!(!run.err.contains("standard input"), "{run:?}");
    }
}
