use crate::{A, B, KEYS, TEXT, both, names, scratch::Scratch, snapshot, store};
use defender_auth::{
    session::Snapshot,
    store::{FILE_LIMIT, Store, StoreError},
};
use std::{fs, thread};

#[test]
fn what_was_saved_is_loaded_again() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    assert!(store.load().snapshot.is_none() && store.load().problem.is_none());
    for saved in [snapshot("d", None), snapshot("d", Some(A)), snapshot("d", Some(B)), snapshot("e", None)] {
        store.save(&saved).unwrap();
        let loaded = store.load();
        assert_eq!(both(&loaded.snapshot.unwrap()), both(&saved));
        assert!(loaded.problem.is_none() && loaded.warnings.is_empty());
    }
}

#[test]
fn keys_that_are_no_longer_used_do_not_stay() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    assert_eq!(names(&store), [KEYS, TEXT]);
    store.save(&snapshot("d", None)).unwrap();
    assert_eq!(names(&store), [TEXT]);
}

#[test]
fn the_text_has_no_secret() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    assert!(!fs::read_to_string(store.folder().join(TEXT)).unwrap().contains(A));
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save(&snapshot("d", Some(A))).unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.folder().to_path_buf()), 0o700);
    assert_eq!([TEXT, KEYS].map(|name| mode(store.folder().join(name))), [0o600; 2]);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_replaced_and_its_target_stays() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let target = scratch.write("target", "precious");
    std::os::unix::fs::symlink(&target, store.folder().join(TEXT)).unwrap();
    store.save(&snapshot("d", None)).unwrap();
    assert_eq!(fs::read_to_string(target).unwrap(), "precious");
    assert!(fs::symlink_metadata(store.folder().join(TEXT)).unwrap().is_file());
}

#[test]
fn a_folder_in_the_place_of_a_file_is_an_error() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    fs::create_dir(store.folder().join(TEXT)).unwrap();
    let error = store.save(&snapshot("d", None)).unwrap_err();
    assert!(error.to_string().ends_with("it is a folder; name a file in it"), "{error}");
}

#[test]
fn a_folder_is_made_in_one_that_exists() {
    let scratch = Scratch::new();
    let error = Store::open(scratch.path("no/such")).unwrap_err();
    assert!(error.to_string().ends_with("its folder does not exist; create it first"), "{error}");
    let file = scratch.write("file", "");
    assert!(Store::open(&file).unwrap_err().to_string().contains("it is not a folder"));
    assert_eq!(Store::open(scratch.folder()).unwrap().folder(), std::path::Path::new(&scratch.folder()));
}

#[test]
fn a_name_cannot_lead_out_of_the_folder() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    for name in ["", ".", "..", ".hidden", "end.", "a/b", "../a", "/a", "a\\b", "a\0", "C:", "ü", "a b", "a\n"] {
        assert_eq!(store.write(name, "x"), Err(StoreError::Name(name.into())), "{name:?}");
        assert!(store.read(name).is_err() && store.remove(name).is_err());
    }
    for name in ["a", "a.b-c_d.0"] {
        store.write(name, "x").unwrap();
        assert_eq!(store.read(name).unwrap().unwrap().0.expose(), "x");
        store.remove(name).unwrap();
        store.remove(name).unwrap();
        assert!(store.read(name).unwrap().is_none());
    }
}

#[test]
fn no_more_is_written_than_is_read() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let most = "x".repeat(FILE_LIMIT);
    store.write("most", &most).unwrap();
    assert_eq!(store.read("most").unwrap().unwrap().0.expose(), most);
    let error = store.write("most", &format!("{most}x")).unwrap_err();
    assert!(matches!(error, StoreError::TooLong { limit: FILE_LIMIT, .. }), "{error}");
    assert_eq!(store.read("most").unwrap().unwrap().0.expose(), most, "the old file stays");
}

#[test]
fn of_several_writers_each_file_is_one_ones_and_none_leaves_a_draft() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let writers = [snapshot("d", Some(A)), snapshot("d", Some(B)), snapshot("e", Some(A))];
    let valid: Vec<String> = writers.iter().map(Snapshot::text).collect();
    store.save(&writers[0]).unwrap();
    thread::scope(|scope| {
        let threads = writers.each_ref().map(|snapshot| {
            let store = &store;
            scope.spawn(move || (0..40).for_each(|_| store.save(snapshot).unwrap()))
        });
        while threads.iter().any(|thread| !thread.is_finished()) {
            let loaded = store.load();
            assert!(valid.contains(&loaded.snapshot.unwrap().text()), "a whole one");
            let problem = loaded.problem.map(|problem| problem.to_string());
            assert!(problem.as_ref().is_none_or(|it| it.contains("belong to another saved state")), "{problem:?}");
        }
    });
    assert_eq!(names(&store), [KEYS, TEXT]);
}
