use serde::Deserialize;

/// The digest of a certificate, in upper-case hex without colons, as the portal requires it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Thumbprint(String);

/// Which digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThumbprintKind {
    Sha1,
    Sha256,
}

impl Thumbprint {
    /// `None` for a text that is not a thumbprint.
    pub(crate) fn kind(&self) -> Option<ThumbprintKind> {
        match self.0.len() {
            40 if self.is_hex() => Some(ThumbprintKind::Sha1),
            64 if self.is_hex() => Some(ThumbprintKind::Sha256),
            _ => None,
        }
    }

    /// Whether it consists of hex digits, in any number.
    pub(crate) fn is_hex(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
    }

    pub(crate) fn is(&self, digest: &str) -> bool {
        self.0 == digest
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Thumbprint {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
