use super::{
    Resource,
    block::Prepared,
    write::{DIGITS_MAX, HEAD, SIGNATURE_ROOM, decimal, expiry_text, put, signature_text, ten_digits},
};
use crate::{
    base::{
        encode,
        secret::{SecretText, Zeroizing, wipe, wipe_stack},
        time::UnixTime,
    },
    key::{SharedAccessKey, Signature},
};
use alloc::{borrow::Cow, string::String};
use core::ops::Range;

/// The bytes that a key, a TPM or any other signer signs, and what it takes to make a token of the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringToSign {
    resource: Resource,
    expiry: UnixTime,
    text: String,
}

impl StringToSign {
    /// `resource LF expiry`.
    #[must_use]
    pub fn new(resource: Resource, expiry: UnixTime) -> Self {
        let mut text = String::with_capacity(resource.as_str().len() + 1 + DIGITS_MAX);
        text.extend([resource.as_str(), "\n", expiry_text(expiry, &mut [0; DIGITS_MAX])]);
        Self { resource, expiry, text }
    }

    /// What to sign with HMAC-SHA256.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// When the token will end.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expiry
    }

    /// What the token will be good for.
    #[must_use]
    pub const fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The token, with a signature that was made elsewhere.
    #[must_use]
    pub fn token(&self, signature: &Signature) -> SasToken {
        let mut words = Zeroizing::new([0; 8]);
        for (word, bytes) in words.iter_mut().zip(signature.as_bytes().as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        SasToken::assemble(&self.resource, self.expiry, &words)
    }

    /// The token, with a key in memory.
    #[must_use]
    pub fn sign_with(&self, key: &SharedAccessKey) -> SasToken {
        SasToken::sign(key, &self.resource, self.expiry)
    }
}

/// Why a text is not a token. Never quotes it.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It does not begin as a token does.
    #[error("this is not a SAS token; one begins with `SharedAccessSignature ` and a single space")]
    Prefix,
    /// Quotation marks round it.
    #[error("the SAS token stands in quotation marks; remove them")]
    Quoted,
    /// White space, a control character, or one that is not ASCII.
    #[error("the SAS token has a character at byte {offset} that no token has; copy it again, without line breaks")]
    Character {
        /// Where, in bytes.
        offset: usize,
    },
    /// A piece between two `&` that is not `name=value`.
    #[error("the SAS token has a piece at byte {offset} that is not `name=value`; copy it again")]
    Piece {
        /// Where it begins, in bytes.
        offset: usize,
    },
    /// A field that a token must have.
    #[error("the SAS token has no `{field}`; it must have `sr`, `sig` and `se`")]
    Missing {
        /// `sr`, `sig` or `se`.
        field: &'static str,
    },
    /// A field that stands there twice.
    #[error("the SAS token has `{field}` twice; only one of them can be meant")]
    Duplicate {
        /// `sr`, `sig`, `se` or `skn`.
        field: &'static str,
    },
    /// An expiry that is not a number of seconds.
    #[error("the expiry (`se`) of the SAS token is not a whole number of seconds since 1970; have a new one made")]
    Expiry,
    /// More than [`TOKEN_LIMIT`](SasToken::LIMIT) bytes.
    #[error("the SAS token is longer than {} bytes; no service makes such tokens", SasToken::LIMIT)]
    TooLong,
}

/// A finished token: the password of an MQTT CONNECT, the `Authorization` header of an HTTP request.
///
/// The text is wiped when dropped, hidden in `Debug`, and compared in constant time.
#[derive(Clone, Debug)]
pub struct SasToken {
    text: SecretText,
    fields: Fields,
}

/// Where the values stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    resource: Range<usize>,
    signature: Range<usize>,
    expiry: Range<usize>,
    policy: Option<Range<usize>>,
    expires_at: UnixTime,
}

impl SasToken {
    /// The longest text that is read as a token, in bytes.
    pub const LIMIT: usize = 4096;

    /// Makes a token in one step, with a key in memory. [`Signer`](super::Signer) is faster from the second token on.
    #[must_use]
    pub fn sign(key: &SharedAccessKey, resource: &Resource, expiry: UnixTime) -> Self {
        let token = Self::made(key, resource, expiry);
        // Where the signature was made.
        wipe_stack::<4096>();
        token
    }

    /// In a call of its own, for what it leaves on the stack to be wiped.
    #[inline(never)]
    fn made(key: &SharedAccessKey, resource: &Resource, expiry: UnixTime) -> Self {
        let prepared = Prepared::new(key, resource.as_str());
        let mac = match ten_digits(expiry.as_secs()) {
            Some(digits) => prepared.mac_of_ten(put(digits)),
            None => prepared.mac_of_any(decimal(expiry.as_secs(), &mut [0; DIGITS_MAX])),
        };
        Self::assemble(resource, expiry, &mac)
    }

    /// A token from all its parts, the signature as the words of a hash.
    fn assemble(resource: &Resource, expiry: UnixTime, mac: &[u32; 8]) -> Self {
        let (written, policy) = (resource.as_str(), resource.policy());
        let (mut signature_buffer, mut expiry_buffer) = ([0; SIGNATURE_ROOM], [0; DIGITS_MAX]);
        let signature = signature_text(mac, &mut signature_buffer);
        let digits = expiry_text(expiry, &mut expiry_buffer);
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
        let signature = signature.len();
        wipe(&mut signature_buffer);
        Self::written(text, written.len(), signature, expiry)
    }

    /// Reads a token that somebody else made, whatever the order of its fields and the way it is encoded. One line
    /// break at its end is left out; apart from that it is kept as it is.
    ///
    /// # Errors
    /// When it is no token, lacks a field or has one twice, or its expiry is not a number of seconds.
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

    /// When it ends, by the service's clock.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.fields.expires_at
    }

    /// What it is good for, as it is written after `sr=` and signed.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.field(&self.fields.resource)
    }

    /// What it is good for, decoded once: `host/devices/id`. `None` when the text cannot be decoded.
    #[must_use]
    pub fn plain_resource(&self) -> Option<Cow<'_, str>> {
        encode::percent_decoded(self.resource())
    }

    /// Whether the resource was encoded more than once, as the C# SDK does with ids. Decoded once it still holds
    /// escapes, which some readers take for the id.
    #[must_use]
    pub fn is_encoded_twice(&self) -> bool {
        self.resource().contains("%25")
    }

    /// The policy in whose name it is signed, decoded. An empty `skn=` is none.
    #[must_use]
    pub fn policy(&self) -> Option<Cow<'_, str>> {
        let name = self.field(self.fields.policy.as_ref()?);
        encode::percent_decoded(name).filter(|name| !name.is_empty())
    }

    /// The bytes that its signature is over: the resource and the expiry as they are written.
    pub(super) fn signed_text(&self) -> [&str; 3] {
        [self.resource(), "\n", self.field(&self.fields.expiry)]
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

impl Fields {
    fn find(text: &str) -> Result<Self, TokenError> {
        const PREFIX: &str = "SharedAccessSignature ";
        let Some(pairs) = text.strip_prefix(PREFIX) else {
            let quoted = text.starts_with(['"', '\'', '“', '‘']);
            return Err(if quoted { TokenError::Quoted } else { TokenError::Prefix });
        };
        if let Some(at) = pairs.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(TokenError::Character { offset: PREFIX.len() + at });
        }
        if pairs.ends_with(['"', '\'']) {
            return Err(TokenError::Quoted);
        }
        let (mut resource, mut signature, mut expiry, mut policy) = (None, None, None, None);
        let mut offset = PREFIX.len();
        for piece in pairs.split('&') {
            let start = offset;
            offset += piece.len() + 1;
            if piece.is_empty() {
                continue;
            }
            let (name, value) = piece.split_once('=').ok_or(TokenError::Piece { offset: start })?;
            let (field, place) = match name {
                "sr" => ("sr", &mut resource),
                "sig" => ("sig", &mut signature),
                "se" => ("se", &mut expiry),
                "skn" => ("skn", &mut policy),
                _ => continue,
            };
            let begin = start + name.len() + 1;
            if place.replace(begin..begin + value.len()).is_some() {
                return Err(TokenError::Duplicate { field });
            }
        }
        let required = |range: Option<Range<usize>>, field| {
            range.filter(|range| !range.is_empty()).ok_or(TokenError::Missing { field })
        };
        let resource = required(resource, "sr")?;
        let signature = required(signature, "sig")?;
        let expiry = required(expiry, "se")?;
        let expires_at =
            text.get(expiry.clone()).and_then(encode::number).map(UnixTime::from_secs).ok_or(TokenError::Expiry)?;
        Ok(Self { resource, signature, expiry, policy, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn what_is_no_token_says_why() {
        use TokenError as E;
        for (text, error) in [
            ("", E::Prefix),
            ("sharedaccesssignature sr=a&sig=b&se=5", E::Prefix),
            ("\"SharedAccessSignature sr=a&sig=b&se=5\"", E::Quoted),
            ("SharedAccessSignature sr=a&sig=b&se=5\"", E::Quoted),
            ("SharedAccessSignature  sr=a&sig=b&se=5", E::Character { offset: 22 }),
            ("SharedAccessSignature sr=a&sig=b\r\n&se=5", E::Character { offset: 32 }),
            ("SharedAccessSignature sr=é&sig=b&se=5", E::Character { offset: 25 }),
            ("SharedAccessSignature sr=a&sig&se=5", E::Piece { offset: 27 }),
            ("SharedAccessSignature sig=b&se=5", E::Missing { field: "sr" }),
            ("SharedAccessSignature sr=a&sig=&se=5", E::Missing { field: "sig" }),
            ("SharedAccessSignature sr=a&sig=b", E::Missing { field: "se" }),
            ("SharedAccessSignature sr=a&sr=a&sig=b&se=5", E::Duplicate { field: "sr" }),
            ("SharedAccessSignature sr=a&sig=b&se=+5", E::Expiry),
            ("SharedAccessSignature sr=a&sig=b&se=1.5", E::Expiry),
            ("SharedAccessSignature sr=a&sig=b&se=18446744073709551616", E::Expiry),
        ] {
            assert_eq!(SasToken::parse(text), Err(error), "{text}");
        }
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
    fn the_text_of_a_token_has_a_limit() {
        let of = |length: usize| format!("SharedAccessSignature sr=a&se=5&sig={}", "s".repeat(length - 36));
        assert!(SasToken::parse(&of(SasToken::LIMIT)).is_ok());
        assert_eq!(SasToken::parse(&of(SasToken::LIMIT + 1)), Err(TokenError::TooLong));
    }
}
