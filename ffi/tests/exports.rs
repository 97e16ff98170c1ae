//! What the library exports: the functions of the header, each of them in the guard, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const HEADER: &str = include_str!("../../include/defenderauth.h");

/// The functions of the guard.
const GUARDS: [&str; 6] = [
    "guard::call(error, ",
    "guard::make(out, error, ",
    "guard::at_once(",
    "guard::get(",
    "guard::look(",
    "guard::text(",
];

/// The source of the library, without its unit tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\n#[allow").next().unwrap();
                found.push((path, code.split("#[cfg(test)]\nmod").next().unwrap().to_owned()));
            }
        }
    }
    found
}

/// The exported functions of the source, each with its body.
fn functions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, code) in sources() {
        for function in code.split("#[unsafe(no_mangle)]\n").skip(1) {
            let parts = function.strip_prefix("pub extern \"C\" fn ").and_then(|rest| {
                let (name, rest) = rest.split_once('(')?;
                let (_, rest) = rest.split_once("{\n")?;
                Some((name.to_owned(), rest.split_once("\n}\n")?.0.to_owned()))
            });
            found.push(parts.unwrap_or_else(|| panic!("{}: not like the others: {function}", path.display())));
        }
    }
    found
}

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let (_, functions) = HEADER.split_once("extern \"C\" {").unwrap();
    let lines = functions.lines().filter(|line| !line.starts_with(['#', '/', ' ', '}']));
    let names = lines.filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_function_is_one_call_of_the_guard() {
    let functions = functions();
    assert!(!functions.is_empty());
    for (name, body) in functions {
        // Nothing else is at the first level: what follows there closes the call.
        let mut level = body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        let first = level.next().unwrap_or_default().trim();
        assert!(GUARDS.iter().any(|guard| first.starts_with(guard)), "{name}: {body}");
        assert!(level.all(|line| line.trim().starts_with([')', '}'])), "{name} does something outside of it: {body}");
    }
}

#[test]
fn the_header_declares_exactly_the_exported_functions() {
    let exported: BTreeSet<String> = functions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(declared(), exported, "call `cargo xtask header`");
}

#[test]
#[ignore = "needs nm"]
fn the_shared_library_exports_exactly_what_the_header_declares() {
    let library = env::current_exe().unwrap().with_file_name("libdefenderauth.so");
    let output = Command::new("nm").args(["--dynamic", "--defined-only"]).arg(&library).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<String> = text.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(exported, declared());
}

#[test]
fn unsafe_blocks_are_only_where_the_callers_memory_is_accessed_or_taken() {
    let mut homes = BTreeSet::new();
    for (path, code) in sources() {
        let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        if code.replace("#[unsafe(no_mangle)]", "").contains("unsafe") {
            homes.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(homes, BTreeSet::from(["bare.rs", "input.rs", "output.rs"].map(String::from)));
}
