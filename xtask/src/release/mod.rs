//! Every file of a release, in one folder. Nothing is published.

mod archive;
mod components;
mod recipes;
mod windows;

use crate::{
    deb, dist, folder, package, platforms,
    run::{command, root, run, target},
};
pub(crate) use archive::SOURCE;
use std::{
    fs,
    path::{Path, PathBuf},
};

const USAGE: &str = "usage: cargo xtask release --dry-run [--here]";

/// A part of the release: what it is called when it cannot be made, and what makes it in the folder.
type Step = (&'static str, fn(&Path) -> Result<(), String>);

const STEPS: [Step; 8] = [
    ("source archive", archive::source),
    ("recipes for Yocto and vcpkg", recipes::recipes),
    ("lists of components", components::components),
    ("C library", library),
    ("static command", static_command),
    ("C library and programs for Windows", windows::windows),
    ("Debian packages", debian),
    ("crates", crates),
];

/// Makes what can be made here, and says what could not and why. In a clean clone, or with `--here` in this tree as it is.
pub(crate) fn release(options: &[String]) -> Result<(), String> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    match *options {
        ["--dry-run"] => in_clone(),
        ["--dry-run", "--here"] => here(),
        _ => Err(format!("{USAGE}\nthe commands that publish are in RELEASING.md")),
    }
}

/// The committed state, in a folder that has nothing else.
fn in_clone() -> Result<(), String> {
    let clone = root().join(target()).join("clone");
    folder::remove(&clone)?;
    run(command("git", &["clone", "--quiet", &root().display().to_string(), &clone.display().to_string()]))?;
    let mut release = command("cargo", &["xtask", "release", "--dry-run", "--here"]);
    release.current_dir(&clone).env_remove("CARGO_TARGET_DIR");
    run(release)
}

fn here() -> Result<(), String> {
    let folder = root().join(target()).join("release-files");
    folder::empty(&folder)?;
    let mut missing = Vec::new();
    for (name, make) in STEPS {
        if let Err(error) = make(&folder) {
            missing.push(format!("{name}: {}", error.lines().next().unwrap_or_default()));
        }
    }
    sums(&folder)?;
    for (name, size) in files(&folder)? {
        println!("{size:>10} {name}");
    }
    println!("in {}", folder.display());
    for reason in missing.iter().map(String::as_str).chain(NOT_HERE) {
        println!("not made: {reason}");
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("{} parts of the release were not made", missing.len())) }
}

/// What no step makes.
const NOT_HERE: [&str; 2] = [
    "signatures of the programs and the library for Windows (Authenticode): they need a certificate",
    "signatures of the tag and of SHA256SUMS: they need a person's key",
];

/// The archive of the source and the recipes with its checksums, without the rest.
pub(crate) fn sources(folder: &Path) -> Result<(), String> {
    archive::source(folder)?;
    recipes::recipes(folder)
}

fn library(folder: &Path) -> Result<(), String> {
    let staging = staging("library")?;
    let staged = staging.display().to_string();
    let options = ["--prefix", "/usr/local", "--features", "full", "--auditable", "--destdir", &staged];
    dist::dist(&options.map(str::to_owned))?;
    archive::pack(&staging.join("usr/local"), &folder.join(format!("{}.tar.gz", named("libdefenderauth", "linux-gnu"))))
}

fn static_command(folder: &Path) -> Result<(), String> {
    let program = platforms::static_command()?;
    copy(&program, &folder.join(named("defenderauth", "linux-static")))
}

fn debian(folder: &Path) -> Result<(), String> {
    deb::deb(&[])?;
    copy_all(&target().join("deb"), "deb", folder)
}

fn crates(folder: &Path) -> Result<(), String> {
    package::package(&[])?;
    copy_all(&target().join("package"), "crate", folder)
}

/// `defenderauth-0.2.0-x86_64-linux-static`
fn named(what: &str, system: &str) -> String {
    format!("{what}-{}-{}-{system}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH)
}

/// In the form that `sha256sum --check` reads.
fn sums(folder: &Path) -> Result<(), String> {
    let names: Vec<String> = files(folder)?.into_iter().map(|(name, _)| name).collect();
    let output = command("sha256sum", &[]).current_dir(folder).args(&names).output();
    let output = output.map_err(|error| format!("sha256sum: {error}"))?;
    if !output.status.success() {
        return Err(format!("sha256sum: {}", String::from_utf8_lossy(&output.stderr)));
    }
    fs::write(folder.join("SHA256SUMS"), output.stdout).map_err(|error| format!("SHA256SUMS: {error}"))
}

/// The files of a folder and their sizes, by name.
fn files(folder: &Path) -> Result<Vec<(String, u64)>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        files.push((entry.file_name().to_string_lossy().into_owned(), entry.metadata().map_err(failed)?.len()));
    }
    files.sort();
    Ok(files)
}

/// The files with this extension.
fn copy_all(from: &Path, extension: &str, folder: &Path) -> Result<(), String> {
    let is_one = |name: &str| Path::new(name).extension().is_some_and(|its| its == extension);
    let names = files(from)?.into_iter().map(|(name, _)| name).filter(|name| is_one(name));
    names.into_iter().try_for_each(|name| copy(&from.join(&name), &folder.join(&name)))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

/// An empty folder for what is packed.
fn staging(name: &str) -> Result<PathBuf, String> {
    let folder = root().join(target()).join("staging").join(name);
    folder::empty(&folder)?;
    Ok(folder)
}
