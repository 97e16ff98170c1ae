//! Shared access keys: read, generate, derive, sign.

mod activation_blob;
mod prepared;

pub use activation_blob::{ActivationBlob, BlobError};
pub(crate) use prepared::{Last, PreparedKey, State};

use crate::{
    base::{
        encode::{self, Base64Error},
        secret::{SecretBytes, SecretText, same, wipe},
    },
    identity::RegistrationId,
};
use core::fmt;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The longest text that is read as a key, in bytes.
pub const KEY_TEXT_LIMIT: usize = 4096;

/// The longest key, in bytes: what the longest text of one stands for.
pub const KEY_LIMIT: usize = KEY_TEXT_LIMIT / 4 * 3;

/// 32 bytes of HMAC-SHA256, made by a key in memory or by a TPM. Compared in constant time, hidden in `Debug`.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// A signature that was made elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn from_state(state: State) -> Self {
        let mut bytes = [0; 32];
        for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
            *to = word.to_be_bytes();
        }
        Self(bytes)
    }

    /// Its bytes.
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

/// Which of the two keys that the provisioning service gives a TPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// Proves the device to the provisioning service in one attempt. Keep it transient: the hub's key of an earlier
    /// assignment stays where it is until a new one has come.
    Registration,
    /// Proves the device to its hub, for months. Make it persistent.
    Hub,
}

/// Why a text or a buffer is not a key. Never quotes it.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key.
    #[error("the key is empty; copy the primary or secondary key from the portal")]
    Empty,
    /// `****`
    #[error("the key is masked with `*`; have the tool that printed it show the key, or copy it from the portal")]
    Masked,
    /// `"…"` or `'…'`
    #[error("the key stands in quotation marks; remove them")]
    Quoted,
    /// A whole connection string, or several `name=value` pairs.
    #[error("this is a connection string, not a key; take what follows `SharedAccessKey=` in it")]
    ConnectionString,
    /// More than one line.
    #[error("there is more than the key on its line: a line break at byte {offset}; leave the key alone there")]
    LineBreak {
        /// Where, in bytes.
        offset: usize,
    },
    /// `-` or `_`
    #[error("the key is written in the URL-safe alphabet (byte {offset}); write `+` for `-` and `/` for `_`")]
    UrlSafe {
        /// Where, in bytes.
        offset: usize,
    },
    /// `%3D`
    #[error("the key is percent-encoded (byte {offset}); write `=` for `%3D`, `+` for `%2B`, `/` for `%2F`")]
    PercentEncoded {
        /// Where, in bytes.
        offset: usize,
    },
    /// Any other character that is not base64.
    #[error("the key is not base64 at byte {offset}; copy it again, it has only A-Z a-z 0-9 + / and = at its end")]
    NotBase64 {
        /// Where, in bytes.
        offset: usize,
    },
    /// It ends where no base64 text ends.
    #[error("the key has lost characters at its end; copy it again, up to and including the last `=`")]
    Truncated,
    /// A text of more than [`KEY_TEXT_LIMIT`] bytes, or more than the [`KEY_LIMIT`] bytes that it may stand for.
    #[error("the key is longer than {KEY_TEXT_LIMIT} characters; a key has 44 or 88")]
    TooLong,
    /// Entropy for a new key that is not 32 or 64 bytes.
    #[error("a new key takes 32 or 64 random bytes, not {length}; pass a buffer of that size")]
    EntropyLength {
        /// How many there were.
        length: usize,
    },
    /// Entropy in which all bytes are the same.
    #[error("the bytes for a new key are all the same; fill the buffer from the system's random source first")]
    EntropyUnfilled,
}

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
    /// Decodes what the portal shows: standard base64. Padding is optional and white space around the text is
    /// ignored; every other character that does not belong is an error, because most SDKs would skip it or read it
    /// as zero and sign with a wrong key.
    ///
    /// # Errors
    /// Says where the text stops being a key, and what to do.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        if text.len() > KEY_TEXT_LIMIT {
            return Err(KeyError::TooLong);
        }
        let trimmed = text.trim();
        match encode::from_base64(trimmed) {
            Ok(bytes) if bytes.expose().is_empty() => Err(KeyError::Empty),
            Ok(bytes) => Ok(Self(bytes)),
            Err(error) => Err(explain(trimmed, text.len() - text.trim_start().len(), error)),
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

    /// A new key from 32 or 64 bytes of the caller's random source. The caller wipes its buffer.
    ///
    /// # Errors
    /// When the length is another one, or all bytes are the same: a buffer that nobody filled.
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

    /// How many bytes the key has. The services make keys of 16 to 64.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a key is never empty")]
    pub fn len(&self) -> usize {
        self.0.expose().len()
    }

    /// HMAC-SHA256 over any bytes.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> Signature {
        let mut mac = self.prepare();
        mac.update(data);
        Signature(mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA256 over texts that follow each other.
    pub(crate) fn sign_all(&self, texts: &[&str]) -> Signature {
        let mut mac = self.prepare();
        for text in texts {
            mac.update(text.as_bytes());
        }
        Signature(mac.finalize().into_bytes().into())
    }

    /// The device key that belongs to `id` when this is the key of an enrollment group. For many ids,
    /// [`GroupKey`] does the work on the group key once.
    #[must_use]
    pub fn derive(&self, id: &RegistrationId) -> Self {
        GroupKey::new(self).derive(id)
    }

    fn prepare(&self) -> Hmac<Sha256> {
        let mut block = self.block();
        let mac = Hmac::new((&block).into());
        wipe(&mut block);
        mac
    }

    /// The key as HMAC uses it: hashed if it is longer than a block of SHA-256, then filled up with zeros (RFC 2104).
    /// Whoever asks wipes it.
    fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        let bytes = self.0.expose();
        let mut hash = [0; 32];
        let source = if bytes.len() > block.len() {
            hash = Sha256::digest(bytes).into();
            &hash
        } else {
            bytes
        };
        if let Some(to) = block.get_mut(..source.len()) {
            to.copy_from_slice(source);
        }
        wipe(&mut hash);
        block
    }
}

impl fmt::Debug for SharedAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedAccessKey(..)")
    }
}

/// What people really did to a key that is not base64.
fn explain(text: &str, skipped: usize, error: Base64Error) -> KeyError {
    if text.contains('*') {
        return KeyError::Masked;
    }
    if text.contains(';') || text.starts_with("HostName=") {
        return KeyError::ConnectionString;
    }
    if text.starts_with(['"', '\'', '“', '”', '‘', '’']) {
        return KeyError::Quoted;
    }
    if let Some(offset) = text.find(['\n', '\r']) {
        return KeyError::LineBreak { offset: skipped + offset };
    }
    let Base64Error::Character { offset } = error else {
        return KeyError::Truncated;
    };
    let at = skipped + offset;
    match text.as_bytes().get(offset) {
        Some(b'-' | b'_') => KeyError::UrlSafe { offset: at },
        Some(b'%') => KeyError::PercentEncoded { offset: at },
        // Padding is in the wrong place because what stood before it is gone.
        Some(b'=') if text.trim_end_matches('=').len() == offset => KeyError::Truncated,
        _ => KeyError::NotBase64 { offset: at },
    }
}

/// The key of an enrollment group, prepared to derive the keys of many devices.
///
/// `device key = HMAC-SHA256(group key, registration id)`, the registration id in UTF-8 and in its own case.
/// Keep the group key off the devices: whoever has it can sign for every one of them.
///
/// ```
/// use defender_auth::{SharedAccessKey, key::GroupKey};
///
/// let group_key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
/// let device_key = GroupKey::new(&group_key).derive(&"dev1".parse()?);
/// assert_eq!(device_key.to_base64().expose(), "2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM=");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// Source: `Azure/azure-iot-cli-extension`, `az iot dps enrollment-group compute-device-key`.
pub struct GroupKey(PreparedKey);

impl GroupKey {
    /// Prepares a group key.
    #[must_use]
    pub fn new(key: &SharedAccessKey) -> Self {
        Self(PreparedKey::new(key))
    }

    /// The key of one device.
    #[must_use]
    pub fn derive(&self, id: &RegistrationId) -> SharedAccessKey {
        let mut key = Signature::from_state(self.0.mac(id.as_str().as_bytes())).0;
        let derived = SharedAccessKey(SecretBytes::copy_of(&key));
        wipe(&mut key);
        derived
    }
}

impl fmt::Debug for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupKey(..)")
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
        assert_eq!(SharedAccessKey::from_base64(TEXT.trim_end_matches('=')).unwrap(), key, "without padding");
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
    fn a_new_key_wants_real_entropy() {
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
