//! The snapshot of a session as two files.

use super::{Store, StoreError, warning::Warning};
use crate::session::Snapshot;
use alloc::{string::ToString as _, vec::Vec};

const TEXT: &str = "session.json";
const KEYS: &str = "session-keys.json";

/// What was saved, as far as it can be used.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// For [`Session::new`](crate::Session::new). `None` when nothing was saved, or it cannot be used.
    pub snapshot: Option<Snapshot>,
    /// Why the session has to begin without what was saved, or without its keys.
    pub problem: Option<StoreError>,
    /// Other users can reach a file.
    pub warnings: Vec<Warning>,
}

impl Store {
    /// Reads what [`save`](Self::save) has written. What cannot be used is left out, with the reason: an agent goes on without
    /// it.
    #[must_use]
    pub fn load(&self) -> Loaded {
        let mut loaded = Loaded::default();
        let at = |name: &str, error| StoreError::Snapshot { path: self.path(name).display().to_string(), error };
        let text = match self.open_text(TEXT) {
            Ok(None) => return loaded,
            Ok(Some((text, exposure))) => {
                loaded.warnings.extend(Warning::of(&self.path(TEXT).display().to_string(), exposure, false));
                text
            }
            Err(error) => return Loaded { problem: Some(error), ..loaded },
        };
        let without_keys = match Snapshot::parse(text.expose(), None) {
            Ok(snapshot) => snapshot,
            Err(error) => return Loaded { problem: Some(at(TEXT, error)), ..loaded },
        };
        let with_keys = match self.read(KEYS) {
            Ok(None) => Ok(None),
            Ok(Some((keys, warning))) => {
                loaded.warnings.extend(warning);
                let parsed = Snapshot::parse(text.expose(), Some(keys.expose()));
                parsed.map(Some).map_err(|error| at(KEYS, error))
            }
            Err(error) => Err(error),
        };
        match with_keys {
            Ok(snapshot) => loaded.snapshot = Some(snapshot.unwrap_or(without_keys)),
            Err(problem) => {
                loaded.snapshot = Some(without_keys);
                loaded.problem = Some(problem);
            }
        }
        loaded
    }

    /// Writes a snapshot. It is on the disk when this returns.
    ///
    /// # Errors
    /// When one of the files cannot be written. What was saved before, or its text with the new one's keys missing, is there
    /// nevertheless.
    pub fn save(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.write(TEXT, &snapshot.text())?;
        match snapshot.secret() {
            Some(keys) => self.write(KEYS, keys.expose()),
            None => self.remove(KEYS),
        }
    }
}
