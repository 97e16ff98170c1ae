//! Processes that are killed, or meet an error, while they save.

use crate::{A, B, KEYS, TEXT, both, names, scratch::Scratch, snapshot, store};
use defender_auth::store::Store;
use std::{
    env, fs,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    process::{Command, Output, Stdio},
};

/// Names the folder in which another process of this test saves.
const FOLDER: &str = "DEFENDER_AUTH_TEST_STORE";

/// What that process does: it replaces one assignment and its keys by others.
#[test]
fn another_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let store = Store::open(folder).unwrap();
    match store.save(&snapshot("e", Some(B))) {
        Ok(()) => {}
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(7);
        }
    }
}

/// Runs it by a program: `strace`, or a shell.
fn by(program: &[&str], store: &Store) -> Output {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(env::current_exe().unwrap());
    command.args(["--exact", "ending::another_process", "--test-threads=1", "--nocapture"]);
    command.env(FOLDER, store.folder()).stdin(Stdio::null()).output().unwrap()
}

fn injected(store: &Store, call: &str, what: &str) -> Output {
    let inject = format!("inject={call}:{what}");
    by(&["strace", "--quiet=all", "-f", "-o", "/dev/null", "-e", &inject], store)
}

/// Whatever happened, a text is whole and has its own keys or none; the next save works and leaves nothing else.
#[track_caller]
fn is_sound(store: &Store, what: &str) {
    let (old, new) = (snapshot("d", Some(A)), snapshot("e", Some(B)));
    let loaded = store.load();
    let found = loaded.snapshot.unwrap();
    assert!([old.text(), new.text()].contains(&found.text()), "{what}");
    let whole = if found.text() == old.text() { &old } else { &new };
    assert!(found.secret().is_none() || both(&found) == both(whole), "{what}: keys of another");
    assert!(found.secret().is_some() || loaded.problem.is_some(), "{what}: it says what is missing");
    store.save(&new).unwrap();
    assert_eq!(both(&store.load().snapshot.unwrap()), both(&new), "{what}");
    assert_eq!(names(store), [KEYS, TEXT], "{what}");
}

fn prepared() -> (Scratch, Store) {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    (scratch, store)
}

#[test]
#[ignore = "needs strace"]
fn a_process_is_killed_at_any_step() {
    let steps = [("fsync", 4), ("/^rename", 2), ("/^flock", 2)];
    for (call, when) in steps.into_iter().flat_map(|(call, times)| (1..=times).map(move |when| (call, when))) {
        let (_scratch, store) = prepared();
        let output = injected(&store, call, &format!("signal=KILL:when={when}"));
        assert!(output.status.signal() == Some(9) || output.status.code() == Some(137), "{call} {when}: {output:?}");
        is_sound(&store, &format!("{call} {when}"));
    }
}

#[test]
#[ignore = "needs strace"]
fn a_system_call_fails_at_any_step() {
    for (call, what, words) in [
        ("fsync", "error=ENOSPC:when=1", "make room on its disk"),
        ("fsync", "error=EIO:when=3", "name another file"),
        ("/^rename", "error=EROFS:when=1", "read-only"),
        ("/^rename", "error=EACCES:when=2", "may not be written to"),
    ] {
        let (_scratch, store) = prepared();
        let output = injected(&store, call, what);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(7) && said.contains(words), "{call} {what}: {said}");
        is_sound(&store, &format!("{call} {what}"));
    }
}

#[test]
fn a_disk_without_room_leaves_the_old_state() {
    let (_scratch, store) = prepared();
    let script = r#"trap '' XFSZ; ulimit -f 0; exec "$0" "$@""#;
    let output = by(&["sh", "-c", script], &store);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(7) && said.contains("ulimit -f"), "{said}");
    assert_eq!(both(&store.load().snapshot.unwrap()), both(&snapshot("d", Some(A))));
    is_sound(&store, "no room");
}

#[test]
fn a_process_that_leaves_everything_open_to_others_does_not_do_so_here() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.path("state")).unwrap();
    fs::remove_dir(store.folder()).unwrap();
    let output = by(&["sh", "-c", r#"umask 000; exec "$0" "$@""#], &store);
    assert!(output.status.success(), "{output:?}");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.folder().to_path_buf()), 0o700);
    assert_eq!([TEXT, KEYS].map(|name| mode(store.folder().join(name))), [0o600; 2]);
}
