use alloc::vec::Vec;
use core::fmt;

/// Which of the two keys that the provisioning service sends to a TPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// Authenticates the device to the provisioning service in one attempt. Keep it transient: the hub's key of an
    /// earlier assignment stays in the TPM until a new one has arrived.
    Registration,
    /// Authenticates the device to its hub, for months. Make it persistent.
    Hub,
}

/// Why bytes are not a key blob.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key blob ends inside field {field}, or that field is empty; it was truncated or altered in transit: register again"
)]
pub struct BlobError {
    /// Counted from 1.
    pub field: u8,
}

/// A key that the provisioning service has wrapped for one TPM: six fields, each behind its length in two bytes, of
/// which five are needed. Only the TPM it was made for can use it.
///
/// Source: `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c`.
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationBlob {
    bytes: Vec<u8>,
    ends: [usize; 5],
    key_use: KeyUse,
}

impl ActivationBlob {
    /// Checks the lengths of the five fields that are needed. The sixth is optional.
    ///
    /// # Errors
    /// Names the field that is truncated or empty.
    pub fn parse(bytes: &[u8], key_use: KeyUse) -> Result<Self, BlobError> {
        let mut rest = bytes;
        let mut ends = [0; 5];
        for (end, field) in ends.iter_mut().zip(1..) {
            let error = BlobError { field };
            let (length, tail) = rest.split_first_chunk().ok_or(error)?;
            let length = usize::from(u16::from_be_bytes(*length));
            rest = tail.get(length..).filter(|_| length > 0).ok_or(error)?;
            *end = bytes.len() - rest.len();
        }
        Ok(Self { bytes: bytes.into(), ends, key_use })
    }

    /// Which of the two keys it is.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The whole blob, as it was received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The five fields, each with its length before it: the credential, its seed, the duplicate, its seed, the public
    /// area.
    #[must_use]
    pub fn fields(&self) -> [&[u8]; 5] {
        let mut from = 0;
        self.ends.map(|end| {
            let field = self.bytes.get(from..end).unwrap_or_default();
            from = end;
            field
        })
    }
}

impl fmt::Debug for ActivationBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivationBlob({:?}, {} bytes)", self.key_use, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(fields: usize) -> Vec<u8> {
        (1..=fields).flat_map(|n| [0, 2, u8::try_from(n).unwrap(), 7]).collect()
    }

    #[test]
    fn five_fields_are_enough_and_a_sixth_is_optional() {
        for fields in [5, 6] {
            let parsed = ActivationBlob::parse(&blob(fields), KeyUse::Hub).unwrap();
            assert_eq!(parsed.fields()[4], [0, 2, 5, 7]);
            assert_eq!(parsed.as_bytes(), blob(fields));
        }
    }

    #[test]
    fn a_truncated_blob_names_the_field() {
        let whole = blob(5);
        for length in 0..whole.len() {
            let field = u8::try_from(length / 4 + 1).unwrap();
            assert_eq!(ActivationBlob::parse(&whole[..length], KeyUse::Hub), Err(BlobError { field }), "{length}");
        }
        assert_eq!(ActivationBlob::parse(&[0, 0, 0, 1, 9], KeyUse::Hub), Err(BlobError { field: 1 }), "empty");
    }
}
