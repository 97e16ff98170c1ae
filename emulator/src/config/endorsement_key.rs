use crate::tpm;
use serde::Deserialize;

/// The public part of a TPM's endorsement key: base64 of its `TPM2B_PUBLIC`.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct EndorsementKey(String);

impl EndorsementKey {
    /// The key, or what is wrong with it.
    pub(crate) fn read(&self) -> Result<tpm::EndorsementKey, &'static str> {
        let bytes = data_encoding::BASE64.decode(self.0.as_bytes()).map_err(|_| "it is not base64")?;
        tpm::EndorsementKey::parse(&bytes)
    }
}

impl From<&str> for EndorsementKey {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
