//! What a process leaves that is killed while it writes, and what one that runs keeps.

use crate::{A, KEYS, TEXT, names, scratch::Scratch, snapshot, store};
use defender_auth::store::{
    Store,
    draft::{Draft, SECRET},
};
use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// Names the folder in which another process of this test begins drafts and takes the lock.
const FOLDER: &str = "DEFENDER_AUTH_TEST_DRAFTS";

/// It is killed long before, unless the test itself was.
const LONG: Duration = Duration::from_secs(60);

/// What that process does: it begins a new file of each name, keeps an old one, and waits.
#[test]
fn another_process_that_writes() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let store = Store::open(folder).unwrap();
    let _lock = store.lock_certificates().unwrap();
    let begun = |name: &str| {
        let path = store.folder().join(name);
        let mut draft = Draft::begin(&path, SECRET).unwrap();
        draft.write_all(b"half").unwrap();
        fs::hard_link(&path, draft.kept()).unwrap();
        draft
    };
    let _drafts = [TEXT, KEYS].map(begun);
    println!("\nbegun");
    thread::sleep(LONG);
}

fn begin(store: &Store) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "killed::another_process_that_writes", "--test-threads=1", "--nocapture"]);
    let mut child = command.env(FOLDER, store.folder()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "begun"), "it ended before");
    child
}

/// The files of drafts, old files among them.
fn drafts(store: &Store) -> usize {
    names(store).iter().filter(|name| name.starts_with(".session")).count()
}

#[test]
fn drafts_of_a_process_that_runs_stay_and_those_of_a_killed_one_are_removed_by_the_next() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let mut other = begin(&store);
    assert_eq!(drafts(&store), 4);
    store.save(&snapshot("e", Some(A))).unwrap();
    assert_eq!(drafts(&store), 4, "they are in use");
    assert!(store.lock_certificates().is_err());
    other.kill().unwrap();
    other.wait().unwrap();
    store.save(&snapshot("d", Some(A))).unwrap();
    assert_eq!(drafts(&store), 0);
    assert!(store.lock_certificates().is_ok(), "its lock ended with it");
    assert!(store.load().problem.is_none());
}

#[test]
fn what_only_looks_like_a_draft_stays() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let lookalikes = [
        format!(".{TEXT}.0123456789abcde"),
        format!(".{TEXT}.0123456789abcdefg"),
        format!("{TEXT}.0123456789abcdef"),
        format!(".{KEYS}.0123456789abcdeg"),
    ];
    for name in &lookalikes {
        fs::write(store.folder().join(name), "").unwrap();
    }
    fs::create_dir(store.folder().join(format!(".{TEXT}.0123456789abcdef"))).unwrap();
    store.save(&snapshot("d", Some(A))).unwrap();
    assert!(lookalikes.iter().all(|name| Path::new(store.folder()).join(name).is_file()));
    assert_eq!(names(&store).len(), lookalikes.len() + 3);
}
