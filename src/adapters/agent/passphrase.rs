use super::{Finding, TextFile};
use crate::{
    base::secret::SecretText,
    error::{CertificateProblem as Problem, Error},
};
use alloc::vec::Vec;
use core::fmt;
use std::path::Path;

/// The largest file that is read, in bytes.
const LIMIT: usize = 1024;

/// The passphrase of an encrypted private key. Wiped when dropped, never printed.
pub struct Passphrase(SecretText);

impl Passphrase {
    /// From text that was read elsewhere, unchanged.
    #[must_use]
    pub const fn new(text: SecretText) -> Self {
        Self(text)
    }

    /// Reads it from a file of at most 1024 bytes. A byte order mark and one line break at the end are not part of it,
    /// because editors and `echo` write them.
    ///
    /// # Errors
    /// Names the file and the reason: it does not exist, may not be read, is too large, or is empty.
    pub fn open(path: impl AsRef<Path>) -> Result<(Self, Vec<Finding>), Error> {
        let file = TextFile::open(path, LIMIT)?;
        let text = file.text_without_mark();
        let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        if text.is_empty() {
            return Err(Error::Certificate(Problem::PassphraseEmpty.into()).at(file.place()));
        }
        let found = file.readable_by_others().into_iter().collect();
        Ok((Self(SecretText::new(text.into())), found))
    }

    /// The passphrase itself. It is exposed nowhere else.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}
