//! Access lists of Windows: what the command writes is for its owner alone, and what it reads is examined.

use crate::{
    doctor::ask,
    support::{KEY, Scratch, defenderauth, device, group::Group, site::Site},
};
use defender_auth_windows::access::{Access, Right, Sid, share_with};
use std::{
    fs::{self, OpenOptions},
    os::windows::fs::OpenOptionsExt as _,
    path::Path,
};

const WRITE_DAC: u32 = 0x0004_0000;

#[track_caller]
fn is_private(path: &str) {
    let access = Access::of_entry(Path::new(path)).unwrap();
    assert!(access.foreign_owner.is_none() && access.readers.is_empty() && access.writers.is_empty(), "{access:?}");
}

#[test]
fn keys_are_written_for_their_owner_alone_and_in_folders_for_him_alone() {
    let scratch = Scratch::new();
    let [certificate, key] = ["new/c.pem", "new/k.pem"].map(|name| scratch.path(name));
    let files = ["--cert-file", &certificate, "--key-file", &key];
    defenderauth(&[&["certificate", "new", "self-signed", "--device-id", "dev-1"], &files[..]].concat(), "").done();
    is_private(&scratch.path("new"));
    is_private(&key);
    let many = scratch.path("many");
    defenderauth(&["certificate", "new", "self-signed", "--ids", "-", "--out-dir", &many], "dev-1\ndev-2\n").done();
    for name in ["", "/dev-1", "/dev-2", "/dev-1/certificate_private.pem", "/dev-2/certificate_private.pem"] {
        is_private(&format!("{many}{name}"));
    }
}

#[test]
fn a_file_that_all_may_read_is_replaced_by_one_for_its_owner_alone() {
    let group = Group::new(KEY);
    let keys = group.folder.write("keys.csv", "");
    group.folder.share("keys.csv");
    group.derive(&["dev1", "--out", &keys]).done();
    is_private(&keys);
    assert_ne!(fs::read(&keys).unwrap(), b"");
}

#[test]
fn the_doctor_says_whose_a_file_is_and_who_else_can_read_or_change_it() {
    let site = Site::new();
    let file = site.scratch.write("string", device());
    let run = ask(&site, &[&file], "");
    assert!(run.line("files").starts_with("ok") && run.line("files").contains("not readable by others"), "{:?}", run.0);
    site.scratch.share("string");
    let run = ask(&site, &[&file], "");
    assert!(run.line("files").starts_with("ok") && run.line("files").contains("readable by "), "{:?}", run.0);
    assert!(run.line("credential").starts_with("warning") && run.line("credential").contains("icacls"), "{:?}", run.0);
    let opened = OpenOptions::new().access_mode(WRITE_DAC).open(&file).unwrap();
    share_with(&opened, &Sid::everyone(), Right::Full).unwrap();
    let run = ask(&site, &[&file], "");
    run.is_well();
    assert!(run.line("files").contains("every user of this system can change it"), "{:?}", run.0);
    let cure = format!("/inheritance:r /grant:r *{}:F *S-1-5-18:F", Sid::of_this_user().unwrap());
    assert!(run.0.out.contains("next: icacls ") && run.0.out.contains(&cure), "{:?}", run.0);
}

#[test]
fn the_doctor_examines_the_folder_of_a_state() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let (file, state) = (site.scratch.write("string", device()), scratch.path("state"));
    let line = |folder: &str| ask(&site, &[&file, "--state-dir", folder], "").line("state").to_owned();
    let new = line(&state);
    assert!(new.starts_with("ok") && new.contains("can be made") && new.contains("MiB are free"), "{new}");
    assert!(!Path::new(&state).exists(), "nothing is made");
    fs::create_dir(&state).unwrap();
    assert!(line(&state).starts_with("ok"));
    let nowhere = line(&scratch.path("no/such/folder"));
    assert!(nowhere.starts_with("failed") && nowhere.contains("make that"), "{nowhere}");
    assert!(line(&file).contains("no folder"));
}
