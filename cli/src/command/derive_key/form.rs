//! How a line has an ID and its key. Neither has a character that CSV or JSON would escape.

/// What stands around them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) before: &'static [u8],
    pub(super) between: &'static [u8],
    pub(super) after: &'static [u8],
}

impl Form {
    /// `id,key`.
    pub(super) const CSV: Self = Self { before: b"", between: b",", after: b"\n" };

    /// A document, as `docs/json.md` has it.
    pub(super) const JSON: Self =
        Self { before: br#"{"schema_version":1,"registration_id":""#, between: br#"","key":""#, after: b"\"}\n" };

    /// How many bytes a line has beside the ID and the key.
    pub(super) const fn len(self) -> usize {
        self.before.len() + self.between.len() + self.after.len()
    }
}
