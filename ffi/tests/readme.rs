//! `ffi/README.md` lists every function.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

const README: &str = include_str!("../README.md");
const PROMISES: &str = include_str!("../abi/defenderauth.txt");

#[test]
fn every_function_is_in_the_table() {
    let (_, table) = README.split_once("| C | Rust |").unwrap();
    let functions = PROMISES.lines().filter(|line| !line.starts_with(['#', 't']) && line.contains('('));
    let names: Vec<&str> =
        functions.map(|line| line.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap()).collect();
    assert!(names.contains(&"defenderauth_key_derive"));
    for name in names {
        assert!(table.contains(&format!("`{name}`")), "{name} is not in the table of ffi/README.md");
    }
}
