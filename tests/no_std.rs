//! The core needs neither the standard library nor an operating system.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Builds the library against a toolchain that holds `core` and `alloc` and nothing else: as soon as a dependency
/// uses `std`, there is none.
#[test]
#[cfg_attr(windows, ignore = "needs cargo, which wine does not have")]
fn the_core_builds_without_std() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_std");
    let target = host();
    let sysroot = work.join("sysroot");
    let libraries = sysroot.join("lib").join("rustlib").join(&target).join("lib");
    let _ = fs::remove_dir_all(&sysroot);
    fs::create_dir_all(&libraries).unwrap();
    let mut copied = 0;
    for file in fs::read_dir(ask(&["--print", "target-libdir"])).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if ["libcore-", "liballoc-", "libcompiler_builtins-"].iter().any(|library| name.starts_with(library)) {
            fs::copy(&file, libraries.join(name)).unwrap();
            copied += 1;
        }
    }
    assert!(copied >= 3, "{copied} libraries");

    let build = |features: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--lib", "--offline", "--target", &target]).args(features).current_dir(root);
        cargo.env("CARGO_TARGET_DIR", &work).env("RUSTFLAGS", format!("--sysroot={}", sysroot.display()));
        // Neither flags nor programs that a measured build is made with: they bring `std`.
        cargo.env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("RUSTC_WRAPPER").output().unwrap()
    };
    for features in [&["--no-default-features"] as &[&str], &["--no-default-features", "--features", "session,tpm"]] {
        let output = build(features);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // The proof proves something: with its default features the library does want the standard library.
    let output = build(&[]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("can't find crate for `std`"), "{error}");
}

fn ask(arguments: &[&str]) -> PathBuf {
    let output = Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into())).args(arguments).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().into()
}

fn host() -> String {
    let version = ask(&["-vV"]).display().to_string();
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().into()
}
