//! Lists of registration IDs.

use super::text_file::io_error;
use crate::terminal::stderr;
use defender_auth::{
    Error,
    error::{FileError, FileProblem},
    identity::{IdentifierError, IdentifierKind, RegistrationId},
};
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    io::{BufRead, Read as _},
    str,
};

/// The longest line with a registration ID: the ID, and some white space.
const LINE_LIMIT: usize = 256;

/// The IDs so far, as hashes, of which millions fit into memory: a collision is one in billions, and means one wrong
/// warning.
pub(crate) struct Seen {
    hasher: RandomState,
    numbers: HashMap<u64, u64>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), numbers: HashMap::new() }
    }

    /// Reports an ID that came before. DPS compares registration IDs without regard to case, but a key is derived from the
    /// ID as it is written.
    pub(crate) fn check(&mut self, id: &RegistrationId, place: &str, number: u64) {
        let folded = self.hasher.hash_one(id.as_str().to_ascii_lowercase());
        if let Some(first) = self.numbers.get(&folded) {
            stderr::warning(format_args!(
                "{place} {number}: the registration ID `{id}` is the same as in {first}; DPS ignores case, but another \
                 case gives another key: give each device one ID",
            ));
        } else {
            self.numbers.insert(folded, number);
        }
    }
}

/// Registration IDs, one per line. Blank lines are ignored.
pub(crate) struct Ids<'a, R> {
    reader: R,
    place: &'a str,
    line: Vec<u8>,
    /// Of the line that was read last.
    pub(crate) number: u64,
}

impl<'a, R: BufRead> Ids<'a, R> {
    pub(crate) fn new(reader: R, place: &'a str) -> Self {
        Self { reader, place, line: Vec::with_capacity(LINE_LIMIT + 1), number: 0 }
    }

    /// The next ID. `None` at the end.
    pub(crate) fn next_id(&mut self) -> Result<Option<RegistrationId>, Error> {
        loop {
            let id = match self.next_line() {
                Ok(None) => return Ok(None),
                Ok(Some("")) => continue,
                Ok(Some(id)) => id.parse().map_err(Error::Identifier),
                Err(error) => Err(error),
            };
            return id.map(Some).map_err(|error| error.at(format!("{}, line {}", self.place, self.number)));
        }
    }

    /// The next line without surrounding white space. `None` at the end.
    fn next_line(&mut self) -> Result<Option<&str>, Error> {
        self.line.clear();
        self.number += 1;
        let most = (&mut self.reader).take(LINE_LIMIT as u64 + 1);
        let failed = |error| io_error(self.place, &error);
        let read = { most }.read_until(b'\n', &mut self.line).map_err(failed)?;
        if self.line.len() > LINE_LIMIT {
            return Err(IdentifierError::TooLong { name: IdentifierKind::RegistrationId }.into());
        }
        let text = str::from_utf8(&self.line).map_err(|error| {
            let problem = FileProblem::NotUtf8 { offset: error.valid_up_to() };
            Error::from(FileError { path: "the line".into(), problem })
        })?;
        let text = if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        Ok((read > 0).then(|| text.trim()))
    }
}
