//! Building the static library, and where cargo put it.

use super::{Choice, Standard};
use crate::run::{command, root};
use serde_json::Value;
use std::path::PathBuf;

/// The static library as cargo made it.
pub(super) struct Built {
    pub(super) fixed: PathBuf,
    /// The libraries to link it with.
    pub(super) needed: String,
}

impl Built {
    pub(super) fn new(choice: &Choice) -> Result<Self, String> {
        let is_bare = choice.standard.is_absent();
        let features = choice.standard.features(&choice.features);
        // With the crate type for Rust among them there would be no link-time optimization.
        let profile = if is_bare { "bare" } else { "dist" };
        let library = ["rustc", "--package", "defender-auth-ffi", "--lib", "--profile", profile];
        let mut build = choice.standard.cargo(&library, choice.target.as_deref())?;
        build.args(["--no-default-features", "--features", &features, "--crate-type", "staticlib"]);
        build.args(choice.target.iter().flat_map(|target| ["--target", target]));
        build.arg("--message-format=json-render-diagnostics");
        build.args(["--", "--print", "native-static-libs"]).env("CARGO_ENCODED_RUSTFLAGS", flags(choice.standard));
        let output = build.output().map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("the library cannot be built:\n{said}"));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let files = files(&messages);
        let fixed = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "a"));
        let fixed = fixed.ok_or_else(|| format!("cargo did not report a static library:\n{messages}"))?;
        if is_bare {
            // All that it needs is the program's.
            return Ok(Self { fixed, needed: String::new() });
        }
        let libraries = said.lines().chain(rendered(&messages)).find_map(native);
        let libraries = libraries.ok_or_else(|| format!("cargo did not report the libraries to link with:\n{said}"))?;
        Ok(Self { fixed, needed: libraries })
    }
}

/// The files of the C library, wherever the target folder is and whatever the target.
fn files(messages: &str) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is = |value: Option<&Value>, text: &str| value.is_some_and(|value| value == text);
    let library = messages.filter(|message| {
        is(message.get("reason"), "compiler-artifact") && is(message.pointer("/target/name"), "defenderauth")
    });
    let names = library.filter_map(|message| message.get("filenames")?.as_array().cloned()).flatten();
    names.filter_map(|name| name.as_str().map(PathBuf::from)).collect()
}

/// What the compiler said, which cargo repeats as messages when the library is as it was.
fn rendered(messages: &str) -> impl Iterator<Item = &str> {
    messages.lines().filter(|line| line.contains("native-static-libs: "))
}

/// Every C compiler adds some of them itself, differently for `-static`.
fn native(line: &str) -> Option<String> {
    let (_, libraries) = line.split_once("native-static-libs: ")?;
    let libraries = libraries.split(['"', '\\']).next().unwrap_or_default();
    let needed = libraries.split_whitespace().filter(|library| !["-lc", "-lgcc_s"].contains(library));
    Some(needed.collect::<Vec<_>>().join(" "))
}

/// The caller's flags, plus those that keep this machine's paths out of panic messages.
pub(crate) fn flags(standard: Standard) -> String {
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut flags: Vec<String> = given.split_whitespace().map(str::to_owned).collect();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))) {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    // Where the source of the standard library is installed, the compiler names its files by their places there.
    if let Ok(sysroot) = command("rustc", &["--print", "sysroot"]).output() {
        let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
        flags.push(format!("--remap-path-prefix={sysroot}/lib/rustlib/src/rust=rust"));
    }
    flags.push(format!("--remap-path-prefix={}=.", root().display()));
    flags.extend(standard.flags().iter().map(|flag| (*flag).to_owned()));
    // The separator of this variable: paths may contain spaces.
    flags.join("\x1f")
}
