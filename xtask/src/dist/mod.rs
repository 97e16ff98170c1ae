//! The C library as a package, installed by `cargo xtask dist`.

mod archive;
mod build;
mod install;

pub(crate) use build::flags;

use build::Built;
use std::{
    fs,
    path::{Component, Path, PathBuf},
};

const USAGE: &str =
    "cargo xtask dist --prefix DIR [--libdir DIR] [--destdir DIR] [--features sas|full|FEATURE,...] [--target TRIPLE]";

/// What to build, and where to install it.
struct Choice {
    prefix: PathBuf,
    /// Of the libraries, below the prefix.
    libdir: PathBuf,
    /// A staging folder: prepended to the prefix for copying, and recorded nowhere.
    destdir: Option<PathBuf>,
    /// As they are recorded: `sas` stands for none.
    features: String,
    /// If it is not this system, or not cargo's own choice.
    target: Option<String>,
}

/// Builds the library and installs it.
pub(crate) fn dist(options: &[String]) -> Result<(), String> {
    let choice = choice(options)?;
    let built = Built::new(&choice)?;
    let folder = choice.folder();
    let library =
        install::install(&choice, &folder, &built).map_err(|error| format!("{}: {error}", folder.display()))?;
    let size = fs::metadata(&library).map_err(|error| format!("{}: {error}", library.display()))?.len();
    println!("{}: {size} bytes, {}", library.display(), choice.features);
    Ok(())
}

fn choice(options: &[String]) -> Result<Choice, String> {
    let (mut prefix, mut libdir, mut features, mut target) = (None, PathBuf::from("lib"), "full".to_owned(), None);
    let mut destdir = std::env::var_os("DESTDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
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
    Ok(Choice { prefix, libdir, destdir, features, target })
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
}
