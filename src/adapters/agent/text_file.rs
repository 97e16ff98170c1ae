use super::{Finding, Observation};
#[cfg(any(feature = "tls", feature = "x509"))]
use crate::base::secret::SecretBytes;
use crate::{
    adapters::file_read::{is_open_to_others, problem, read_bytes, regular},
    base::secret::SecretText,
    error::{CertificateError, CertificateProblem, Error, FileProblem},
};
use alloc::string::{String, ToString as _};
use std::{io::Read, path::Path, str};

/// A text that may contain a secret, with the name of its origin. Wiped when dropped.
#[derive(Debug)]
pub(super) struct TextFile {
    place: String,
    text: SecretText,
    open_to_others: bool,
}

impl TextFile {
    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// A file error when it does not exist, may not be read, is not a regular file, is larger than that, or is not UTF-8.
    pub(super) fn open(path: impl AsRef<Path>, limit: usize) -> Result<Self, Error> {
        let place = path.as_ref().display().to_string();
        let (file, metadata) = regular(path.as_ref(), &place)?;
        let open_to_others = is_open_to_others(&file, &metadata);
        let text = read(file, &place, limit)?;
        Ok(Self { place, text, open_to_others })
    }

    /// The text, unchanged.
    pub(super) fn text(&self) -> &str {
        self.text.expose()
    }

    /// The text without a byte order mark.
    pub(super) fn text_without_mark(&self) -> &str {
        let text = self.text();
        text.strip_prefix('\u{feff}').unwrap_or(text)
    }

    /// Its origin.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The text without a byte order mark, of a file that must not be empty.
    pub(super) fn content(&self) -> Result<&str, Error> {
        let text = self.text_without_mark();
        if text.trim().is_empty() { Err(problem(&self.place, FileProblem::Empty).into()) } else { Ok(text) }
    }

    pub(super) fn readable_by_others(&self) -> Option<Finding> {
        self.open_to_others.then(|| Finding::new(&self.place, Observation::ReadableByOthers))
    }
}

/// A regular file that need not be text, and whether others may read it.
#[cfg(any(feature = "tls", feature = "x509"))]
pub(super) fn bytes(path: &Path, limit: usize) -> Result<(SecretBytes, Option<Finding>), Error> {
    let place = path.display().to_string();
    let (file, metadata) = regular(path, &place)?;
    let open = is_open_to_others(&file, &metadata).then(|| Finding::new(&place, Observation::ReadableByOthers));
    Ok((read_bytes(file, &place, limit)?, open))
}

fn read(reader: impl Read, place: &str, limit: usize) -> Result<SecretText, Error> {
    let bytes = read_bytes(reader, place, limit)?;
    let bytes = bytes.expose();
    match str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => Ok(SecretText::new(text.into())),
        // Only what is not text can be DER: the base64 of a key may begin like a sequence.
        _ if is_der(bytes) => Err(Error::from(CertificateError::from(CertificateProblem::Binary)).at(place)),
        Err(error) if !is_utf_16(bytes) => {
            Err(problem(place, FileProblem::NotUtf8 { offset: error.valid_up_to() }).into())
        }
        _ => Err(problem(place, FileProblem::Utf16).into()),
    }
}

fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0)
}

/// Whether it is a certificate or a key in DER, whose zeros resemble those of UTF-16: a sequence with a length that is the
/// rest of the file's. No device's certificate and no key needs a length of more than two bytes.
fn is_der(bytes: &[u8]) -> bool {
    let (length, rest) = match bytes {
        [0x30, 0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x30, 0x81, length, rest @ ..] | [0x30, length @ ..=0x7f, rest @ ..] => (usize::from(*length), rest),
        _ => return false,
    };
    length > 0 && length == rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{adapters::file_read::io_error, error::FileError};
    use alloc::borrow::ToOwned as _;
    use allocation_counter::measure;
    use std::io::{self, ErrorKind};

    fn problem_of(error: &Error) -> FileProblem {
        let Error::File(FileError { path, problem }) = error else { panic!("{error}") };
        assert_eq!(path, "a file");
        problem.clone()
    }

    #[test]
    fn endless_input_is_read_up_to_its_limit() {
        for limit in [0, 1, 4096, 1 << 20] {
            let mut result = None;
            let used = measure(|| result = Some(read(io::repeat(b'A'), "a file", limit).map(drop)));
            assert_eq!(problem_of(&result.unwrap().unwrap_err()), FileProblem::TooLarge { limit });
            assert!(used.bytes_max < (limit + 128 * 1024) as u64, "{} bytes for {limit}", used.bytes_max);
        }
    }

    #[test]
    fn input_at_its_limit_is_whole_and_one_byte_more_is_not() {
        let text = "A".repeat(4097);
        assert_eq!(read(&text.as_bytes()[..4096], "a file", 4096).unwrap().expose(), &text[..4096]);
        let error = read(text.as_bytes(), "a file", 4096).map(drop).unwrap_err();
        assert_eq!(problem_of(&error), FileProblem::TooLarge { limit: 4096 });
    }

    #[test]
    fn an_error_of_the_system_is_told_by_its_kind() {
        for (kind, problem) in [
            (ErrorKind::NotFound, FileProblem::NotFound),
            (ErrorKind::NotADirectory, FileProblem::NotFound),
            (ErrorKind::PermissionDenied, FileProblem::Permission),
            (ErrorKind::IsADirectory, FileProblem::NotRegular),
            (ErrorKind::Other, FileProblem::Other("other error".to_owned())),
        ] {
            assert_eq!(problem_of(&io_error("a file", &kind.into()).into()), problem);
        }
    }
}
