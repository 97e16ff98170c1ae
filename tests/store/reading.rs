use crate::{A, KEYS, TEXT, both, scratch::Scratch, snapshot, store};
use defender_auth::{
    error::FileProblem,
    session::SnapshotError,
    store::{FILE_LIMIT, StoreError},
};
use std::fs;

#[test]
fn a_file_that_is_cut_off_anywhere_is_no_snapshot_and_is_replaced() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let saved = snapshot("d", Some(A));
    store.save(&saved).unwrap();
    let whole = fs::read(store.folder().join(TEXT)).unwrap();
    for length in 0..whole.len() {
        fs::write(store.folder().join(TEXT), &whole[..length]).unwrap();
        let loaded = store.load();
        assert!(loaded.snapshot.is_none(), "{length} bytes");
        let problem = loaded.problem.unwrap().to_string();
        assert!(problem.contains(TEXT) && problem.contains("begin without it"), "{problem}");
    }
    store.save(&saved).unwrap();
    assert_eq!(both(&store.load().snapshot.unwrap()), both(&saved));
}

#[test]
fn keys_that_are_cut_off_are_left_out_and_the_text_is_kept() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let saved = snapshot("d", Some(A));
    store.save(&saved).unwrap();
    let whole = fs::read(store.folder().join(KEYS)).unwrap();
    for length in 0..whole.len() {
        fs::write(store.folder().join(KEYS), &whole[..length]).unwrap();
        let loaded = store.load();
        let snapshot = loaded.snapshot.unwrap();
        assert_eq!((snapshot.text(), snapshot.secret().is_none()), (saved.text(), true), "{length} bytes");
        assert!(matches!(loaded.problem, Some(StoreError::Snapshot { path, .. }) if path.ends_with(KEYS)));
    }
}

#[test]
fn keys_of_another_assignment_are_not_used() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let keys = fs::read(store.folder().join(KEYS)).unwrap();
    store.save(&snapshot("e", Some(A))).unwrap();
    fs::write(store.folder().join(KEYS), keys).unwrap();
    let loaded = store.load();
    assert!(loaded.snapshot.unwrap().secret().is_none());
    assert!(matches!(loaded.problem, Some(StoreError::Snapshot { error: SnapshotError::OtherKeys, .. })));
}

#[test]
fn a_foreign_file_says_what_it_is() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    for (content, expected) in [
        (&b"{}"[..], SnapshotError::OtherFormat),
        (b"[1]", SnapshotError::OtherFormat),
        (b"\"text\"", SnapshotError::OtherFormat),
        (b"<xml/>", SnapshotError::NotJson { line: 1, column: 1 }),
    ] {
        fs::write(store.folder().join(TEXT), content).unwrap();
        let loaded = store.load();
        assert!(loaded.snapshot.is_none());
        assert!(matches!(loaded.problem, Some(StoreError::Snapshot { error, .. }) if error == expected));
    }
    fs::write(store.folder().join(TEXT), b"\xff\xfe{").unwrap();
    assert!(matches!(store.load().problem, Some(StoreError::Read { problem: FileProblem::NotUtf8 { offset: 0 }, .. })));
}

#[test]
fn a_huge_file_is_not_read() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let file = fs::File::create(store.folder().join(TEXT)).unwrap();
    file.set_len(1 << 40).unwrap();
    let problem = store.load().problem;
    assert!(matches!(problem, Some(StoreError::Read { problem: FileProblem::TooLarge { limit: FILE_LIMIT }, .. })));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_are_not_read() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", None)).unwrap();
    let path = store.folder().join(TEXT);
    let elsewhere = scratch.path("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    let not_regular =
        || matches!(store.load().problem, Some(StoreError::Read { problem: FileProblem::NotRegular, .. }));
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert!(not_regular(), "a link");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(scratch.path("nothing"), &path).unwrap();
    assert!(not_regular(), "a link to nothing");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(not_regular(), "a folder");
    fs::remove_dir(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success() && not_regular(), "a pipe, which nobody writes to");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_reach_is_read_with_a_warning() {
    use crate::names;
    use defender_auth::store::Exposure;
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let warnings = |name: &str, mode| {
        fs::set_permissions(store.folder().join(name), fs::Permissions::from_mode(mode)).unwrap();
        let loaded = store.load();
        assert!(loaded.snapshot.is_some());
        fs::set_permissions(store.folder().join(name), fs::Permissions::from_mode(0o600)).unwrap();
        loaded.warnings.iter().map(|warning| warning.exposure).collect::<Vec<_>>()
    };
    assert_eq!(warnings(KEYS, 0o640), [Exposure::ReadableByOthers]);
    assert_eq!(warnings(KEYS, 0o602), [Exposure::WritableByOthers]);
    assert_eq!(warnings(TEXT, 0o644), [], "the text has no secret");
    assert_eq!(warnings(TEXT, 0o660), [Exposure::WritableByOthers]);
    let _ = fs::set_permissions(store.folder().join(KEYS), fs::Permissions::from_mode(0o644));
    let line = store.load().warnings[0].to_string();
    assert!(line.contains(KEYS) && line.contains("chmod 600"), "{line}");
    assert_eq!(names(&store), [KEYS, TEXT]);
}
