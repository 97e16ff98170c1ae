//! The connection string that a registration leaves behind.

use crate::support::{
    HOST, KEY, Scratch, defenderauth,
    registrar::{CARRIERS, GROUP_KEY, ID, Registrar, enrollment, group},
    site::SCOPE,
};
use defender_auth_emulator::{Dps, Group};
use std::fs;

/// The names in a folder.
fn names(folder: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(folder.folder()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_string_is_that_of_the_device() {
    for carrier in CARRIERS {
        let folder = Scratch::new();
        let file = folder.path("connection_string.txt");
        Registrar::of(enrollment()).register(carrier, &["--write-connection-string", &file]).done();
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("HostName={HOST};DeviceId={ID};SharedAccessKey={KEY}\n"));
        let report = defenderauth(&["inspect", &file, "--json"], "").done().json();
        assert_eq!((&report["host_name"], &report["device_id"]), (&HOST.into(), &ID.into()));
    }
}

#[test]
fn the_string_logs_in() {
    let registrar = Registrar::of(enrollment());
    let file = registrar.site.scratch.path("connection_string.txt");
    registrar.register("https", &["--write-connection-string", &file]).done();
    registrar.site.accepts(&file, "", &format!("{HOST}/{ID}"));
}

/// The group's key stays with the maker.
#[test]
fn the_string_of_a_groups_device_has_the_derived_key() {
    let registrar = Registrar::new(Dps::new(SCOPE).group(group()));
    let file = registrar.site.scratch.path("connection_string.txt");
    let run = registrar.register_in_group("https", "pump-17", &["--write-connection-string", &file]).done();
    let key = Group::device_key(GROUP_KEY, "pump-17").unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, format!("HostName={HOST};DeviceId=pump-17;SharedAccessKey={key}\n"));
    assert!(!run.shows(&key), "a derived key in {run:?}");
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Scratch::new();
    let file = folder.write("string.txt", "old");
    folder.share("string.txt");
    Registrar::of(enrollment()).register("https", &["--write-connection-string", &file]).done();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_is_replaced_and_nothing_else_is_left() {
    let folder = Scratch::new();
    let file = folder.write("string.txt", "something much longer than any connection string".repeat(20));
    Registrar::of(enrollment()).register("https", &["--write-connection-string", &file]).done();
    assert!(fs::read_to_string(&file).unwrap().starts_with("HostName="));
    assert_eq!(names(&folder), ["string.txt"]);
}

#[test]
fn a_failed_registration_does_not_change_the_file() {
    let folder = Scratch::new();
    let file = folder.write("string.txt", "old");
    Registrar::of(enrollment().disabled()).register("https", &["--write-connection-string", &file]).refused("disabled");
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(names(&folder), ["string.txt"]);
}

#[test]
fn a_failed_registration_makes_no_file() {
    let folder = Scratch::new();
    let file = folder.path("string.txt");
    Registrar::of(enrollment().disabled()).register("https", &["--write-connection-string", &file]).refused("disabled");
    assert_eq!(names(&folder), [""; 0]);
}

/// Such a string would be read wrongly by everybody.
#[test]
fn an_id_that_no_string_can_hold_is_named() {
    let folder = Scratch::new();
    let registrar = Registrar::of(enrollment().device_id("pump;02"));
    let run = registrar.register("https", &["--write-connection-string", &folder.path("string.txt")]);
    let run = run.failed(2, &["has no connection string: its ID contains a `;`"]);
    assert!(run.out.contains("pump;02"), "it is registered nevertheless: {run:?}");
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_missing_folder_is_named_before_any_request() {
    let folder = Scratch::new();
    let file = folder.path("nowhere/string.txt");
    let registrar = Registrar::of(enrollment());
    registrar.register("https", &["--write-connection-string", &file]).failed(2, &[&file, "create it first"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
}

#[test]
fn a_folder_is_not_replaced() {
    let folder = Scratch::new();
    let path = folder.path("string.txt");
    fs::create_dir(&path).unwrap();
    let registrar = Registrar::of(enrollment());
    registrar.register("https", &["--write-connection-string", &path]).failed(2, &[&path, "name a file in it"]);
    assert_eq!(names(&folder), ["string.txt"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
}

#[test]
fn a_file_that_the_command_reads_is_not_replaced() {
    let registrar = Registrar::of(enrollment());
    let key = registrar.site.scratch.write("own.key", KEY);
    let run = registrar.provision("https", ID, &["--key-file", &key, "--write-connection-string", &key]);
    run.failed(2, &[&key, "would be lost", "give another name"]);
    assert_eq!((fs::read_to_string(&key).unwrap().as_str(), registrar.site.journal().len()), (KEY, 0));
}
