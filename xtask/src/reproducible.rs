//! The same bytes from two builds in different folders, so that what is published can be compared with its source.

use crate::{
    folder,
    run::{command, root, run, target},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What an installation consists of, in the folder of the libraries.
const FILES: [&str; 4] =
    ["libdefenderauth.so", "libdefenderauth.a", "pkgconfig/defenderauth.pc", "../include/defenderauth.h"];

/// Builds the C library in two copies of the committed tree, and compares. `--features` as for `dist`, `sas` unless named.
pub(crate) fn reproducible(options: &[String]) -> Result<(), String> {
    let features = match options {
        [] => "sas",
        [name, features] if name == "--features" => features,
        _ => return Err("usage: cargo xtask reproducible [--features sas|full|FEATURE,...]".into()),
    };
    let base = root().join(target()).join("reproducible");
    folder::remove(&base)?;
    // Of different lengths, because a path may also be padded.
    let [first, second] = [base.join("a"), base.join("another folder")];
    let (one, other) = (build(&first, features)?, build(&second, features)?);
    for file in FILES {
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
fn build(folder: &Path, features: &str) -> Result<PathBuf, String> {
    let place = folder.display().to_string();
    run(command("git", &["clone", "--quiet", &root().display().to_string(), &place]))?;
    let mut dist =
        command("cargo", &["xtask", "dist", "--features", features, "--prefix", "/usr", "--destdir", "root"]);
    dist.current_dir(folder).env_remove("CARGO_TARGET_DIR").env_remove("DESTDIR");
    run(dist)?;
    Ok(folder.join("root/usr/lib"))
}
