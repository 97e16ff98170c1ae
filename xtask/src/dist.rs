//! The C library as a package, installed by `cargo xtask dist`.

use crate::{
    header,
    run::{cargo, command, root, run, target},
};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The version in the soname, which `ffi/build.rs` writes into the library.
const ABI: &str = "0";

const PKG_CONFIG: &str = include_str!("../../ffi/dist/defenderauth.pc.in");
const CMAKE: &str = include_str!("../../ffi/dist/defenderauth-config.cmake.in");
const CMAKE_VERSION: &str = include_str!("../../ffi/dist/defenderauth-config-version.cmake.in");

/// What to build, and where to install it.
struct Choice {
    prefix: PathBuf,
    /// A staging folder: prepended to the prefix for copying, and recorded nowhere.
    destdir: Option<PathBuf>,
    features: String,
}

/// Builds the library and installs it.
pub(crate) fn dist(options: &[String]) -> Result<(), String> {
    let choice = choice(options)?;
    let libraries = build(&choice.features)?;
    let folder = choice.folder();
    install(&choice, &folder, &libraries).map_err(|error| format!("{}: {error}", folder.display()))?;
    let built = folder.join("lib").join(format!("libdefenderauth.so.{VERSION}"));
    let size = fs::metadata(&built).map_err(|error| format!("{}: {error}", built.display()))?.len();
    println!("{}: {size} bytes, {}", built.display(), choice.features);
    Ok(())
}

fn choice(options: &[String]) -> Result<Choice, String> {
    const USAGE: &str = "cargo xtask dist --prefix DIR [--destdir DIR] [--features sas|tpm|full]";
    let (mut prefix, mut features) = (None, "full".to_owned());
    let mut destdir = std::env::var_os("DESTDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    for option in options.chunks(2) {
        match option {
            [name, value] if name == "--prefix" => prefix = Some(PathBuf::from(value)),
            [name, value] if name == "--destdir" => destdir = Some(PathBuf::from(value)),
            [name, value] if name == "--features" => features.clone_from(value),
            _ => return Err(format!("{}: no such option\n\n{USAGE}", option.join(" "))),
        }
    }
    let prefix = prefix.ok_or_else(|| format!("--prefix is missing: the folder to install into\n\n{USAGE}"))?;
    if !prefix.is_absolute() {
        return Err(format!("{}: the prefix must be an absolute path, because files record it", prefix.display()));
    }
    if !["sas", "tpm", "full"].contains(&features.as_str()) {
        return Err(format!("{features}: no such features\n\n{USAGE}"));
    }
    Ok(Choice { prefix, destdir, features })
}

impl Choice {
    /// Where the files are written.
    fn folder(&self) -> PathBuf {
        let inside = self.prefix.strip_prefix("/").unwrap_or(&self.prefix);
        self.destdir.as_ref().map_or_else(|| self.prefix.clone(), |destdir| destdir.join(inside))
    }
}

/// Builds both libraries and returns the libraries to link the static one with.
fn build(features: &str) -> Result<String, String> {
    let features = if features == "sas" { "" } else { features };
    // With the crate type for Rust among them there would be no link-time optimisation.
    let mut build = cargo(&["rustc", "--package", "defender-auth-ffi", "--lib", "--profile", "dist"]);
    build.args(["--no-default-features", "--features", features, "--crate-type", "cdylib,staticlib"]);
    build.args(["--", "--print", "native-static-libs"]).env("CARGO_ENCODED_RUSTFLAGS", flags());
    let output = build.output().map_err(|error| format!("cargo: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the library cannot be built:\n{said}"));
    }
    let libraries = said.lines().find_map(|line| line.split_once("native-static-libs: "));
    let (_, libraries) =
        libraries.ok_or_else(|| format!("cargo did not report the libraries to link with:\n{said}"))?;
    // Every C compiler adds these itself, differently for `-static`.
    let needed = libraries.split_whitespace().filter(|library| !["-lc", "-lgcc_s"].contains(library));
    Ok(needed.collect::<Vec<_>>().join(" "))
}

/// The caller's flags, plus those that keep this machine's paths out of panic messages.
fn flags() -> String {
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut flags: Vec<String> = given.split_whitespace().map(str::to_owned).collect();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))) {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    flags.push(format!("--remap-path-prefix={}=.", root().display()));
    // The separator of this variable: paths may contain spaces.
    flags.join("\x1f")
}

fn install(choice: &Choice, folder: &Path, libraries: &str) -> Result<(), String> {
    let built = target().join("dist");
    let (include, lib) = (folder.join("include"), folder.join("lib"));
    let (pkg_config, cmake) = (lib.join("pkgconfig"), lib.join("cmake").join("defenderauth"));
    for folder in [&include, &pkg_config, &cmake] {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    copy(&header::path(), &include.join("defenderauth.h"), 0o644)?;

    let shared = format!("libdefenderauth.so.{VERSION}");
    copy(&built.join("libdefenderauth.so"), &lib.join(&shared), 0o755)?;
    link(&shared, &lib.join(format!("libdefenderauth.so.{ABI}")))?;
    link(&format!("libdefenderauth.so.{ABI}"), &lib.join("libdefenderauth.so"))?;
    let archive = lib.join("libdefenderauth.a");
    copy(&built.join("libdefenderauth.a"), &archive, 0o644)?;
    // Cargo strips what is linked, and an archive is not.
    run(command("strip", &["--strip-debug", &archive.display().to_string()]))?;

    let fill = |template: &str| {
        let prefix = choice.prefix.display().to_string();
        let major = VERSION.split('.').next().unwrap_or_default();
        let words = [("prefix", &*prefix), ("version", VERSION), ("major", major), ("features", &choice.features)];
        let text = template.replace("@libraries@", libraries);
        words.iter().fold(text, |text, (name, value)| text.replace(&format!("@{name}@"), value))
    };
    let write = |path: PathBuf, template| fs::write(path, fill(template)).map_err(|error| error.to_string());
    write(pkg_config.join("defenderauth.pc"), PKG_CONFIG)?;
    write(cmake.join("defenderauth-config.cmake"), CMAKE)?;
    write(cmake.join("defenderauth-config-version.cmake"), CMAKE_VERSION)
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let copied = fs::copy(from, to).and_then(|_| fs::set_permissions(to, fs::Permissions::from_mode(mode)));
    copied.map_err(|error| format!("{}: {error}", from.display()))
}

/// A link, replacing one of an earlier installation.
fn link(to: &str, at: &Path) -> Result<(), String> {
    if at.is_symlink() {
        fs::remove_file(at).map_err(|error| error.to_string())?;
    }
    symlink(to, at).map_err(|error| format!("{}: {error}", at.display()))
}
