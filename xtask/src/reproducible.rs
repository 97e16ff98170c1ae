//! The same bytes from two builds in different folders, so that what is published can be compared with its source.

use crate::{
    dist, folder,
    run::{command, root, run, target},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What an installation consists of, in the folder of the libraries.
const FILES: [&str; 4] =
    ["libdefenderauth.so", "libdefenderauth.a", "pkgconfig/defenderauth.pc", "../include/defenderauth.h"];

/// The same for Windows.
const WINDOWS: [&str; 6] = [
    "../bin/defenderauth.dll",
    "libdefenderauth.a",
    "libdefenderauth.dll.a",
    "defenderauth.lib",
    "defenderauth.def",
    "pkgconfig/defenderauth.pc",
];

/// Builds the C library in two copies of the committed tree, and compares. `--features` as for `dist`, `sas` unless named.
pub(crate) fn reproducible(options: &[String]) -> Result<(), String> {
    let words: Vec<&str> = options.iter().map(String::as_str).collect();
    let (is_windows, words) = match words.as_slice() {
        ["--windows", rest @ ..] => (true, rest),
        all => (false, all),
    };
    let features = match words {
        [] => "sas",
        ["--features", features] => features,
        _ => return Err("usage: cargo xtask reproducible [--windows] [--features sas|full|FEATURE,...]".into()),
    };
    let mut choice = vec!["--features", features];
    choice.extend(is_windows.then_some(["--target", dist::WINDOWS]).into_iter().flatten());
    let files = if is_windows { WINDOWS.as_slice() } else { &FILES };
    let base = root().join(target()).join("reproducible");
    folder::remove(&base)?;
    // Of different lengths, because a path may also be padded.
    let [first, second] = [base.join("a"), base.join("another folder")];
    let (one, other) = (build(&first, &choice)?, build(&second, &choice)?);
    for file in files {
        let read = |lib: &Path| fs::read(lib.join(file)).map_err(|error| format!("{file}: {error}"));
        let (one, other) = (read(&one)?, read(&other)?);
        if one != other {
            return Err(format!("{file} differs between {} and {}", first.display(), second.display()));
        }
        println!("{file}: {} bytes, the same", one.len());
    }
    folder::remove(&base)
}

/// Returns the folder of the libraries.
fn build(folder: &Path, choice: &[&str]) -> Result<PathBuf, String> {
    let place = folder.display().to_string();
    run(command("git", &["clone", "--quiet", &root().display().to_string(), &place]))?;
    let mut dist = command("cargo", &["xtask", "dist", "--prefix", "/usr", "--destdir", "root"]);
    dist.args(choice);
    dist.current_dir(folder).env_remove("CARGO_TARGET_DIR").env_remove("DESTDIR");
    run(dist)?;
    Ok(folder.join("root/usr/lib"))
}
