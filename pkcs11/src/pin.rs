//! The PIN of a token's user.

use crate::error::Error;
use defender_auth::secret::SecretText;
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The largest file that is read, in bytes.
const LIMIT: usize = 1024;

/// Reads the PIN from the file that `pin-source` names: a path, or a URI of the scheme `file`. One line break at the end
/// is not part of it, because editors and `echo` write it, and a token would count it as a wrong PIN.
pub(crate) fn read(source: &str) -> Result<SecretText, Error> {
    let path = path(source)?;
    let failed = |problem: &str| Error::PinFile { path: path.clone(), problem: problem.into() };
    let bytes = bytes(&path).map_err(|error| failed(&format!("cannot be read: {error}")))?;
    let Some(bytes) = bytes else { return Err(failed("is not a regular file")) };
    if bytes.len() > LIMIT {
        return Err(failed("is larger than 1024 bytes; it holds the PIN and nothing else"));
    }
    let text = str::from_utf8(&bytes).map_err(|_| failed("is not UTF-8; it holds the PIN and nothing else"))?;
    let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err(failed("is empty; write the PIN into it"));
    }
    if text.contains(char::is_control) || text.starts_with('\u{feff}') {
        return Err(failed("has more than one line, or a control character; it holds the PIN and nothing else"));
    }
    Ok(SecretText::new(text.into()))
}

fn path(source: &str) -> Result<PathBuf, Error> {
    let Some(rest) = source.strip_prefix("file:") else { return Ok(source.into()) };
    let refused = || Error::PinFile {
        path: source.into(),
        problem: "is not a URI of this machine's file; write file:/PATH, or the path alone".into(),
    };
    // file:/path, file:///path and file://localhost/path (RFC 8089).
    let path = rest.strip_prefix("//").map_or(rest, |rest| rest.strip_prefix("localhost").unwrap_or(rest));
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(refused());
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        decoded.push(match byte {
            b'%' => {
                let (high, low) = digit().zip(digit()).ok_or_else(refused)?;
                u8::try_from(high << 4 | low).map_err(|_| refused())?
            }
            _ => byte,
        });
    }
    String::from_utf8(decoded).map(PathBuf::from).map_err(|_| refused())
}

/// One byte more than allowed at most, and nothing of what is not a regular file: opening a pipe would wait for its
/// other end.
fn bytes(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    // Room for all of it from the start: a buffer that grows leaves copies in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT + 2));
    file.take(LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process;

    /// A file of one test, removed with it.
    struct Temporary(PathBuf);

    impl Temporary {
        fn new(name: &str, contents: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("pin-{}-{name}", process::id()));
            fs::write(&path, contents).unwrap();
            Self(path)
        }

        fn read(&self) -> Result<String, String> {
            let pin = read(self.0.to_str().unwrap()).map_err(|error| error.to_string());
            pin.map(|pin| pin.expose().to_owned())
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn one_line_break_at_the_end_is_not_of_the_pin() {
        for contents in ["1234", "1234\n", "1234\r\n"] {
            assert_eq!(Temporary::new("end", contents.as_bytes()).read().unwrap(), "1234");
        }
        assert_eq!(Temporary::new("space", b" 1 \n").read().unwrap(), " 1 ");
    }

    #[test]
    fn what_cannot_be_a_pin_is_not_tried() {
        for (contents, reason) in [
            (&b""[..], "empty"),
            (b"\n", "empty"),
            (b"1234\n\n", "line"),
            (b"1234\n5678\n", "line"),
            (b"12\0", "control"),
            (b"\xef\xbb\xbf1234", "control"),
            (b"\xff", "UTF-8"),
            (&[b'1'; LIMIT + 1], "larger"),
        ] {
            let error = Temporary::new("bad", contents).read().unwrap_err();
            assert!(error.contains(reason) && !error.contains("1234"), "{error}");
        }
        assert!(Temporary::new("most", &[b'1'; LIMIT]).read().is_ok());
        for place in ["/", "/dev/null", "/does/not/exist"] {
            assert!(read(place).is_err(), "{place}");
        }
    }

    #[test]
    fn a_file_uri_is_a_path_in_its_own_encoding() {
        for (source, expected) in [
            ("file:/etc/a%20b", "/etc/a b"),
            ("file:///etc/pin", "/etc/pin"),
            ("file://localhost/etc/pin", "/etc/pin"),
            ("/etc/a%20b", "/etc/a%20b"),
            ("pin", "pin"),
        ] {
            assert_eq!(path(source).unwrap(), Path::new(expected));
        }
        for source in ["file:", "file:pin", "file://host/pin", "file:////pin", "file:/%", "file:/%zz", "file:/%ff"] {
            assert!(path(source).is_err(), "{source}");
        }
    }
}
