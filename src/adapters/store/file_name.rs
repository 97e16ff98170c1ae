//! Names that Windows takes for something else than a file or a folder of that name.
//!
//! Source: Microsoft's page "Naming Files, Paths, and Namespaces".

use std::{
    io::{self, ErrorKind},
    path::{Component, Path},
};

/// The devices that Windows has in every folder, beside the numbered ones.
const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];

/// Why Windows has no file and no folder of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// What follows a colon is the name of a stream: the content would be in another file, where no listing shows it.
    #[error("has a colon, which on Windows begins the name of a stream in another file")]
    Stream,
    /// A character that no name has.
    #[error("has the character {0:?}, which Windows does not allow in a name")]
    Character(char),
    /// It is a device, with any extension: the content would be lost.
    #[error("is the name of a device on Windows")]
    Device,
    /// The file or folder would have another name.
    #[error("ends with a dot or a space, which Windows removes")]
    End,
}

impl NameProblem {
    /// What is wrong with a name for a file or a folder, without those that contain it. It is judged alike on every system.
    ///
    /// ```
    /// use defender_auth::store::draft::NameProblem;
    ///
    /// assert_eq!(NameProblem::of("pump-17"), None);
    /// assert_eq!(NameProblem::of("pump:17"), Some(NameProblem::Stream)); // a permitted device ID
    /// assert_eq!(NameProblem::of("con.pem"), Some(NameProblem::Device));
    /// ```
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let is_forbidden = |c: &char| c.is_ascii_control() || r#"<>"/\|?*"#.contains(*c);
        if name.contains(':') {
            return Some(Self::Stream);
        }
        if let Some(other) = name.chars().find(is_forbidden) {
            return Some(Self::Character(other));
        }
        if is_device(name) {
            return Some(Self::Device);
        }
        name.ends_with(['.', ' ']).then_some(Self::End)
    }
}

/// Whether what precedes the extension is a device.
fn is_device(name: &str) -> bool {
    let word = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_ascii_uppercase();
    let is_number = |rest: &str| {
        let mut rest = rest.chars();
        // Windows reads superscripts as digits.
        let is_digit = |c: char| c.is_ascii_digit() || "\u{b9}\u{b2}\u{b3}".contains(c);
        rest.next().is_some_and(is_digit) && rest.next().is_none()
    };
    DEVICES.contains(&word.as_str()) || ["COM", "LPT"].iter().any(|port| word.strip_prefix(port).is_some_and(is_number))
}

/// Fails if a path leads to something else than a file or a folder of its name. Elsewhere than on Windows none does.
///
/// # Errors
/// What is wrong with the name, and with which.
pub fn check_names(path: &Path) -> io::Result<()> {
    if cfg!(windows) { check_on_windows(path) } else { Ok(()) }
}

fn check_on_windows(path: &Path) -> io::Result<()> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    for name in names {
        if let Some(problem) = NameProblem::of(&name) {
            return Err(io::Error::new(ErrorKind::InvalidFilename, alloc::format!("{name:?} {problem}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_no_file_of_that_name_is_recognized() {
        for (name, problem) in [
            ("dev:1", NameProblem::Stream),
            ("c:x", NameProblem::Stream),
            ("dev*1", NameProblem::Character('*')),
            ("dev?", NameProblem::Character('?')),
            ("a\\b", NameProblem::Character('\\')),
            ("a\u{1}", NameProblem::Character('\u{1}')),
            ("NUL", NameProblem::Device),
            ("nul.txt", NameProblem::Device),
            ("Con .tar.gz", NameProblem::Device),
            ("com1", NameProblem::Device),
            ("LPT\u{b2}.log", NameProblem::Device),
            ("conout$", NameProblem::Device),
            ("dev-1.", NameProblem::End),
            ("dev-1 ", NameProblem::End),
        ] {
            assert_eq!(NameProblem::of(name), Some(problem), "{name:?}");
        }
    }

    #[test]
    fn what_resembles_such_a_name_is_a_file() {
        for name in
            ["dev-1", "console", "nulls", "com", "com10", "comX", ".con", "a.nul", "$dev,1=%2(#)!'@", "\u{fc}.pem"]
        {
            assert_eq!(NameProblem::of(name), None, "{name:?}");
        }
    }

    #[test]
    fn every_name_in_a_path_is_judged() {
        assert!(check_on_windows(Path::new("../a/./b.pem")).is_ok());
        for path in ["keys/aux/device.key", "keys/device.key ", "con/../a"] {
            let error = check_on_windows(Path::new(path)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidFilename, "{path}: {error}");
        }
    }

    #[test]
    #[cfg(windows)]
    fn a_drive_and_a_share_are_no_names() {
        for path in [r"C:\keys\a", r"C:a", r"\\server\share\a", r"\\?\C:\a"] {
            assert!(check_names(Path::new(path)).is_ok(), "{path}");
        }
        assert!(check_names(Path::new(r"C:\keys\a:b")).is_err());
    }
}
