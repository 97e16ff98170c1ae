use super::{problem::TEN_DIGITS, token::SasToken};
use crate::{
    base::{
        encode,
        secret::{SecretText, on_wiped_stack},
        time::UnixTime,
        wait::Readable,
    },
    key::{SharedAccessKey, Signature},
};
use core::time::Duration;

/// Why a token is not valid.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Its signature is not base64 of 32 bytes.
    #[error("the signature (`sig`) is not base64 of 32 bytes; the token was truncated or altered, so copy it again")]
    Signature,
    /// It was signed with another key, or altered since.
    #[error("the signature was not made by this key over this resource and expiry; use the key of this identity")]
    Key,
    /// The signature does not match, and the token ends in an expiry of too few digits.
    #[error("the token is truncated at its end (`se` has fewer than ten digits); copy it again, up to its end")]
    Truncated,
    /// The signature does not match, and neither `sig` nor the slashes of `sr` are percent-encoded.
    #[error(
        "the token was percent-decoded after it was signed (`sig` does not end in `%3D`); \
         use it as it was made, before any URL decoding"
    )]
    PercentDecoded,
    /// Its expiry has passed.
    #[error("the token expired {} ago; make a new one", Readable(*ago))]
    Expired {
        /// Time since its expiry.
        ago: Duration,
    },
}

impl VerifyError {
    /// Whether the signature is valid nevertheless: only the time is wrong.
    #[must_use]
    pub const fn is_signature_valid(self) -> bool {
        matches!(self, Self::Expired { .. })
    }
}

impl SasToken {
    /// Whether the token was signed with this key, is unchanged since, and has not expired at `now`.
    ///
    /// `skew` is by how much the clock that gave `now` may be ahead: a token that expired less than that ago is still
    /// valid. The comparison takes the same time wherever the signatures differ. A valid token may still be one that
    /// services reject: see [`problems`](Self::problems) and [`is_good_for`](Self::is_good_for).
    ///
    /// # Errors
    /// The reason why it is not valid; a wrong signature is reported before an expiry that has passed.
    pub fn verify(&self, key: &SharedAccessKey, now: UnixTime, skew: Duration) -> Result<(), VerifyError> {
        let is_signed = on_wiped_stack(|| Some(key.has_signed(&self.signed_text(), &self.signature()?)));
        if !is_signed.ok_or(VerifyError::Signature)? {
            return Err(self.mismatch());
        }
        if now >= self.expires_at() + skew {
            return Err(VerifyError::Expired { ago: now.since(self.expires_at()) });
        }
        Ok(())
    }

    /// Why the signature does not match, as far as the text shows it.
    fn mismatch(&self) -> VerifyError {
        if self.expires_at() < TEN_DIGITS && self.ends_with_expiry() {
            return VerifyError::Truncated;
        }
        if self.signature_text().ends_with('=') && self.resource().contains('/') {
            return VerifyError::PercentDecoded;
        }
        VerifyError::Key
    }

    /// To be called on a stack that is wiped.
    fn signature(&self) -> Option<Signature> {
        let text = SecretText::new(encode::percent_decoded(self.signature_text())?.into_owned());
        let bytes = encode::from_base64(text.expose()).ok()?;
        Signature::try_from(bytes.expose()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sas::{Resource, StringToSign};
    use alloc::{format, string::ToString as _};

    const EXPIRY: UnixTime = UnixTime::from_secs(1_700_003_600);

    fn key() -> SharedAccessKey {
        SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=").unwrap()
    }

    fn token() -> SasToken {
        StringToSign::new(Resource::from_plain("h/devices/d").unwrap(), EXPIRY).sign_with(&key())
    }

    #[test]
    fn our_own_token_is_valid_until_its_expiry() {
        let verify = |now: u64, skew| token().verify(&key(), UnixTime::from_secs(now), Duration::from_secs(skew));
        assert_eq!(verify(1_700_003_599, 0), Ok(()));
        assert_eq!(verify(1_700_003_600, 0), Err(VerifyError::Expired { ago: Duration::ZERO }));
        assert_eq!(verify(1_700_003_899, 300), Ok(()), "the caller's skew");
        assert_eq!(verify(1_700_003_900, 300), Err(VerifyError::Expired { ago: Duration::from_secs(300) }));
    }

    #[test]
    fn no_altered_token_is_valid() {
        let text = token().expose().to_string();
        let now = UnixTime::from_secs(1_700_000_000);
        for at in "SharedAccessSignature sr=".len()..text.len() {
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(altered) =
                    core::str::from_utf8(&bytes).map_err(|_| ()).and_then(|t| SasToken::parse(t).map_err(|_| ()))
                else {
                    continue;
                };
                // `%2b` is `%2B`: the case of an escape is not part of the signature.
                let same = altered.signed_text() == token().signed_text() && altered.signature() == token().signature();
                assert_eq!(altered.verify(&key(), now, Duration::ZERO).is_ok(), same, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn another_key_and_a_broken_signature_are_told_apart() {
        let now = UnixTime::from_secs(1_700_000_000);
        let other = SharedAccessKey::from_bytes(&[1; 32]).unwrap();
        assert_eq!(token().verify(&other, now, Duration::ZERO), Err(VerifyError::Key));
        for signature in ["abc", "AAAA", "%zz", "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzdAAAA"] {
            let token = SasToken::parse(&format!("SharedAccessSignature sr=h&sig={signature}&se=1800000000")).unwrap();
            assert_eq!(token.verify(&key(), now, Duration::ZERO), Err(VerifyError::Signature), "{signature}");
        }
    }

    #[test]
    fn a_token_that_was_cut_in_its_expiry_is_named_as_truncated() {
        let now = UnixTime::from_secs(1_700_000_000);
        let text = token().expose().to_string();
        for digits in 1..10 {
            let cut = SasToken::parse(&text[..text.len() - digits]).unwrap();
            assert_eq!(cut.verify(&key(), now, Duration::ZERO), Err(VerifyError::Truncated), "{digits}");
        }
        let early = StringToSign::new(Resource::from_plain("h/devices/d").unwrap(), UnixTime::from_secs(3600));
        let verified = early.sign_with(&key()).verify(&key(), now, Duration::ZERO);
        assert!(verified.unwrap_err().is_signature_valid(), "it was made so, not cut");
        let followed = SasToken::parse(&text.replace("1700003600", "17000036&skn=")).unwrap();
        assert_eq!(followed.verify(&key(), now, Duration::ZERO), Err(VerifyError::Key), "a field follows");
    }

    #[test]
    fn a_token_that_was_percent_decoded_is_named_so() {
        let now = UnixTime::from_secs(1_700_000_000);
        for resource in ["h/devices/d", "h/devices/n@m", "h/devices/d/modules/$m"] {
            let token = StringToSign::new(Resource::from_plain(resource).unwrap(), EXPIRY).sign_with(&key());
            let decoded = encode::percent_decoded(token.expose()).unwrap().into_owned();
            let decoded = SasToken::parse(&decoded).unwrap();
            assert_eq!(decoded.verify(&key(), now, Duration::ZERO), Err(VerifyError::PercentDecoded), "{resource}");
        }
        let raw = StringToSign::new(Resource::as_written("h/devices/d").unwrap(), EXPIRY).sign_with(&key());
        let other = SharedAccessKey::from_bytes(&[1; 32]).unwrap();
        assert_eq!(raw.verify(&other, now, Duration::ZERO), Err(VerifyError::Key), "its `sig` is encoded");
    }
}
