use crate::{
    hmac::{PreparedKey, block},
    stack::on_wiped_stack,
};
use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

/// Padding is optional when read, as in the keys that people copy.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest key that is read from base64, in bytes. Services make keys of 32 or 64 bytes and take 16 to 64.
const LIMIT: usize = 64;

/// A text that is not the base64 form of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key is not base64 of 1 to 64 bytes; copy the shared access key again, from its first to its last character"
)]
pub struct InvalidKey;

/// A symmetric key of a device, a module or an enrollment group. Wiped when dropped.
pub struct Key(Zeroizing<[u8; 64]>);

impl Key {
    /// Decodes standard base64, as the portal and the service's answers have it. Padding is optional.
    ///
    /// # Errors
    /// When the text is not base64, is empty, or has more than 64 bytes.
    pub fn from_base64(text: &str) -> Result<Self, InvalidKey> {
        on_wiped_stack(|| {
            // Room for what 88 characters, the longest text of a key, may decode to.
            let mut bytes = Zeroizing::new([0; LIMIT + 2]);
            match BASE64.decode_slice(text, &mut bytes[..]) {
                Ok(length @ 1..=LIMIT) => Ok(Self::from_bytes(bytes.get(..length).unwrap_or_default())),
                _ => Err(InvalidKey),
            }
        })
    }

    /// A key from its bytes, of any length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(block(bytes)))
    }

    /// The key of the device `registration_id`, when this is the key of its enrollment group:
    /// `HMAC-SHA256(group key, registration ID)`.
    ///
    /// Source: `Azure/azure-iot-cli-extension`, `az iot dps enrollment-group compute-device-key`.
    #[must_use]
    pub fn derive(&self, registration_id: &str) -> Self {
        on_wiped_stack(|| {
            let mac = PreparedKey::new(&self.0).mac(registration_id.as_bytes());
            Self::from_bytes(mac.map(u32::to_be_bytes).as_flattened())
        })
    }

    pub(crate) fn block(&self) -> &[u8; 64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_every_length_up_to_64_bytes_is_read() {
        let bytes: [u8; 65] = core::array::from_fn(|i| i.to_le_bytes()[0].wrapping_mul(37));
        for length in 1..=65 {
            let mut text = [0; 88];
            let written = BASE64.encode_slice(&bytes[..length], &mut text).unwrap();
            let text = core::str::from_utf8(&text[..written]).unwrap();
            for text in [text, text.trim_end_matches('=')] {
                let key = Key::from_base64(text);
                assert_eq!(key.is_ok(), length <= 64, "{length}");
                assert!(key.is_ok_and(|key| *key.block() == block(&bytes[..length])) || length > 64);
            }
        }
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["", "=", "A", "AwoR GB8=", "AwoR\n", "Awo-", "HostName=h"] {
            assert_eq!(Key::from_base64(text).err(), Some(InvalidKey), "{text:?}");
        }
    }

    #[test]
    fn the_key_of_a_device_is_derived_as_the_service_does() {
        let derived = Key::from_base64("AwoRGB8mLTQ7QklQV15lbA==").unwrap().derive("dev1");
        let expected = Key::from_base64("2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM=").unwrap();
        assert_eq!(derived.block(), expected.block());
    }
}
