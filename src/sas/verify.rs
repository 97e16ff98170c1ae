use super::SasToken;
use crate::{
    base::{encode, time::UnixTime, wait::Readable},
    identity::Identity,
    key::{SharedAccessKey, Signature},
};
use alloc::string::ToString as _;
use core::time::Duration;

/// Why a token does not hold.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Its signature is not base64 of 32 bytes.
    #[error("the signature (`sig`) is not base64 of 32 bytes; the token was cut or altered on its way")]
    Signature,
    /// It was signed with another key, or altered since.
    #[error("the signature was not made by this key over this resource and expiry; use the key of this very identity")]
    Key,
    /// It is over.
    #[error("the token expired {} ago; make a new one", Readable(*ago))]
    Expired {
        /// Since when.
        ago: Duration,
    },
}

impl SasToken {
    /// Whether the token was signed with this key, is as it was signed, and has not ended by `now`.
    ///
    /// `skew` is by how much the clock that said `now` may be ahead: a token that ended less than that ago still
    /// holds. The comparison takes the same time wherever the signatures differ.
    ///
    /// # Errors
    /// The reason why it does not hold; a wrong signature before an expiry that has passed.
    pub fn verify(&self, key: &SharedAccessKey, now: UnixTime, skew: Duration) -> Result<(), VerifyError> {
        let given = self.signature().ok_or(VerifyError::Signature)?;
        if key.sign_all(&self.signed_text()) != given {
            return Err(VerifyError::Key);
        }
        if now >= self.expires_at() + skew {
            return Err(VerifyError::Expired { ago: now.since(self.expires_at()) });
        }
        Ok(())
    }

    /// Whether its resource is this identity, or something that the identity is a part of: the hub, or the device of
    /// a module. Anything else a hub refuses, whoever signed it.
    ///
    /// Resources are compared decoded and without regard to case, as services do.
    #[must_use]
    pub fn is_good_for(&self, identity: &Identity) -> bool {
        // An identity is ASCII, so nothing else can be equal to it.
        let own = identity.to_string().to_ascii_lowercase();
        let covers = |resource: &str| {
            let resource = resource.to_ascii_lowercase();
            own.strip_prefix(resource.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // As it is written first: a raw `%` in an id makes a text that cannot be decoded.
        covers(self.resource())
            || self
                .plain_resource()
                .is_some_and(|once| covers(&once) || encode::percent_decoded(&once).is_some_and(|twice| covers(&twice)))
    }

    fn signature(&self) -> Option<Signature> {
        let text = encode::percent_decoded(self.signature_text())?;
        let bytes = encode::from_base64(&text).ok()?;
        Some(Signature::from_bytes(bytes.expose().try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sas::Audience;
    use crate::sas::{Resource, StringToSign};
    use alloc::format;

    const EXPIRY: UnixTime = UnixTime::from_secs(1_700_003_600);

    fn key() -> SharedAccessKey {
        SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=").unwrap()
    }

    fn token() -> SasToken {
        StringToSign::new(Resource::from_plain("h/devices/d").unwrap(), EXPIRY).sign_with(&key())
    }

    #[test]
    fn our_own_token_holds_until_its_end() {
        let verify = |now: u64, skew| token().verify(&key(), UnixTime::from_secs(now), Duration::from_secs(skew));
        assert_eq!(verify(1_700_003_599, 0), Ok(()));
        assert_eq!(verify(1_700_003_600, 0), Err(VerifyError::Expired { ago: Duration::ZERO }));
        assert_eq!(verify(1_700_003_899, 300), Ok(()), "the caller's skew");
        assert_eq!(verify(1_700_003_900, 300), Err(VerifyError::Expired { ago: Duration::from_secs(300) }));
    }

    #[test]
    fn no_altered_token_holds() {
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
    fn a_token_is_good_for_what_its_resource_covers() {
        let device = Identity::device("H.net".parse().unwrap(), "n@m".parse().unwrap());
        let module = Identity::module("h.net".parse().unwrap(), "n@m".parse().unwrap(), "x".parse().unwrap());
        for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw, Audience::HubOnly] {
            let token = StringToSign::new(Resource::with_audience(&device, audience), EXPIRY).sign_with(&key());
            assert!(token.is_good_for(&device) && token.is_good_for(&module), "{audience:?}");
        }
        let percent = Identity::device("h.net".parse().unwrap(), "50%".parse().unwrap());
        for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw] {
            let token = StringToSign::new(Resource::with_audience(&percent, audience), EXPIRY).sign_with(&key());
            assert!(token.is_good_for(&percent), "{audience:?}");
        }
        let token = StringToSign::new(Resource::of(&module), EXPIRY).sign_with(&key());
        assert!(token.is_good_for(&module) && !token.is_good_for(&device));
        assert!(!super::tests::token().is_good_for(&device));
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
}
