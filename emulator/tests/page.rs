//! The manual page of the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

fn emulator(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator")).args(arguments).output().unwrap()
}

#[test]
fn the_page_has_every_option_of_the_help() {
    let [page, help] = ["--man", "--help"].map(|option| {
        let output = emulator(&[option]);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    });
    let options: Vec<&str> = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")).collect();
    assert!(options.len() > 10, "{help}");
    for option in options {
        let name = option.split(' ').next().unwrap().replace('-', "\\-");
        assert!(page.contains(&format!("\\-\\-{name}")), "{name}");
    }
    assert!(page.starts_with(".ie") && page.contains("\n.SH NAME\n"), "{page}");
}

#[test]
fn it_is_an_option_alone() {
    let output = emulator(&["--man", "--json"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
#[ignore = "needs groff"]
fn groff_has_nothing_to_say_about_it() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{}.1", std::process::id()));
    std::fs::write(&file, emulator(&["--man"]).stdout).unwrap();
    let output = Command::new("groff").args(["-Kutf8", "-man", "-ww", "-z", "-Tutf8"]).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
