//! The text of an examination for a ticket: no secret, and IDs as they are or as hashes.

use super::examination::Examination;
use crate::{system::clock, terminal::failure::Failure};
use defender_auth::SharedAccessKey;
use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// What hashes of IDs begin with.
const PREFIX: &str = "id-";

/// The key of the hashes, the same for all: an ID has the same hash in every report.
const LABEL: &[u8] = b"IDs in reports of defenderauth doctor";

/// A file that was made for a report.
pub(super) struct Report {
    path: PathBuf,
    file: File,
}

impl Report {
    /// Makes the file, which must not exist.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let made = OpenOptions::new().write(true).create_new(true).open(path);
        let file = made.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::at(path.display(), "it exists already; give another name for the report")
            }
            _ => Failure::Write(format!("{} cannot be written: {error}; name another file", path.display())),
        })?;
        Ok(Self { path: path.into(), file })
    }

    /// Writes it. What cannot be written completely is removed.
    pub(super) fn write(mut self, examination: &Examination, hashes_ids: bool) -> Result<(), Failure> {
        let text = text(examination, hashes_ids);
        self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_all()).map_err(|error| {
            let _ = fs::remove_file(&self.path);
            Failure::Write(format!("{} cannot be written: {error}; name another file", self.path.display()))
        })
    }
}

fn text(examination: &Examination, hashes_ids: bool) -> String {
    let head = format!(
        "defenderauth {} doctor, {}, {} {}\n",
        env!("CARGO_PKG_VERSION"),
        clock::now(),
        env::consts::OS,
        env::consts::ARCH
    );
    let lines = examination.lines().join("\n");
    let lines = if hashes_ids { hidden(&lines, &examination.ids) } else { lines };
    format!("{head}{lines}\n")
}

/// The text with each ID replaced by its hash, where it is a word.
fn hidden(text: &str, ids: &[String]) -> String {
    let mut ids: Vec<_> = ids.iter().map(|id| (id.to_ascii_lowercase(), hash(id))).collect();
    // One may be a part of another.
    ids.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
    let (mut hidden, mut before, mut rest) = (String::new(), None, text);
    while let Some(next) = rest.chars().next() {
        let is_start = before.is_none_or(|before: char| !before.is_alphanumeric());
        let found = ids.iter().filter(|_| is_start).find_map(|(id, hash)| {
            let word = rest.get(..id.len()).filter(|word| word.eq_ignore_ascii_case(id))?;
            let after = rest.get(id.len()..).unwrap_or_default();
            after.chars().next().is_none_or(|after| !after.is_alphanumeric()).then_some((word, after, hash))
        });
        (rest, before) = if let Some((word, after, hash)) = found {
            hidden.push_str(hash);
            (after, word.chars().next_back())
        } else {
            hidden.push(next);
            (rest.get(next.len_utf8()..).unwrap_or_default(), Some(next))
        };
    }
    hidden
}

/// A quarter of an HMAC-SHA-256: short enough to be read, and long enough to tell a fleet's devices apart.
fn hash(id: &str) -> String {
    let Ok(key) = SharedAccessKey::from_bytes(LABEL) else { return format!("{PREFIX}hidden") };
    let signature = key.sign(id.to_ascii_lowercase().as_bytes());
    let digits = signature.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}"));
    digits.fold(PREFIX.into(), |text, digits| text + &digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_replaced_where_they_are_words() {
        let ids = ["contoso.azure-devices.net", "contoso", "dev-01", "a"].map(String::from);
        let [host, hub, device, short] = ["contoso.azure-devices.net", "contoso", "dev-01", "a"].map(hash);
        let text = "Contoso.azure-devices.net/devices/dev-01: az --hub-name contoso --device-id a, dev-011, a path";
        let expected =
            format!("{host}/devices/{device}: az --hub-name {hub} --device-id {short}, dev-011, {short} path");
        assert_eq!(hidden(text, &ids), expected);
        assert_eq!(hidden("äa ß", &ids), "äa ß");
        assert_eq!(hidden(text, &[]), text);
    }

    #[test]
    fn an_id_has_one_hash_and_is_not_in_it() {
        assert_eq!(hash("dev-01"), hash("DEV-01"));
        assert_ne!(hash("dev-01"), hash("dev-02"));
        assert!(hash("dev-01").len() == PREFIX.len() + 16 && !hash("dev-01").contains("dev"));
    }
}
