//! Files and standard input that may hold a secret, read into memory that is wiped.

use super::{finding::Finding, stdin};
use defender_auth::{
    Error,
    error::{CertificateError, CertificateProblem, FileError, FileProblem},
};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::Path,
    str,
};
use zeroize::Zeroizing;

/// The start of a PEM block.
const BEGIN: &[u8] = b"-----BEGIN ";

/// A text, with the name of its origin. Wiped when dropped.
pub(crate) struct TextFile {
    place: String,
    bytes: Zeroizing<Vec<u8>>,
    open_to_others: bool,
}

impl TextFile {
    /// Reads a regular file of at most `limit` bytes of UTF-8.
    pub(crate) fn open(path: &Path, limit: usize) -> Result<Self, Error> {
        let place = path.display().to_string();
        let (file, metadata) = regular(path, &place)?;
        let open_to_others = is_open_to_others(&file, &metadata);
        Self::read(file, place, limit, open_to_others)
    }

    /// Reads standard input, up to `limit` bytes of UTF-8. `expected` is what a terminal is told to enter.
    pub(crate) fn stdin(expected: &str, limit: usize) -> Result<Self, Error> {
        Self::read(stdin::open(expected), stdin::NAME.into(), limit, false)
    }

    /// The same for a part of a file.
    pub(crate) fn part(part: impl Read, path: &Path, limit: usize) -> Result<Self, Error> {
        Self::read(part, path.display().to_string(), limit, false)
    }

    /// The same for PEM, in which bytes outside the blocks are ignored and need not be UTF-8 (RFC 7468, section 2).
    pub(crate) fn open_pem(path: &Path, limit: usize) -> Result<Self, Error> {
        let place = path.display().to_string();
        let (file, metadata) = regular(path, &place)?;
        let open_to_others = is_open_to_others(&file, &metadata);
        let bytes = read_bytes(file, &place, limit)?;
        if !bytes.contains(&0) && bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
            return Ok(Self { place, bytes, open_to_others });
        }
        Self::of_bytes(bytes, place, open_to_others)
    }

    fn read(reader: impl Read, place: String, limit: usize, open_to_others: bool) -> Result<Self, Error> {
        let bytes = read_bytes(reader, &place, limit)?;
        Self::of_bytes(bytes, place, open_to_others)
    }

    fn of_bytes(bytes: Zeroizing<Vec<u8>>, place: String, open_to_others: bool) -> Result<Self, Error> {
        match str::from_utf8(&bytes) {
            Ok(_) if !bytes.contains(&0) => Ok(Self { place, bytes, open_to_others }),
            // Tested on binary input only: the base64 of a key may begin like a sequence.
            _ if is_der(&bytes) => Err(Error::from(CertificateError::from(CertificateProblem::Binary)).at(place)),
            Err(error) if !is_utf_16(&bytes) => {
                Err(problem(&place, FileProblem::NotUtf8 { offset: error.valid_up_to() }))
            }
            _ => Err(problem(&place, FileProblem::Utf16)),
        }
    }

    /// The text without a byte order mark.
    pub(crate) fn text_without_mark(&self) -> &str {
        let text = self.text();
        text.strip_prefix('\u{feff}').unwrap_or(text)
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        // Unless it is PEM, whose bytes are used instead, it was checked when it was read.
        str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// Its name in errors.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// A finding if every user of the system may read it.
    pub(crate) fn readable_by_others(&self) -> Option<Finding> {
        self.open_to_others.then(|| Finding::readable_by_others(&self.place))
    }
}

/// Opens a regular file.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    Ok(regular(path, &path.display().to_string())?.0)
}

fn regular(path: &Path, place: &str) -> Result<(File, fs::Metadata), Error> {
    let failed = |error: io::Error| io_error(place, &error);
    // Tested before it is opened, because to open a pipe waits for its other end; and again on what was opened.
    let regular = |metadata: fs::Metadata| {
        if metadata.is_file() { Ok(metadata) } else { Err(problem(place, FileProblem::NotRegular)) }
    };
    regular(fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    let metadata = regular(file.metadata().map_err(failed)?)?;
    Ok((file, metadata))
}

fn read_bytes(reader: impl Read, place: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    // One byte more than the limit from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.saturating_add(1)));
    let most = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
    reader.take(most).read_to_end(&mut bytes).map_err(|error| io_error(place, &error))?;
    if bytes.len() > limit { Err(problem(place, FileProblem::TooLarge { limit })) } else { Ok(bytes) }
}

fn problem(place: &str, problem: FileProblem) -> Error {
    FileError { path: place.into(), problem }.into()
}

/// What a system error means for a file that is read.
pub(crate) fn io_error(place: &str, error: &io::Error) -> Error {
    let what = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileProblem::NotFound,
        ErrorKind::PermissionDenied => FileProblem::Permission,
        ErrorKind::IsADirectory => FileProblem::NotRegular,
        _ if are_too_many_open(error) => FileProblem::TooManyOpen,
        _ => FileProblem::Other(error.to_string()),
    };
    problem(place, what)
}

/// Whether this process, or the system, has reached its limit of open files: `EMFILE` and `ENFILE`, the same numbers on
/// every Unix; `ERROR_TOO_MANY_OPEN_FILES` on Windows.
fn are_too_many_open(error: &io::Error) -> bool {
    let numbers: &[i32] = if cfg!(windows) { &[4] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0)
}

/// Whether it is a certificate or a key in DER, whose zeros would look like those of UTF-16: a sequence whose length is
/// that of the rest.
fn is_der(bytes: &[u8]) -> bool {
    let (length, rest) = match bytes {
        [0x30, 0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x30, 0x81, length, rest @ ..] | [0x30, length @ ..=0x7f, rest @ ..] => (usize::from(*length), rest),
        _ => return false,
    };
    length > 0 && length == rest.len()
}

#[cfg(unix)]
fn is_open_to_others(_: &File, metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o004 != 0
}

/// Whether its access list lets a group of all users read it.
#[cfg(windows)]
fn is_open_to_others(file: &File, _: &fs::Metadata) -> bool {
    use defender_auth_windows::access::{Access, Sid};
    Access::of(file).is_ok_and(|access| access.readers.iter().any(Sid::is_every_user))
}

/// Elsewhere permissions are not judged.
#[cfg(not(any(unix, windows)))]
const fn is_open_to_others(_: &File, _: &fs::Metadata) -> bool {
    false
}
