//! What the numbers of errors mean.

use crate::support::defenderauth;
use std::fs;

#[test]
fn a_number_is_explained_with_its_causes_and_what_tells_them_apart() {
    let run = defenderauth(&["explain", "connack:5"], "").done();
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], "connack:5 NOT_AUTHORIZED");
    assert_eq!(lines[1], "  the client is not authorized (CONNACK 5)");
    assert!(lines[2].starts_with("  1. the hub has other keys"), "{}", run.out);
    assert!(lines[3].starts_with("     `defenderauth inspect FILE`"), "{}", run.out);
}

#[test]
fn a_number_of_several_families_is_explained_in_each() {
    for (asked, numbers) in [
        (&["0x87"][..], &["mqtt5:0x87", "tpm:0x87"][..]),
        (&["401002"], &["dps:401002", "hub:401002"]),
        (&["CONNACK", "5"], &["connack:5"]),
        (&["TPM_RC_LOCKOUT"], &["tpm:0x921"]),
        (&["hub-rejected"], &["901"]),
    ] {
        let arguments = [&["explain", "--json"], asked].concat();
        let report = defenderauth(&arguments, "").done().json();
        let entries = report["entries"].as_array().unwrap();
        let found: Vec<&str> = entries.iter().map(|entry| entry["number"].as_str().unwrap()).collect();
        assert_eq!(found, numbers);
        for entry in entries {
            let cause = &entry["causes"][0];
            assert!(["code", "text", "check"].iter().all(|name| cause[name].is_string()), "{entry}");
        }
    }
}

#[test]
fn a_number_of_no_error_is_a_mistake_of_the_call() {
    for unknown in ["0", "connack:9", "mqtt5:0x00", "tpm:0x0", "nonsense", "lib:5000"] {
        defenderauth(&["explain", unknown], "").failed(2, &[unknown, "connack:", "fault: the call"]);
    }
    defenderauth(&["explain"], "").misused(&["<CODE|--all"]);
    defenderauth(&["explain", "1", "2", "3"], "").misused(&["3"]);
}

#[test]
fn the_page_is_the_one_that_the_command_prints() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
    let printed = defenderauth(&["explain", "--markdown"], "").done().out;
    assert!(fs::read_to_string(page).unwrap() == printed, "docs/errors.md is old; call `cargo xtask errors`");
}
