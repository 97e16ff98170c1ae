use serde::Deserialize;
use std::fmt;

/// A shared access key in base64. Even a key for tests is not printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn decode(&self) -> Option<Vec<u8>> {
        let bytes = data_encoding::BASE64.decode(self.0.as_bytes()).ok()?;
        (!bytes.is_empty()).then_some(bytes)
    }

    /// As base64, for a client that is authorized to read it.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
