//! What can happen to a file while a connection string is written into its place. Whatever it is, the file holds the old
//! string or the new one, nothing else is left in the folder, and the next run succeeds.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/registrar.rs"]
mod registrar;
#[path = "support/site.rs"]
mod site;
mod support;

use registrar::{Registrar, enrollment};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink},
        process::{CommandExt as _, ExitStatusExt as _},
    },
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use support::{Run, Scratch, command, run, started_by};

const OLD: &str = "the old string";

/// A service, and a folder with the file that is to be replaced.
struct Place {
    registrar: Registrar,
    folder: Scratch,
    file: String,
}

impl Place {
    fn new() -> Self {
        let folder = Scratch::new();
        let file = folder.write("string.txt", OLD);
        Self { registrar: Registrar::of(enrollment()), folder, file }
    }

    fn arguments(&self) -> Vec<String> {
        let by = self.registrar.address("https");
        self.registrar.arguments(by, &["--write-connection-string", &self.file])
    }

    fn write(&self) -> Run {
        run(started_by(&["/usr/bin/env"], &self.arguments()), b"")
    }

    fn holds(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    /// Everything in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.folder()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// How often the service was asked.
    fn asked(&self) -> usize {
        self.registrar.site.journal().len()
    }

    /// The next run replaces the file and tidies up.
    #[track_caller]
    fn is_mended_by_another_run(&self) {
        self.write().done();
        assert!(self.holds().starts_with("HostName="));
        assert_eq!(self.names(), ["string.txt"]);
        assert_eq!(fs::metadata(&self.file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

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
fn the_system_says_no_at_any_step() {
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
        place.is_mended_by_another_run();
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
        place.is_mended_by_another_run();
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

/// Runs the command with the folder on a disk of 64 KiB. `fill` says when that is full: at once, or when somebody asks
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
fn a_disk_that_is_full_is_told_before_anybody_is_asked() {
    let place = Place::new();
    let run = on_a_small_disk(&place, &place.arguments(), "fill").failed(2, &[&place.file, "make room on its disk"]);
    assert_eq!(run.out, format!("string.txt\n{OLD}"));
    assert_eq!(place.asked(), 0);
    place.is_mended_by_another_run();
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
    place.is_mended_by_another_run();
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

/// The number of a process that is no more.
fn ended() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn what_a_killed_run_left_is_taken_away_and_what_a_live_one_needs_is_not() {
    let place = Place::new();
    let (dead, live) = (format!(".string.txt.{}", ended()), format!(".string.txt.{}", std::process::id()));
    let others = [".string.txt.bak", ".other.txt.1"];
    for name in [dead.as_str(), &live].iter().chain(&others) {
        place.folder.write(name, "draft");
    }
    place.write().done();
    let mut names = place.names();
    names.sort();
    let mut left = vec![others[1].to_owned(), others[0].into(), live, "string.txt".into()];
    left.sort();
    assert_eq!(names, left);
}

/// In a container every run may have the same number.
#[test]
fn what_a_killed_run_of_the_same_number_left_is_in_nobodys_way() {
    let place = Place::new();
    let script = format!("printf draft > '{}/.string.txt.'$$; exec \"$@\"", place.folder.folder());
    run(started_by(&["sh", "-c", &script, "sh"], &place.arguments()), b"").done();
    assert_eq!(place.names(), ["string.txt"]);
    assert!(place.holds().starts_with("HostName="));
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

/// Where it leads somebody else may have decided.
#[test]
fn a_link_is_replaced_and_not_followed() {
    let place = Place::new();
    let elsewhere = place.registrar.site.scratch.write("elsewhere", OLD);
    for to in [elsewhere.as_str(), "nowhere"] {
        fs::remove_file(&place.file).unwrap();
        symlink(to, &place.file).unwrap();
        place.is_mended_by_another_run();
        assert!(fs::symlink_metadata(&place.file).unwrap().is_file());
    }
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), OLD);
}

/// Which user this is.
fn user() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

const NOBODY: u32 = 65_534;

#[test]
#[ignore = "needs root"]
fn the_new_file_belongs_to_whom_the_old_one_belonged() {
    assert_eq!(user(), 0, "only root can give files away; run the tests as root");
    let place = Place::new();
    std::os::unix::fs::chown(&place.file, Some(NOBODY), Some(NOBODY)).unwrap();
    place.is_mended_by_another_run();
    let found = fs::metadata(&place.file).unwrap();
    assert_eq!((found.uid(), found.gid()), (NOBODY, NOBODY));
}

/// A folder that another user reaches.
struct Elsewhere(std::path::PathBuf);

impl Elsewhere {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("defenderauth-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let this = Self(folder);
        this.set_mode(0o755);
        this
    }

    fn set_mode(&self, mode: u32) {
        fs::set_permissions(&self.0, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().into()
    }

    /// Runs the command as nobody.
    fn run(arguments: &[&str]) -> Run {
        let mut command = command(arguments);
        command.uid(NOBODY).gid(NOBODY);
        run(command, b"")
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
#[ignore = "needs root"]
fn what_another_user_may_not_read_or_write_is_named() {
    assert_eq!(user(), 0, "only root can become another user; run the tests as root");
    let registrar = Registrar::of(enrollment());
    let elsewhere = Elsewhere::new("permissions");
    let roots = elsewhere.write("roots.pem", registrar.site.emulator.root_pem(), 0o644);
    let (readable, locked) =
        (elsewhere.write("key", support::KEY, 0o644), elsewhere.write("locked", support::KEY, 0o600));
    let service = ["provision", "--ca-file", &roots, "--endpoint", &registrar.endpoint("https")];
    let device = ["--id-scope", site::SCOPE, "--registration-id", registrar::ID];
    let register = |more: &[&str]| Elsewhere::run(&[&service[..], &device, more].concat());

    register(&["--key-file", &locked]).failed(2, &[&locked, "no permission to read it"]);
    Elsewhere::run(&["inspect", &locked]).failed(2, &[&locked, "no permission to read it"]);
    // The folder is root's.
    let new = elsewhere.0.join("string.txt").to_str().unwrap().to_owned();
    let write = ["--key-file", &readable, "--write-connection-string", &new];
    register(&write).failed(2, &[&new, "its folder may not be written to"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
    // The folder is everybody's, and the file root's.
    elsewhere.set_mode(0o777);
    elsewhere.write("string.txt", OLD, 0o600);
    register(&write).failed(2, &[&new, "it belongs to another user"]);
    assert_eq!((fs::read_to_string(&new).unwrap(), registrar.site.journal().len()), (OLD.into(), 0));
    // Neither is.
    fs::remove_file(&new).unwrap();
    register(&write).done();
    assert_eq!(fs::metadata(&new).unwrap().uid(), NOBODY);
    assert_eq!(fs::read_dir(&elsewhere.0).unwrap().count(), 4, "nothing is left behind");
}

/// The registration is done, and whoever reads what is said about it has seen enough, or cannot take it in.
#[test]
fn a_report_that_nobody_can_read_keeps_no_file_from_being_written() {
    for (redirect, code) in [("| head -n 0", 0), ("> /dev/full", 2)] {
        let place = Place::new();
        let script = format!("set -o pipefail; \"$@\" {redirect}");
        let run = run(started_by(&["bash", "-c", &script, "bash"], &place.arguments()), b"");
        assert_eq!(run.code, code, "{run:?}");
        assert!(place.holds().starts_with("HostName="), "{redirect}: {run:?}");
    }
}

/// A device's certificate and its key, which are there already.
fn pair() -> (Scratch, Vec<String>) {
    let folder = Scratch::new();
    for name in ["certificate_public.pem", "certificate_private.pem"] {
        folder.write(name, OLD);
    }
    let path = folder.folder();
    let words = ["certificate", "new", "self-signed", "--device-id", "dev-01", "--force", "--out-dir", &path];
    let arguments = words.map(ToString::to_string).into();
    (folder, arguments)
}

/// Which of the two files in the folder is the old one, or that there is something else.
fn olds(folder: &Scratch) -> Vec<bool> {
    assert_eq!(fs::read_dir(folder.folder()).unwrap().count(), 2, "nothing else is left");
    let names = ["certificate_public.pem", "certificate_private.pem"];
    names.map(|name| fs::read_to_string(folder.path(name)).unwrap() == OLD).into()
}

#[test]
#[ignore = "needs strace"]
fn a_certificate_and_its_key_are_both_new_or_both_old() {
    for inject in [
        "fsync:error=ENOSPC:when=1",
        "fsync:error=ENOSPC:when=2",
        "/^rename:error=EIO:when=1",
        "/^rename:error=EIO:when=2",
    ] {
        let (folder, arguments) = pair();
        let inject = format!("inject={inject}");
        let strace = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-e", &inject];
        run(started_by(&strace, &arguments), b"").failed(2, &["certificate_", "cannot be written"]);
        assert_eq!(olds(&folder), [true, true], "{inject}");
        run(started_by(&["/usr/bin/env"], &arguments), b"").done();
        assert_eq!(olds(&folder), [false, false], "{inject}");
    }
}

/// Killed between the two renames it leaves a pair that does not fit, which another run makes good.
#[test]
#[ignore = "needs strace"]
fn certificates_that_a_killed_run_left_are_made_good_by_another() {
    for inject in ["fsync:signal=KILL:when=2", "/^rename:signal=KILL:when=1", "/^rename:signal=KILL:when=2"] {
        let (folder, arguments) = pair();
        let inject = format!("inject={inject}");
        let strace = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-e", &inject];
        assert_eq!(started_by(&strace, &arguments).output().unwrap().status.signal(), Some(9), "{inject}");
        run(started_by(&["/usr/bin/env"], &arguments), b"").done();
        assert_eq!(olds(&folder), [false, false], "{inject}");
    }
}

#[test]
fn a_new_key_does_not_replace_a_device() {
    let (folder, arguments) = pair();
    let key = folder.path("certificate_private.pem");
    fs::remove_file(&key).unwrap();
    symlink("/dev/null", &key).unwrap();
    run(started_by(&["/usr/bin/env"], &arguments), b"").failed(2, &[&key, "it is a device, a pipe or a socket"]);
    assert!(fs::symlink_metadata(&key).unwrap().is_symlink());
}
