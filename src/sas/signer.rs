use super::{resource::Resource, token::SasToken};
use crate::{
    base::{
        encode,
        secret::{SecretBytes, SecretText, on_wiped_stack},
        time::UnixTime,
    },
    key::SharedAccessKey,
};
use alloc::{boxed::Box, string::String};
use core::{fmt, mem::MaybeUninit, str};
use defender_auth_signer::{
    prepared::Prepared,
    text::{DIGITS_MAX, HEAD, SIGNATURE_MAX, SIGNATURE_ROOM, decimal},
};

/// The caller's buffer is smaller than the token.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token needs {needed} bytes; a buffer of `Signer::max_len` bytes is always large enough")]
pub struct BufferTooSmall {
    /// Length of this token in bytes.
    pub needed: usize,
}

crate::base::debug::debug_as_text! { BufferTooSmall }

/// One key and one resource, prepared: the fast way from an expiry to a token.
///
/// A token costs two compressions of SHA-256 (three for 18 of 64 resource lengths) and no allocation. A signer can
/// sign every token for its resource; it is wiped when dropped.
///
/// ```
/// use defender_auth::{SharedAccessKey, UnixTime, identity::Identity, sas::{Resource, Signer}};
///
/// let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")?;
/// let identity = Identity::device("contoso.azure-devices.net".parse()?, "dev-1".parse()?);
/// let signer = Signer::new(&key, &Resource::of(&identity));
///
/// let mut buffer = [0; 256];
/// let length = signer.token_into(UnixTime::from_secs(1_700_003_600), &mut buffer)?;
/// assert!(buffer[..length].starts_with(b"SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-1&sig="));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct Signer {
    /// In a box, because moving a value leaves a copy of it behind.
    pub(super) prepared: Box<Prepared>,
    /// `SharedAccessSignature sr=…&sig=`
    pub(super) head: Box<str>,
    /// `&skn=…`, or nothing.
    pub(super) policy: Box<str>,
}

impl Signer {
    /// Prepares a key for a resource.
    #[must_use]
    pub fn new(key: &SharedAccessKey, resource: &Resource) -> Self {
        let written = resource.as_str();
        let mut head = String::with_capacity(HEAD.len() + written.len() + 5);
        head.extend([HEAD, written, "&sig="]);
        let mut policy = String::new();
        if let Some(name) = resource.policy() {
            policy.push_str("&skn=");
            encode::percent_into(name, &mut policy);
        }
        let prepared = on_wiped_stack(|| Box::new(Prepared::new(&key.block(), written)));
        Self { prepared, head: head.into(), policy: policy.into() }
    }

    /// The length of the longest token of this signer, in bytes.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.head.len() + SIGNATURE_MAX + 4 + DIGITS_MAX + self.policy.len()
    }

    /// With this length a signature is escaped where it belongs, without a copy.
    pub(super) fn roomy_len(&self) -> usize {
        self.max_len() + SIGNATURE_ROOM
    }

    /// Writes the token that expires at `expiry` and returns its length. Allocates nothing.
    ///
    /// # Errors
    /// When `out` is too small, with the size that this token needs; `out` is unchanged then.
    #[inline]
    pub fn token_into(&self, expiry: UnixTime, out: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let written = self.prepared.token_into(&self.head, &self.policy, expiry.as_secs(), out);
        written.map_err(|error| BufferTooSmall { needed: error.needed })
    }

    /// The same for memory that holds nothing yet. What is returned is how many bytes at its start have been written.
    ///
    /// # Errors
    /// As those of [`token_into`](Self::token_into).
    ///
    /// ```
    /// # use defender_auth::{SharedAccessKey, UnixTime, sas::{Resource, Signer}};
    /// use core::mem::MaybeUninit;
    ///
    /// # let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")?;
    /// # let signer = Signer::new(&key, &Resource::from_plain("contoso.azure-devices.net/devices/dev-1")?);
    /// let mut memory = [MaybeUninit::uninit(); 256];
    /// let length = signer.token_into_uninit(UnixTime::from_secs(1_700_003_600), &mut memory)?;
    /// assert_eq!(length, signer.token(UnixTime::from_secs(1_700_003_600)).expose().len());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn token_into_uninit(&self, expiry: UnixTime, out: &mut [MaybeUninit<u8>]) -> Result<usize, BufferTooSmall> {
        let written = self.prepared.token_into_uninit(&self.head, &self.policy, expiry.as_secs(), out);
        written.map_err(|error| BufferTooSmall { needed: error.needed })
    }

    /// The token that expires at `expiry`, in memory of its own.
    #[must_use]
    pub fn token(&self, expiry: UnixTime) -> SasToken {
        let mut buffer = SecretBytes::zeros(self.max_len());
        // A buffer of `max_len` is large enough, and a token is ASCII.
        let length = self.token_into(expiry, buffer.expose_mut()).unwrap_or_default();
        let token = buffer.expose().get(..length).and_then(|token| str::from_utf8(token).ok()).unwrap_or_default();
        let text = SecretText::build(length, |text| text.push_str(token));
        let resource = self.head.len() - HEAD.len() - "&sig=".len();
        let digits = decimal(expiry.as_secs(), &mut [0; DIGITS_MAX]).len();
        let signature = length - self.head.len() - "&se=".len() - digits - self.policy.len();
        SasToken::written(text, resource, signature, expiry)
    }
}

impl Clone for Signer {
    fn clone(&self) -> Self {
        let prepared = on_wiped_stack(|| self.prepared.clone());
        Self { prepared, head: self.head.clone(), policy: self.policy.clone() }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}
