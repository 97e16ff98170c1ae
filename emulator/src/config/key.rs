use serde::Deserialize;

/// A key as text. Even an emulator's key is not printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn decode(&self) -> Option<Vec<u8>> {
        let bytes = data_encoding::BASE64.decode(self.0.as_bytes()).ok()?;
        (!bytes.is_empty()).then_some(bytes)
    }

    /// As base64, to hand to a client that may have it.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
