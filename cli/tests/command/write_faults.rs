//! What can happen to a file while a connection string is written into its place. Whatever it is, the file holds the old
//! string or the new one, nothing else is left in the folder, and the next run succeeds.

use crate::support::{
    Run,
    place::{OLD, Place},
    run, started_by,
};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{FileTypeExt as _, symlink},
        process::ExitStatusExt as _,
    },
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// `strace` has the first call of a kind, about the new file or its folder, fail or kill.
fn injected(place: &Place, call: &str, what: &str) -> (Option<i32>, String) {
    let inject = format!("inject={call}:{what}");
    let quiet = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-e", &inject];
    let mut command = started_by(&quiet, &place.arguments());
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.signal().is_none_or(|signal| signal == 9), "{output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
#[ignore = "needs strace"]
fn a_system_call_fails_at_any_step() {
    for (call, what, words) in [
        ("fsync", "error=ENOSPC:when=1", "make room on its disk"),
        ("fsync", "error=ENOSPC:when=2", "make room on its disk"),
        ("fsync", "error=EDQUOT:when=2", "make room on its disk"),
        ("fsync", "error=EIO:when=2", "name another file"),
        ("/^rename", "error=EROFS:when=1", "read-only"),
        ("/^rename", "error=EACCES:when=1", "may not be written to"),
        ("/^rename", "error=EIO:when=1", "name another file"),
    ] {
        let place = Place::new();
        let (code, said) = injected(&place, call, what);
        assert!(code == Some(2) && said.contains(words) && said.contains(&place.file), "{call} {what}: {said}");
        assert_eq!((place.holds(), place.names()), (OLD.into(), vec!["string.txt".into()]), "{call} {what}");
        place.is_repaired_by_another_run();
    }
}

#[test]
#[ignore = "needs strace"]
fn the_command_is_killed_at_any_step() {
    // When it looks whether there is room and tidies up, when it writes, before and behind the rename.
    let steps = [("fsync", 1), ("/^unlink", 1), ("fsync", 2), ("/^rename", 1), ("fsync", 3)];
    let mut replaced = Vec::new();
    for (call, when) in steps {
        let place = Place::new();
        let (code, said) = injected(&place, call, &format!("signal=KILL:when={when}"));
        assert_eq!(code, None, "{call} {when}: {said}");
        replaced.push(place.holds() != OLD);
        assert!(place.holds() == OLD || place.holds().starts_with("HostName="), "{}", place.holds());
        place.is_repaired_by_another_run();
    }
    assert_eq!(replaced, [false, false, false, false, true], "a call that is killed does nothing");
}

/// The folder is the last to be written out, so that the new name is on the disk when the command ends.
#[test]
#[ignore = "needs strace"]
fn file_and_folder_are_on_the_disk_in_this_order() {
    let place = Place::new();
    let trace = place.registrar.site.scratch.path("trace");
    let tracer = ["strace", "-f", "-y", "-o", &trace, "-e", "trace=fsync,/^rename"];
    run(started_by(&tracer, &place.arguments()), b"").done();
    let trace = fs::read_to_string(trace).unwrap();
    let calls: Vec<_> = trace.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('(')).collect();
    let names: Vec<_> = calls.iter().map(|(name, _)| name.trim_end_matches("at").trim_end_matches("at2")).collect();
    assert_eq!(names, ["fsync", "fsync", "rename", "fsync"], "{trace}");
    assert!(calls[3].1.contains(&format!("{}>", place.folder.folder())), "{trace}");
}

/// Runs the command with the folder on a disk of 64 KiB. `fill` says when that is full: at once, or when a test asks
/// for it by making a file `fill` beside the services' files.
fn on_a_small_disk(place: &Place, arguments: &[String], fill: &str) -> Run {
    let script = format!(
        "mount -t tmpfs -o size=64k none '{folder}' && printf '{OLD}' > '{file}' || exit 99
         fill() {{ cat /dev/zero > '{folder}/zeros' 2> /dev/null; touch '{beside}/filled'; }}
         {fill}
         \"$@\"; code=$?
         rm -f '{folder}/zeros'; ls -A '{folder}'; cat '{file}'; exit $code",
        folder = place.folder.folder(),
        file = place.file,
        beside = place.registrar.site.scratch.folder(),
    );
    run(started_by(&["unshare", "--mount", "--map-root-user", "sh", "-c", &script, "sh"], arguments), b"")
}

#[test]
#[ignore = "needs unshare and mount namespaces"]
fn a_full_disk_is_reported_before_any_request() {
    let place = Place::new();
    let run = on_a_small_disk(&place, &place.arguments(), "fill").failed(2, &[&place.file, "make room on its disk"]);
    assert_eq!(run.out, format!("string.txt\n{OLD}"));
    assert_eq!(place.asked(), 0);
    place.is_repaired_by_another_run();
}

#[test]
#[ignore = "needs unshare and mount namespaces"]
fn a_disk_that_fills_up_meanwhile_leaves_the_old_file() {
    let place = Place::new();
    let beside = place.registrar.site.scratch.folder();
    let by = full_when_asked(&beside, place.registrar.address("https"));
    let arguments = place.registrar.arguments(by, &["--write-connection-string", &place.file]);
    let wait = format!("( until [ -e '{beside}/fill' ]; do sleep 0.02; done; fill ) &");
    let run = on_a_small_disk(&place, &arguments, &wait).failed(2, &[&place.file, "make room on its disk"]);
    assert!(run.out.contains("device ID") && run.out.ends_with(&format!("string.txt\n{OLD}")), "{run:?}");
    assert_eq!(place.asked(), 1);
    place.is_repaired_by_another_run();
}

/// A way to a server on which the disk is full before anything gets through.
fn full_when_asked(beside: &str, to: std::net::SocketAddr) -> std::net::SocketAddr {
    let (fill, filled) = (Path::new(beside).join("fill"), Path::new(beside).join("filled"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let by = listener.local_addr().unwrap();
    thread::spawn(move || {
        let near = listener.accept().unwrap().0;
        fs::write(fill, "").unwrap();
        for _ in 0..3000 {
            if filled.exists() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let far = TcpStream::connect(to).unwrap();
        let (mut from_near, mut to_far) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from_near, &mut to_far));
        let _ = std::io::copy(&mut { far }, &mut { near });
    });
    by
}

#[test]
fn a_device_or_a_pipe_is_not_replaced() {
    let place = Place::new();
    let pipe = place.folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/null", place.folder.path("null")).unwrap();
    for name in ["pipe", "null"] {
        let path = place.folder.path(name);
        let by = place.registrar.address("https");
        let arguments = place.registrar.arguments(by, &["--write-connection-string", &path]);
        run(started_by(&["/usr/bin/env"], &arguments), b"").failed(2, &[&path, "it is a device, a pipe or a socket"]);
    }
    assert!(fs::metadata(pipe).unwrap().file_type().is_fifo() && place.asked() == 0);
    assert!(fs::symlink_metadata(place.folder.path("null")).unwrap().is_symlink());
}

/// Another user may have chosen its target.
#[test]
fn a_link_is_replaced_and_not_followed() {
    let place = Place::new();
    let elsewhere = place.registrar.site.scratch.write("elsewhere", OLD);
    for to in [elsewhere.as_str(), "nowhere"] {
        fs::remove_file(&place.file).unwrap();
        symlink(to, &place.file).unwrap();
        place.is_repaired_by_another_run();
        assert!(fs::symlink_metadata(&place.file).unwrap().is_file());
    }
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), OLD);
}

/// The registration is done. Its report cannot be written: the reader has closed it, or the disk is full.
#[test]
fn a_report_that_cannot_be_written_does_not_prevent_the_file() {
    for (redirect, code) in [
        ("| head -n 0", 0),
        ("> /dev/full", 2),
        ("2> /dev/full", 0),
        ("2>&1 | head -n 0", 0),
        ("2>&1 > /dev/full | head -n 0", 2),
        ("2>&-", 0),
        ("> /dev/full 2>&1", 2),
    ] {
        let place = Place::new();
        let script = format!("set -o pipefail; \"$@\" {redirect}");
        let run = run(started_by(&["bash", "-c", &script, "bash"], &place.arguments()), b"");
        assert_eq!(run.code, code, "{run:?}");
        assert!(place.holds().starts_with("HostName="), "{redirect}: {run:?}");
    }
}
