//! Copying what was built, and the files by which other build systems find it.

use super::{Choice, build::Built, object::Object};
use crate::header;
use std::{
    fs,
    path::{Path, PathBuf},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The version in the soname, which `ffi/build.rs` writes into the library.
const ABI: &str = "0";

const PKG_CONFIG: &str = include_str!("../../../ffi/dist/defenderauth.pc.in");
const CMAKE: &str = include_str!("../../../ffi/dist/defenderauth-config.cmake.in");
const CMAKE_WINDOWS: &str = include_str!("../../../ffi/dist/windows/defenderauth-config.cmake.in");
const CMAKE_VERSION: &str = include_str!("../../../ffi/dist/defenderauth-config-version.cmake.in");
const RESOURCE: &str = include_str!("../../../ffi/dist/windows/defenderauth.rc.in");

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
    if choice.is_for_windows() {
        object.archive_coff(&fixed)?;
    } else {
        object.archive(&fixed)?;
    }

    let fill = |template: &str| {
        let (libdir, up) = (choice.libdir.display().to_string(), choice.up());
        let major = VERSION.split('.').next().unwrap_or_default();
        // A resource of Windows has four numbers.
        let numbers = format!("{},0", VERSION.split('-').next().unwrap_or_default().replace('.', ","));
        let words = [
            ("up", &*up),
            ("libdir", &*libdir),
            ("version", VERSION),
            ("major", major),
            ("numbers", &*numbers),
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
    fs::create_dir_all(&cmake).map_err(|error| error.to_string())?;
    write(cmake.join("defenderauth-config-version.cmake"), CMAKE_VERSION)?;
    if choice.is_for_windows() {
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).map_err(|error| error.to_string())?;
        let dll = bin.join("defenderauth.dll");
        object.dll(&dll, &lib, &fill(RESOURCE))?;
        write(cmake.join("defenderauth-config.cmake"), CMAKE_WINDOWS)?;
        return Ok(dll);
    }
    let (name, soname) = (format!("libdefenderauth.so.{VERSION}"), format!("libdefenderauth.so.{ABI}"));
    object.shared(&lib.join(&name), &soname)?;
    link(&name, &lib.join(&soname))?;
    link(&soname, &lib.join("libdefenderauth.so"))?;
    write(cmake.join("defenderauth-config.cmake"), CMAKE)?;
    Ok(lib.join(name))
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    let copied = fs::copy(from, to).and_then(|_| set_mode(to, mode));
    copied.map_err(|error| format!("{}: {error}", from.display()))
}

#[cfg(unix)]
fn set_mode(file: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(mode))
}

/// Files have the access list of their folder.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
fn set_mode(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

/// A link, replacing one of an earlier installation.
fn link(to: &str, at: &Path) -> Result<(), String> {
    if at.is_symlink() {
        fs::remove_file(at).map_err(|error| error.to_string())?;
    }
    symlink(to, at).map_err(|error| format!("{}: {error}", at.display()))
}

#[cfg(unix)]
use std::os::unix::fs::symlink;

#[cfg(not(unix))]
fn symlink(_: &str, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("this system has no such links; make the library for Linux on Linux"))
}
