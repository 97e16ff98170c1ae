//! The soak's verdict on memory and files: what rises is found, and what is flat is not.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "soak/watch.rs"]
mod watch;

use watch::{Sample, Watch};

/// An hour, one look a minute.
fn is_flat(line: impl Fn(u64) -> Sample) -> bool {
    let mut watch = Watch::new("fleet", std::process::id());
    (0..60).for_each(|minute| {
        watch.note(line(minute));
    });
    watch.verdict().1
}

#[test]
fn a_line_that_swings_about_a_level_is_flat() {
    assert!(is_flat(|minute| Sample { memory: 20_000 + minute % 7 * 500, files: 8 }));
}

#[test]
fn what_grows_in_the_beginning_alone_is_flat() {
    assert!(is_flat(|minute| Sample { memory: 10_000 + minute.min(5) * 3000, files: 8 }));
}

#[test]
fn memory_that_grows_all_the_time_is_found() {
    assert!(!is_flat(|minute| Sample { memory: 20_000 + minute * 70, files: 8 }));
}

#[test]
fn a_file_that_stays_open_is_found() {
    assert!(!is_flat(|minute| Sample { memory: 20_000, files: if minute == 59 { 9 } else { 8 } }));
}

#[test]
fn a_look_counts_the_files_that_are_open() {
    let mut watch = Watch::new("fleet", std::process::id());
    let before = watch.look();
    let files: Vec<_> = (0..50).map(|_| std::fs::File::open("Cargo.toml").unwrap()).collect();
    let with = watch.look();
    assert!(before.memory > 0 && with.files >= files.len(), "{} and {}", before.files, with.files);
}
