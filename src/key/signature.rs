use crate::base::secret::same;
use core::{array::TryFromSliceError, fmt};

/// 32 bytes of HMAC-SHA256, computed with a key in memory or by a TPM.
///
/// Compared in constant time, hidden in `Debug`. It is `Copy` and not wiped: it proves one token and does not reveal the
/// key.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// A signature that a TPM or another process has computed.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn from_state(state: [u32; 8]) -> Self {
        let mut bytes = [0; 32];
        for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
            *to = word.to_be_bytes();
        }
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; 32]> for Signature {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = TryFromSliceError;

    /// # Errors
    /// When there are not exactly 32 bytes.
    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_made_of_32_bytes_only() {
        let signature = Signature::from([7; 32]);
        assert_eq!(Signature::try_from(signature.as_ref()).unwrap(), signature);
        assert!(Signature::try_from([7; 31].as_slice()).is_err() && Signature::try_from([7; 33].as_slice()).is_err());
    }
}
