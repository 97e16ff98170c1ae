//! An enrollment group whose key is in a file.

use super::{Run, Scratch, defenderauth};

pub(crate) struct Group {
    pub(crate) folder: Scratch,
    pub(crate) key: String,
}

impl Group {
    pub(crate) fn new(key: &str) -> Self {
        let folder = Scratch::new();
        let key = folder.write("group.key", key);
        Self { folder, key }
    }

    pub(crate) fn derive(&self, more: &[&str]) -> Run {
        self.derive_from(more, "")
    }

    /// With this on standard input.
    pub(crate) fn derive_from(&self, more: &[&str], input: &str) -> Run {
        defenderauth(&[&["derive-key", "--group-key-file", &self.key], more].concat(), input)
    }
}
