use super::{
    error::{KEY_LIMIT, KEY_TEXT_LIMIT, KeyError, explain},
    signature::Signature,
};
use crate::base::{
    encode,
    secret::{SecretBytes, SecretText, on_wiped_stack},
};
use core::{fmt, str::FromStr};
use defender_auth_signer::{PreparedKey, block};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A symmetric key of a device, a module, a policy or an enrollment.
///
/// Wiped when dropped, hidden in `Debug`, compared in constant time.
///
/// ```
/// use defender_auth::SharedAccessKey;
///
/// let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")?;
/// assert_eq!(key.len(), 32);
/// assert_eq!(format!("{key:?}"), "SharedAccessKey(..)");
/// # Ok::<_, defender_auth::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SharedAccessKey(SecretBytes);

impl SharedAccessKey {
    /// Decodes what the portal shows: standard base64. Padding is optional; white space around the text and a byte
    /// order mark before it are ignored; every other character outside the alphabet is an error, because most SDKs would skip it or read it
    /// as zero and sign with a wrong key.
    ///
    /// # Errors
    /// Names the first character that is not base64, and the remedy.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        if text.len() > KEY_TEXT_LIMIT {
            return Err(KeyError::TooLong);
        }
        // Editors of Windows begin a file with a byte order mark.
        let start = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
        let trimmed = start.trim_end();
        match encode::from_base64(trimmed) {
            Ok(bytes) if bytes.expose().is_empty() => Err(KeyError::Empty),
            Ok(bytes) => Ok(Self(bytes)),
            Err(error) => Err(explain(trimmed, text.len() - start.len(), error)),
        }
    }

    /// A key from its bytes, at most [`KEY_LIMIT`] of them.
    ///
    /// # Errors
    /// When there are none, or more than that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        match bytes.len() {
            0 => Err(KeyError::Empty),
            1..=KEY_LIMIT => Ok(Self(SecretBytes::copy_of(bytes))),
            _ => Err(KeyError::TooLong),
        }
    }

    /// The key of a device is a signature with the group's key.
    pub(super) fn from_signature(signature: &Signature) -> Self {
        Self(SecretBytes::copy_of(signature.as_bytes()))
    }

    /// A new key from 32 or 64 bytes of the caller's random source. The caller wipes its buffer.
    ///
    /// # Errors
    /// [`KeyError::EntropyLength`] for any other length; [`KeyError::EntropyUnfilled`] when all bytes are the same, as in
    /// a buffer that was never filled.
    pub fn generate(entropy: &[u8]) -> Result<Self, KeyError> {
        if !matches!(entropy.len(), 32 | 64) {
            return Err(KeyError::EntropyLength { length: entropy.len() });
        }
        if entropy.windows(2).all(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(KeyError::EntropyUnfilled);
        }
        Self::from_bytes(entropy)
    }

    /// The text form, for a file or a connection string.
    #[must_use]
    pub fn to_base64(&self) -> SecretText {
        SecretText::new(encode::base64(self.0.expose()))
    }

    /// Length of the key in bytes. Services generate keys of 32 or 64 bytes and accept 16 to 64.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a key is never empty")]
    pub fn len(&self) -> usize {
        self.0.expose().len()
    }

    /// HMAC-SHA256 over any bytes.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> Signature {
        on_wiped_stack(|| Signature::from_state(PreparedKey::new(&self.block()).mac(data)))
    }

    /// Whether a signature is the HMAC-SHA256 over texts that follow each other. The comparison takes constant time.
    pub(crate) fn has_signed(&self, texts: &[&str], signature: &Signature) -> bool {
        on_wiped_stack(|| {
            let mut mac = self.prepare();
            for text in texts {
                mac.update(text.as_bytes());
            }
            Signature::from_bytes(mac.finalize().into_bytes().into()) == *signature
        })
    }

    fn prepare(&self) -> Hmac<Sha256> {
        Hmac::new((&self.block()).into())
    }

    /// The key as HMAC uses it. To be called on a stack that is wiped.
    pub(crate) fn block(&self) -> [u8; 64] {
        block(self.0.expose())
    }
}

impl FromStr for SharedAccessKey {
    type Err = KeyError;

    /// The same as [`from_base64`](Self::from_base64).
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_base64(text)
    }
}

impl TryFrom<&str> for SharedAccessKey {
    type Error = KeyError;

    /// The same as [`from_base64`](Self::from_base64).
    fn try_from(text: &str) -> Result<Self, KeyError> {
        Self::from_base64(text)
    }
}

impl fmt::Debug for SharedAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedAccessKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const TEXT: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

    #[test]
    fn keys_are_read_as_the_portal_writes_them() {
        let key = SharedAccessKey::from_base64(TEXT).unwrap();
        assert_eq!(key.to_base64().expose(), TEXT);
        assert_eq!(SharedAccessKey::from_base64(&format!(" {TEXT}\r\n")).unwrap(), key, "white space around it");
        assert_eq!(SharedAccessKey::from_base64(&format!("\u{feff}{TEXT}\r\n")).unwrap(), key, "a byte order mark");
        assert_eq!(SharedAccessKey::from_base64(TEXT.trim_end_matches('=')).unwrap(), key, "without padding");
    }

    #[test]
    fn a_key_is_parsed_as_every_other_text() {
        let key = SharedAccessKey::from_base64(TEXT).unwrap();
        assert_eq!(TEXT.parse(), Ok(key.clone()));
        assert_eq!(SharedAccessKey::try_from(TEXT), Ok(key));
        assert_eq!("AwoR****".parse::<SharedAccessKey>(), Err(KeyError::Masked));
    }

    #[test]
    fn each_mistake_has_its_own_error() {
        use KeyError as E;
        for (text, error) in [
            ("", E::Empty),
            ("=", E::Truncated),
            ("****", E::Masked),
            ("AwoR****", E::Masked),
            ("\"AwoR\"", E::Quoted),
            ("HostName=h;SharedAccessKey=AwoR", E::ConnectionString),
            ("HostName=h", E::ConnectionString),
            ("AwoR;AwoR", E::ConnectionString),
            ("Awo-", E::UrlSafe { offset: 3 }),
            ("  Aw_R", E::UrlSafe { offset: 4 }),
            ("AwoRGB8%3D", E::PercentEncoded { offset: 7 }),
            ("AwoR GB8=", E::NotBase64 { offset: 4 }),
            (" AwoR\nGB8=\n", E::LineBreak { offset: 5 }),
            ("AwoRé", E::NotBase64 { offset: 4 }),
            ("\u{feff} Aw_R", E::UrlSafe { offset: 6 }),
            ("\u{feff}\u{feff}AwoR", E::NotBase64 { offset: 3 }),
            ("AwoR\u{feff}", E::NotBase64 { offset: 4 }),
            ("\u{feff}", E::Empty),
            ("Zm9vYmF", E::Truncated),
            ("Zm9vY", E::Truncated),
            ("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1d=", E::Truncated),
        ] {
            assert_eq!(SharedAccessKey::from_base64(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_text_of_a_key_has_a_limit() {
        assert_eq!(SharedAccessKey::from_base64(&"A".repeat(KEY_TEXT_LIMIT)).unwrap().len(), 3072);
        assert_eq!(SharedAccessKey::from_base64(&"A".repeat(KEY_TEXT_LIMIT + 1)), Err(KeyError::TooLong));
        let longest = SharedAccessKey::from_bytes(&[1; 3072]).unwrap();
        assert_eq!(SharedAccessKey::from_base64(longest.to_base64().expose()), Ok(longest), "its text can be read");
        assert_eq!(SharedAccessKey::from_bytes(&[1; 3073]), Err(KeyError::TooLong));
        assert_eq!(SharedAccessKey::from_bytes(&[]), Err(KeyError::Empty));
    }

    #[test]
    fn a_new_key_requires_filled_entropy() {
        let mut entropy: [u8; 64] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(SharedAccessKey::generate(&entropy).unwrap().len(), 64);
        assert_eq!(SharedAccessKey::generate(&entropy[..32]).unwrap().len(), 32);
        assert_eq!(SharedAccessKey::generate(&entropy[..31]), Err(KeyError::EntropyLength { length: 31 }));
        entropy.fill(7);
        assert_eq!(SharedAccessKey::generate(&entropy), Err(KeyError::EntropyUnfilled));
    }

    #[test]
    fn long_keys_are_hashed_first() {
        // RFC 4231, test case 6: a key of 131 bytes.
        let key = SharedAccessKey::from_bytes(&[0xaa; 131]).unwrap();
        let signature = key.sign(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(signature.as_bytes()[..4], [0x60, 0xe4, 0x31, 0x59]);
        assert_eq!(signature.as_bytes()[28..], [0x0e, 0xe3, 0x7f, 0x54]);
    }
}
