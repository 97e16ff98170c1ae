//! The C library as a package, installed by `cargo xtask dist`.

mod archive;
mod audit;
mod build;
mod coff;
mod install;
mod object;
mod standard;
mod windows;

use crate::run::{self, root};
use build::Built;
pub(crate) use build::flags;
pub(crate) use standard::Standard;
use std::{
    fs,
    path::{Component, Path, PathBuf},
};
pub(crate) use windows::check_windows;

const USAGE: &str = "cargo xtask dist --prefix DIR [--libdir DIR] [--destdir DIR] [--features sas|full|FEATURE,...] [--target TRIPLE] \
                     [--small] [--bare] [--auditable]";

/// The target for Windows whose compilers are everywhere.
pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// What to build, and where to install it.
pub(crate) struct Choice {
    prefix: PathBuf,
    /// Of the libraries, below the prefix.
    libdir: PathBuf,
    /// A staging folder: prepended to the prefix for copying, and recorded nowhere.
    destdir: Option<PathBuf>,
    /// As they are recorded: `sas` stands for none.
    features: String,
    /// If it is not this system, or not cargo's own choice.
    target: Option<String>,
    standard: Standard,
    /// Whether the shared library names the crates that it was built from.
    is_auditable: bool,
}

/// Builds the library and installs it.
pub(crate) fn dist(options: &[String]) -> Result<(), String> {
    let choice = choice(options)?;
    let library = made(&choice)?;
    let size = fs::metadata(&library).map_err(|error| format!("{}: {error}", library.display()))?.len();
    println!("{}: {size} bytes, {}", library.display(), choice.features);
    Ok(())
}

/// Builds the library without the standard library for a target, or for this system, and installs it below a folder.
pub(crate) fn bare(prefix: &Path, target: Option<&str>, features: &str, standard: Standard) -> Result<(), String> {
    made(&Choice::below(prefix, target, features, standard)).map(drop)
}

/// Builds the shared library, and returns its size in bytes.
pub(crate) fn shared(standard: Standard, features: &str) -> Result<u64, String> {
    let prefix = root().join(run::target()).join("size").join(standard.name()).join(features);
    let library = made(&Choice::below(&prefix, None, features, standard))?;
    Ok(fs::metadata(&library).map_err(|error| format!("{}: {error}", library.display()))?.len())
}

/// Builds and installs, and returns the path of the shared library, or of the static one where there is no other.
fn made(choice: &Choice) -> Result<PathBuf, String> {
    let built = Built::new(choice)?;
    let folder = choice.folder();
    install::install(choice, &folder, &built).map_err(|error| format!("{}: {error}", folder.display()))
}

fn choice(options: &[String]) -> Result<Choice, String> {
    let (mut prefix, mut libdir, mut features, mut target) = (None, PathBuf::from("lib"), "full".to_owned(), None);
    let mut destdir = std::env::var_os("DESTDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let flags: Vec<&String> =
        options.iter().filter(|option| ["--small", "--bare", "--auditable"].contains(&option.as_str())).collect();
    let options: Vec<String> = options.iter().filter(|option| !flags.contains(option)).cloned().collect();
    for option in options.chunks(2) {
        match option {
            [name, value] if name == "--prefix" => prefix = Some(PathBuf::from(value)),
            [name, value] if name == "--libdir" => libdir = PathBuf::from(value),
            [name, value] if name == "--destdir" => destdir = Some(PathBuf::from(value)),
            [name, value] if name == "--features" => features.clone_from(value),
            [name, value] if name == "--target" => target = Some(value.clone()),
            _ => return Err(format!("{}: no such option\n\n{USAGE}", option.join(" "))),
        }
    }
    let prefix = prefix.ok_or_else(|| format!("--prefix is missing: the folder to install into\n\n{USAGE}"))?;
    if !prefix.is_absolute() {
        return Err(format!("{}: the prefix must be an absolute path, because files record it", prefix.display()));
    }
    let libdir = below(&prefix, &libdir)?;
    let is_bare = target.as_ref().is_some_and(|target| target.contains("-none"));
    let has = |name: &str| flags.iter().any(|flag| *flag == name);
    let is_bare = is_bare || has("--bare");
    let is_auditable = has("--auditable");
    if is_bare && is_auditable {
        return Err("--auditable: the list of crates is in the shared library, and bare metal has none".into());
    }
    let standard = match (is_bare, has("--small")) {
        (false, false) => Standard::Given,
        (false, true) => Standard::Small,
        (true, false) => Standard::Absent,
        (true, true) => Standard::AbsentSmall,
    };
    let features = if is_default(&features) && is_bare { "flows".into() } else { features };
    standard.check(&features)?;
    let choice = Choice { prefix, libdir, destdir, features, target, standard, is_auditable };
    match choice.target() {
        Some(other) if choice.is_for_windows() && other != WINDOWS => Err(format!(
            "{other}: the target for Windows is {WINDOWS}; its import library defenderauth.lib is for MSVC's linker"
        )),
        _ if choice.is_for_windows() && is_bare => Err("--bare: there is no bare metal on Windows".into()),
        _ => Ok(choice),
    }
}

/// Whether everything that can be had is to be built.
fn is_default(features: &str) -> bool {
    features == "full"
}

/// The folder of the libraries as a path from the prefix.
fn below(prefix: &Path, libdir: &Path) -> Result<PathBuf, String> {
    let relative = libdir.strip_prefix(prefix).unwrap_or(libdir);
    let is_below = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let is_empty = relative.as_os_str().is_empty();
    if is_below && !is_empty {
        return Ok(relative.to_owned());
    }
    Err(format!("{}: the folder of the libraries must be below {}", libdir.display(), prefix.display()))
}

impl Choice {
    /// For a folder that only xtask uses.
    fn below(prefix: &Path, target: Option<&str>, features: &str, standard: Standard) -> Self {
        Self {
            prefix: prefix.to_owned(),
            libdir: PathBuf::from("lib"),
            destdir: None,
            features: features.to_owned(),
            target: target.map(str::to_owned),
            standard,
            is_auditable: false,
        }
    }

    /// The target as it was named, here or in the environment.
    fn target(&self) -> Option<String> {
        self.target.clone().or_else(|| std::env::var("CARGO_BUILD_TARGET").ok())
    }

    fn is_for_windows(&self) -> bool {
        self.target().map_or(cfg!(windows), |target| target.contains("-windows-"))
    }

    /// Where the files are written.
    fn folder(&self) -> PathBuf {
        let inside = self.prefix.strip_prefix("/").unwrap_or(&self.prefix);
        self.destdir.as_ref().map_or_else(|| self.prefix.clone(), |destdir| destdir.join(inside))
    }

    /// The way from the folder of the libraries to the prefix.
    fn up(&self) -> String {
        vec![".."; self.libdir.components().count()].join("/")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn chosen(options: &[&str]) -> Result<Choice, String> {
        choice(&options.iter().map(|option| (*option).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_library_folder_is_below_the_prefix() {
        let multiarch = chosen(&["--prefix", "/usr", "--libdir", "lib/x86_64-linux-gnu"]).unwrap();
        assert_eq!((multiarch.libdir.to_str().unwrap(), &*multiarch.up()), ("lib/x86_64-linux-gnu", "../.."));
        let absolute = chosen(&["--prefix", "/usr", "--libdir", "/usr/lib64"]).unwrap();
        assert_eq!((absolute.libdir.to_str().unwrap(), &*absolute.up()), ("lib64", ".."));
        for outside in ["/opt/lib", "../lib", "/usr", ""] {
            assert!(chosen(&["--prefix", "/usr", "--libdir", outside]).is_err(), "{outside}");
        }
    }

    #[test]
    fn for_windows_there_is_one_target() {
        let with = |options: &[&str]| chosen(&[&["--prefix", "/usr"], options].concat());
        assert!(with(&["--target", WINDOWS]).unwrap().is_for_windows());
        assert!(!with(&["--target", "x86_64-unknown-linux-gnu"]).unwrap().is_for_windows());
        for other in ["x86_64-pc-windows-msvc", "i686-pc-windows-gnu", "aarch64-pc-windows-gnullvm"] {
            assert!(with(&["--target", other]).err().unwrap().contains(WINDOWS), "{other}");
        }
        assert!(with(&["--target", WINDOWS, "--bare"]).is_err());
    }
}
