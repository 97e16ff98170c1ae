//! Files that are made of others are those that are committed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

fn is_as_made(task: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args([task, "--check"]).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{error}");
}

#[test]
fn the_header_is_the_one_that_the_code_makes() {
    is_as_made("header");
}

#[test]
#[ignore = "needs gcc and abigail-tools"]
fn c_programs_that_are_compiled_find_what_they_rely_on() {
    is_as_made("abi");
}
