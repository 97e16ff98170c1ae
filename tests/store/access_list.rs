//! Access lists of Windows, and files that other programs have open.

use crate::{A, KEYS, TEXT, both, names, scratch::Scratch, snapshot, store};
use defender_auth::{
    error::FileProblem,
    store::{
        Exposure, Store, StoreError,
        draft::{Draft, SECRET, create_folders},
    },
};
use defender_auth_windows::access::Access;
use std::{
    fs::{self, File, OpenOptions},
    os::windows::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::Duration,
};

/// The share mode of a program that lets others only read.
const READ_ONLY: u32 = 1;

fn is_private(path: &Path) -> bool {
    let access = Access::of_entry(path).unwrap();
    access.foreign_owner.is_none() && access.readers.is_empty() && access.writers.is_empty()
}

#[test]
fn folder_and_files_are_for_their_owner_and_the_system_alone() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    for path in [store.folder(), &store.folder().join(TEXT), &store.folder().join(KEYS)] {
        assert!(is_private(path), "{}: {:?}", path.display(), Access::of_entry(path));
    }
}

#[test]
fn a_file_that_all_may_read_is_replaced_by_a_private_one() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    scratch.write("state/session-keys.json", "{}");
    scratch.share("state/session-keys.json");
    assert!(!is_private(&store.folder().join(KEYS)));
    store.save(&snapshot("d", Some(A))).unwrap();
    assert!(is_private(&store.folder().join(KEYS)));
}

#[test]
fn a_draft_is_private_from_its_first_byte() {
    let scratch = Scratch::new();
    let path = scratch.folder() + "/file";
    let draft = Draft::begin(Path::new(&path), SECRET).unwrap();
    let [entry] = fs::read_dir(scratch.folder()).unwrap().map(Result::unwrap).collect::<Vec<_>>().try_into().unwrap();
    assert!(is_private(&entry.path()));
    drop(draft);
    assert_eq!(fs::read_dir(scratch.folder()).unwrap().count(), 0);
}

#[test]
fn folders_are_made_as_deep_as_they_are_named() {
    let scratch = Scratch::new();
    let (folder, file) = (scratch.path("a/b/c"), scratch.write("file", ""));
    for _ in 0..2 {
        create_folders(Path::new(&folder)).unwrap();
    }
    assert!(is_private(Path::new(&folder)) && is_private(Path::new(&scratch.path("a"))));
    assert!(create_folders(&Path::new(&file).join("below")).is_err());
}

#[test]
fn a_file_that_others_can_read_is_read_with_a_warning_that_works() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    for name in [TEXT, KEYS] {
        scratch.share(&format!("state/{name}"));
    }
    let loaded = store.load();
    assert_eq!(both(&loaded.snapshot.unwrap()), both(&snapshot("d", Some(A))));
    let [warning] = &loaded.warnings[..] else { panic!("{:?}", loaded.warnings) };
    assert_eq!(warning.exposure, Exposure::ReadableByOthers);
    let line = warning.to_string();
    assert!(line.contains(KEYS) && line.contains("icacls FILE /inheritance:r /grant:r *S-1-3-4:F"), "{line}");
}

#[test]
fn a_folder_in_the_place_of_a_file_is_no_file() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    fs::create_dir(store.folder().join(TEXT)).unwrap();
    let problem = store.load().problem;
    assert!(matches!(problem, Some(StoreError::Read { problem: FileProblem::NotRegular, .. })), "{problem:?}");
}

#[test]
fn a_file_that_another_program_reads_for_a_moment_is_replaced_after_it() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let reader = reader(&store);
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(50));
            drop(reader);
        });
        store.save(&snapshot("e", Some(A))).unwrap();
    });
    assert_eq!(both(&store.load().snapshot.unwrap()), both(&snapshot("e", Some(A))));
}

#[test]
fn a_file_that_another_program_keeps_open_stays_and_that_is_said() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let reader = reader(&store);
    let error = store.save(&snapshot("e", Some(A))).unwrap_err().to_string();
    assert!(error.contains("another program has it open") && error.contains("close that program"), "{error}");
    drop(reader);
    assert_eq!(both(&store.load().snapshot.unwrap()), both(&snapshot("d", Some(A))));
    assert_eq!(names(&store), [KEYS, TEXT]);
}

fn reader(store: &Store) -> File {
    OpenOptions::new().read(true).share_mode(READ_ONLY).open(store.folder().join(TEXT)).unwrap()
}

#[test]
fn a_file_that_is_marked_as_read_only_stays_and_that_is_said() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let path = store.folder().join(TEXT);
    let mut marked = fs::metadata(&path).unwrap().permissions();
    marked.set_readonly(true);
    fs::set_permissions(&path, marked.clone()).unwrap();
    let saved = store.save(&snapshot("e", Some(A)));
    // Wine replaces it nevertheless.
    if let Err(error) = saved {
        assert!(error.to_string().contains("attrib -R"), "{error}");
    }
    if path.exists() {
        #[expect(clippy::permissions_set_readonly_false, reason = "there is no other way on Windows")]
        marked.set_readonly(false);
        let _ = fs::set_permissions(&path, marked);
    }
}
