//! Texts and paths as the system's functions take them: UTF-16 with a zero at the end.

use std::{
    ffi::OsStr,
    io::{self, ErrorKind},
    os::windows::ffi::OsStrExt as _,
    path::{Component, Path, Prefix, absolute},
};

/// From this length on, in UTF-16 units, the system's functions want a path in the form that is taken as it stands: a folder
/// has to leave room for a short name in it.
const LONG: usize = 248;

/// A text.
pub(crate) fn text(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A path of any length.
pub(crate) fn path(path: &Path) -> io::Result<Vec<u16>> {
    let whole: Vec<u16> = path.as_os_str().encode_wide().collect();
    if whole.contains(&0) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path has a zero in it"));
    }
    let full = absolute(path)?;
    let units: Vec<u16> = full.as_os_str().encode_wide().collect();
    let Some(Component::Prefix(prefix)) = full.components().next().filter(|_| units.len() >= LONG) else {
        return Ok(whole.into_iter().chain([0]).collect());
    };
    let (start, skipped) = match prefix.kind() {
        Prefix::Disk(_) => (r"\\?\", 0),
        Prefix::UNC(..) => (r"\\?\UNC\", 2),
        _ => ("", 0),
    };
    Ok(OsStr::new(start).encode_wide().chain(units.into_iter().skip(skipped)).chain([0]).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn wide(name: &str) -> String {
        let units = path(Path::new(name)).unwrap();
        String::from_utf16(units.strip_suffix(&[0]).unwrap()).unwrap()
    }

    #[test]
    fn a_short_path_is_taken_as_it_is() {
        for name in ["a", r"C:\a\b", r"\\server\share\a", r"..\a"] {
            assert_eq!(wide(name), name);
        }
    }

    #[test]
    fn a_long_path_is_written_out() {
        let long = "x".repeat(LONG);
        assert_eq!(wide(&format!(r"C:\a\..\{long}")), format!(r"\\?\C:\{long}"));
        assert_eq!(wide(&format!(r"\\server\share\{long}")), format!(r"\\?\UNC\server\share\{long}"));
        assert_eq!(wide(&format!(r"\\?\C:\{long}")), format!(r"\\?\C:\{long}"));
        assert!(wide(&long).starts_with(r"\\?\"), "a relative one");
    }

    #[test]
    fn a_path_with_a_zero_is_refused() {
        assert_eq!(path(Path::new("a\0b")).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
