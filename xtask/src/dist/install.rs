//! Copying what was built, and the files by which other build systems find it.

use super::{Choice, build::Built, object::Object};
use crate::header;
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The version in the soname, which `ffi/build.rs` writes into the library.
const ABI: &str = "0";

const PKG_CONFIG: &str = include_str!("../../../ffi/dist/defenderauth.pc.in");
const CMAKE: &str = include_str!("../../../ffi/dist/defenderauth-config.cmake.in");
const CMAKE_VERSION: &str = include_str!("../../../ffi/dist/defenderauth-config-version.cmake.in");

/// What a program for bare metal defines.
const HOOKS: &str = "defenderauth_hooks.h";

/// Installs into a folder, and returns the path of the shared library, or of the static one where there is no other.
pub(super) fn install(choice: &Choice, folder: &Path, built: &Built) -> Result<PathBuf, String> {
    let (include, lib) = (folder.join("include"), folder.join(&choice.libdir));
    let (pkg_config, cmake) = (lib.join("pkgconfig"), lib.join("cmake").join("defenderauth"));
    for folder in [&include, &pkg_config] {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    copy(&header::path(), &include.join("defenderauth.h"), 0o644)?;

    let fixed = lib.join("libdefenderauth.a");
    let object = Object::new(choice, built)?;
    object.archive(&fixed)?;

    let fill = |template: &str| {
        let (libdir, up) = (choice.libdir.display().to_string(), choice.up());
        let major = VERSION.split('.').next().unwrap_or_default();
        let words = [
            ("up", &*up),
            ("libdir", &*libdir),
            ("version", VERSION),
            ("major", major),
            ("features", &choice.features),
            ("libraries", &built.needed),
        ];
        words.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value))
    };
    let write = |path: PathBuf, template| fs::write(path, fill(template)).map_err(|error| error.to_string());
    write(pkg_config.join("defenderauth.pc"), PKG_CONFIG)?;
    if choice.standard.is_absent() {
        copy(&header::path().with_file_name(HOOKS), &include.join(HOOKS), 0o644)?;
        return Ok(fixed);
    }
    let (name, soname) = (format!("libdefenderauth.so.{VERSION}"), format!("libdefenderauth.so.{ABI}"));
    object.shared(&lib.join(&name), &soname)?;
    link(&name, &lib.join(&soname))?;
    link(&soname, &lib.join("libdefenderauth.so"))?;
    fs::create_dir_all(&cmake).map_err(|error| error.to_string())?;
    write(cmake.join("defenderauth-config.cmake"), CMAKE)?;
    write(cmake.join("defenderauth-config-version.cmake"), CMAKE_VERSION)?;
    Ok(lib.join(name))
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
