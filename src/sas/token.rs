use super::{
    fields::{self, Fields, TokenError},
    resource::Resource,
};
use crate::{
    base::{
        encode,
        secret::{SecretText, on_wiped_stack},
        time::UnixTime,
    },
    key::SharedAccessKey,
};
use alloc::borrow::Cow;
use core::{ops::Range, str::FromStr};
use defender_auth_signer::{
    prepared::Prepared,
    text::{DIGITS_MAX, HEAD, SIGNATURE_ROOM, decimal, expiry_text, signature_text},
};

/// A finished token: the password of an MQTT CONNECT, the `Authorization` header of an HTTP request.
///
/// The text is wiped when dropped, hidden in `Debug`, and compared in constant time.
#[derive(Clone, Debug)]
pub struct SasToken {
    text: SecretText,
    fields: Fields,
}

impl SasToken {
    /// The longest text that is read as a token, in bytes.
    pub const LIMIT: usize = fields::LIMIT;

    /// Makes a token in one step, with a key in memory. [`Signer`](super::Signer) is faster from the second token on.
    #[must_use]
    pub fn sign(key: &SharedAccessKey, resource: &Resource, expiry: UnixTime) -> Self {
        on_wiped_stack(|| {
            let mac = Prepared::new(&key.block(), resource.as_str()).mac(expiry.as_secs());
            Self::assemble(resource, expiry, &mac)
        })
    }

    /// A token from all its parts, the signature as the words of a hash. To be called on a stack that is wiped.
    pub(super) fn assemble(resource: &Resource, expiry: UnixTime, mac: &[u32; 8]) -> Self {
        let (written, policy) = (resource.as_str(), resource.policy());
        let (mut signature_buffer, mut expiry_buffer) = ([0; SIGNATURE_ROOM], [0; DIGITS_MAX]);
        let signature = signature_text(mac, &mut signature_buffer);
        let digits = expiry_text(expiry.as_secs(), &mut expiry_buffer);
        let policy_len = policy.map_or(0, |policy| "&skn=".len() + encode::percent_len(policy));
        let capacity =
            HEAD.len() + written.len() + "&sig=".len() + signature.len() + "&se=".len() + digits.len() + policy_len;
        let text = SecretText::build(capacity, |text| {
            text.extend([HEAD, written, "&sig=", signature, "&se=", digits]);
            if let Some(policy) = policy {
                text.push_str("&skn=");
                encode::percent_into(policy, text);
            }
        });
        Self::written(text, written.len(), signature.len(), expiry)
    }

    /// Reads a token that was made elsewhere, with its fields in any order and any percent-encoding. One line break at
    /// its end is removed; apart from that the text is kept unchanged. See [`problems`](Self::problems) for what makes
    /// services reject a token that can be read.
    ///
    /// # Errors
    /// When the text is not a token, lacks a field or has one twice, or its expiry is not a number of seconds.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
        if text.len() > Self::LIMIT {
            return Err(TokenError::TooLong);
        }
        let fields = Fields::find(text)?;
        Ok(Self { text: SecretText::new(text.into()), fields })
    }

    /// A token that was just written here, `sr sig se` and perhaps `skn` in this order.
    pub(super) fn written(text: SecretText, resource: usize, signature: usize, expires_at: UnixTime) -> Self {
        let after = |end: usize, name: &str, length: usize| end + name.len()..end + name.len() + length;
        let resource = after(0, HEAD, resource);
        let signature = after(resource.end, "&sig=", signature);
        let digits = decimal(expires_at.as_secs(), &mut [0; DIGITS_MAX]).len();
        let expiry = after(signature.end, "&se=", digits);
        let policy = expiry.end + "&skn=".len()..text.expose().len();
        let policy = (!policy.is_empty()).then_some(policy);
        Self { text, fields: Fields { resource, signature, expiry, policy, expires_at } }
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Its expiry, by the service's clock.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.fields.expires_at
    }

    /// The resource that it grants access to, as it is written after `sr=` and signed.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.field(&self.fields.resource)
    }

    /// The resource, percent-decoded once: `host/devices/id`. `None` when it cannot be decoded.
    #[must_use]
    pub fn plain_resource(&self) -> Option<Cow<'_, str>> {
        encode::percent_decoded(self.resource())
    }

    /// Whether the resource was encoded more than once, as the C# SDK does with ids. Decoded once, it still
    /// contains escapes, which some programs take for the ID.
    #[must_use]
    pub fn is_encoded_twice(&self) -> bool {
        self.resource().contains("%25")
    }

    /// The policy in whose name it is signed, decoded. `None` when `skn` is absent or empty.
    #[must_use]
    pub fn policy(&self) -> Option<Cow<'_, str>> {
        let name = self.field(self.fields.policy.as_ref()?);
        encode::percent_decoded(name).filter(|name| !name.is_empty())
    }

    /// The bytes that its signature is over: the resource and the expiry as they are written.
    pub(super) fn signed_text(&self) -> [&str; 3] {
        [self.resource(), "\n", self.field(&self.fields.expiry)]
    }

    /// Whether nothing follows the digits of the expiry.
    pub(super) fn ends_with_expiry(&self) -> bool {
        self.fields.expiry.end == self.text.expose().len()
    }

    /// The signature as it is written after `sig=`.
    pub(super) fn signature_text(&self) -> &str {
        self.field(&self.fields.signature)
    }

    fn field(&self, range: &Range<usize>) -> &str {
        self.text.expose().get(range.clone()).unwrap_or_default()
    }
}

impl PartialEq for SasToken {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SasToken {}

impl FromStr for SasToken {
    type Err = TokenError;

    /// The same as [`parse`](Self::parse).
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for SasToken {
    type Error = TokenError;

    /// The same as [`parse`](Self::parse).
    fn try_from(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sas::string_to_sign::StringToSign;
    use alloc::format;

    #[test]
    fn tokens_of_any_order_and_encoding_are_read() {
        let token = SasToken::parse("SharedAccessSignature sig=s%3d&se=5&x=y&sr=h/devices/a%2bb&skn=\n").unwrap();
        assert_eq!(token.expires_at().as_secs(), 5);
        assert_eq!(token.resource(), "h/devices/a%2bb");
        assert_eq!(token.plain_resource().unwrap(), "h/devices/a+b");
        assert_eq!(token.policy(), None);
        assert!(!token.expose().ends_with('\n'));
        let token = SasToken::parse("SharedAccessSignature sr=h%2Fdevices%2Fa%252B&sig=s&se=5&skn=a%26b").unwrap();
        assert!(token.is_encoded_twice());
        assert_eq!(token.policy().unwrap(), "a&b");
    }

    #[test]
    fn tokens_are_equal_when_their_texts_are() {
        let [one, other] =
            ["s", "t"].map(|sig| SasToken::parse(&format!("SharedAccessSignature sr=h&sig={sig}&se=5")).unwrap());
        assert!(one == one.clone() && one != other);
        assert!(!one.is_encoded_twice());
    }

    #[test]
    fn a_token_written_here_is_the_one_that_is_read() {
        let resource = Resource::from_plain("h/devices/d").unwrap();
        let policy = "a&b".parse().unwrap();
        let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
        for resource in [resource.clone(), resource.with_policy(&policy)] {
            for expiry in [0, 9, 1_700_000_000, u64::MAX] {
                let expiry = UnixTime::from_secs(expiry);
                let token = StringToSign::new(resource.clone(), expiry).sign_with(&key);
                let read = SasToken::parse(token.expose()).unwrap();
                assert_eq!(token.fields, read.fields);
                let signed = crate::sas::Signer::new(&key, &resource).token(expiry);
                assert_eq!((&signed, &signed.fields), (&read, &read.fields));
            }
        }
    }

    #[test]
    fn a_token_is_parsed_as_every_other_text() {
        let text = "SharedAccessSignature sr=h&sig=s&se=5";
        assert_eq!(text.parse(), SasToken::parse(text));
        assert_eq!(SasToken::try_from(text), SasToken::parse(text));
        assert_eq!("SharedAccessSignature".parse::<SasToken>(), Err(TokenError::Prefix));
    }

    #[test]
    fn the_text_of_a_token_has_a_limit() {
        let of = |length: usize| format!("SharedAccessSignature sr=a&se=5&sig={}", "s".repeat(length - 36));
        assert!(SasToken::parse(&of(SasToken::LIMIT)).is_ok());
        assert_eq!(SasToken::parse(&of(SasToken::LIMIT + 1)), Err(TokenError::TooLong));
    }
}
