//! One session at a time.

use crate::scratch::Scratch;
use crate::{names, snapshot, store};
use defender_auth::store::StoreError;

#[test]
fn a_second_session_is_refused_until_the_first_has_ended() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let lock = store.lock_session().unwrap();
    let error = store.lock_session().unwrap_err();
    assert!(matches!(&error, StoreError::SessionInUse { folder } if *folder == store.folder().display().to_string()));
    let text = error.to_string();
    assert!(text.contains("another process runs a session") && text.contains("stop that process"), "{text}");
    drop(lock);
    drop(store.lock_session().unwrap());
    assert_eq!(names(&store), ["session.lock"]);
}

#[test]
fn it_keeps_nobody_from_reading_saving_and_certificates() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let _session = store.lock_session().unwrap();
    let _certificates = store.lock_certificates().unwrap();
    store.save(&snapshot("dev-01", None)).unwrap();
    assert!(store.load().snapshot.is_some());
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_what_cannot_be_locked_is_not() {
    use std::{fs, os::unix::fs::symlink};
    let scratch = Scratch::new();
    let store = store(&scratch);
    let target = scratch.path("target");
    symlink(&target, store.folder().join("session.lock")).unwrap();
    let (_one, _two) = (store.lock_session().unwrap(), store.lock_session().unwrap());
    assert!(!fs::exists(target).unwrap());
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let scratch = Scratch::new();
    let store = store(&scratch);
    drop(store.lock_session().unwrap());
    let mode = fs::metadata(store.folder().join("session.lock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_process_that_is_being_spawned_does_not_keep_it() {
    use std::{process::Command, thread};
    let scratch = Scratch::new();
    let store = store(&scratch);
    thread::scope(|scope| {
        scope.spawn(|| (0..100).for_each(|_| assert!(Command::new("true").status().unwrap().success())));
        for _ in 0..2000 {
            drop(store.lock_session().unwrap());
        }
    });
}
