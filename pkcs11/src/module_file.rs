//! Where a module's file is.

use crate::error::Error;
use std::{
    env::{
        self,
        consts::{ARCH, OS},
    },
    fs,
    path::{Path, PathBuf},
};

/// The file of a module, without links in its path: a path as it is, or a name in a folder of the caller's or in those of
/// the system.
pub(crate) fn find(path: Option<&Path>, name: Option<&str>) -> Result<PathBuf, Error> {
    match (path, name) {
        (None, None) => Err(Error::NoModule),
        (Some(folder), Some(name)) if folder.is_dir() => search(&[folder.to_owned()], name),
        (Some(path), _) => fs::canonicalize(path)
            .map_err(|error| error.to_string())
            // A pipe would wait for its other end when it is loaded.
            .and_then(|file| if file.is_file() { Ok(file) } else { Err("not a regular file".into()) })
            .map_err(|searched| Error::ModuleNotFound { wanted: path.display().to_string(), searched }),
        (None, Some(name)) => search(&folders(), name),
    }
}

fn search(folders: &[PathBuf], name: &str) -> Result<PathBuf, Error> {
    let names =
        if cfg!(windows) { vec![format!("{name}.dll")] } else { vec![format!("lib{name}.so"), format!("{name}.so")] };
    let mut candidates = folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    let found = candidates.find_map(|file| fs::canonicalize(file).ok().filter(|file| file.is_file()));
    found.ok_or_else(|| {
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        Error::ModuleNotFound {
            wanted: name.into(),
            searched: format!("looked for {} in {}", names.join(" and "), folders.join(", ")),
        }
    })
}

/// Where distributions put modules; on Windows, where their installers do.
fn folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        let windows = env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
        return vec![Path::new(&windows).join("System32")];
    }
    let arch = match ARCH {
        "arm" => "arm-linux-gnueabihf".to_owned(),
        "x86" => "i386-linux-gnu".to_owned(),
        arch => format!("{arch}-{OS}-gnu"),
    };
    let libraries = [format!("/usr/lib/{arch}"), "/usr/lib64".into(), "/usr/lib".into(), "/usr/local/lib".into()];
    let folders =
        libraries.iter().flat_map(|library| ["pkcs11", "softhsm", ""].map(|folder| Path::new(library).join(folder)));
    folders.filter(|folder| folder.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_path_and_name_there_is_no_module() {
        assert!(matches!(find(None, None), Err(Error::NoModule)));
    }

    #[test]
    fn a_module_that_is_not_found_is_named_with_what_was_searched() {
        let (nowhere, folder) = ("/does/not/exist.so", env!("CARGO_MANIFEST_DIR"));
        let absent = fs::canonicalize(nowhere).unwrap_err().to_string();
        let names = if cfg!(windows) { "nothing.dll in " } else { "libnothing.so and nothing.so in " };
        for (path, name, expected) in [
            (Some(nowhere), None, &*absent),
            #[cfg(unix)]
            (Some("/dev/null"), None, "not a regular file"),
            (Some(folder), None, "not a regular file"),
            (Some(folder), Some("nothing"), &format!("{names}{folder})")),
            (None, Some("nothing"), &format!("{names}{}", if cfg!(windows) { "" } else { "/usr/lib" })),
        ] {
            let error = find(path.map(Path::new), name).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
