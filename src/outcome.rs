//! The answer to the library's one question: who am I, and how do I prove it?

use crate::{
    connection_string::ConnectionString,
    credential::{Credential, Password},
    identity::Identity,
    sas::{Audience, Signer},
    time::UnixTime,
};

/// An identity and what proves it. Keep it for as long as the agent runs: it makes every later token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    identity: Identity,
    credential: Credential,
    audience: Audience,
}

impl Outcome {
    pub(crate) const fn new(identity: Identity, credential: Credential) -> Self {
        Self { identity, credential, audience: Audience::Encoded }
    }

    /// The same, with tokens whose audience is written in another form. It has no effect on a policy's key, a ready
    /// token or a certificate.
    #[must_use]
    pub fn with_audience(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// Who.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What proves it.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What to give as the password until `expiry`. Call it again when the token grows old
    /// ([`Renewal`](crate::sas::Renewal) says when).
    #[must_use]
    pub fn password(&self, expiry: UnixTime) -> Password {
        self.credential.password(&self.identity, self.audience, expiry)
    }

    /// The fast way to many tokens. `None` unless the key is in memory.
    #[must_use]
    pub fn signer(&self) -> Option<Signer> {
        let (key, resource) = self.credential.signing(&self.identity, self.audience)?;
        Some(Signer::new(key, &resource))
    }

    /// After a refusal by the hub: goes over to the secondary key, once.
    #[must_use = "false: there is no other key, run the plan again"]
    pub const fn fall_back(&mut self) -> bool {
        match &mut self.credential {
            Credential::Keys(keys) => keys.fall_back(),
            _ => false,
        }
    }

    /// As one line of text, for other programs, with the key that is in use. `None` when a connection string cannot
    /// say it: for a key held elsewhere, and for an id with a `;` in it.
    #[must_use]
    pub fn connection_string(&self) -> Option<ConnectionString> {
        ConnectionString::new(self.identity.clone(), self.credential.clone()).ok()
    }
}

impl From<ConnectionString> for Outcome {
    fn from(string: ConnectionString) -> Self {
        let (identity, credential) = string.into_parts();
        Self::new(identity, credential)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{credential::Keys, key::SharedAccessKey};

    const EXPIRY: UnixTime = UnixTime::from_secs(1_700_003_600);

    fn outcome(credential: impl Into<Credential>) -> Outcome {
        let identity = Identity::module("h.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap());
        Outcome::new(identity, credential.into())
    }

    fn key(byte: u8) -> SharedAccessKey {
        SharedAccessKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn the_fast_way_and_the_easy_way_make_the_same_token() {
        for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw, Audience::HubOnly] {
            let outcome = outcome(key(1)).with_audience(audience);
            let easy = outcome.password(EXPIRY).into_token().unwrap();
            assert_eq!(outcome.signer().unwrap().token(EXPIRY), easy);
        }
    }

    #[test]
    fn a_key_held_elsewhere_is_asked_in_two_steps() {
        let elsewhere = outcome(Credential::ExternalKey);
        assert!(elsewhere.signer().is_none() && elsewhere.connection_string().is_none());
        let Password::Sign(string) = elsewhere.password(EXPIRY) else { panic!() };
        let token = string.token(&key(1).sign(string.as_bytes()));
        assert_eq!(Some(token), outcome(key(1)).password(EXPIRY).into_token());
    }

    #[test]
    fn the_connection_string_has_the_key_in_use() {
        let mut outcome = outcome(Keys::new(key(1), Some(key(2))));
        let holds = |outcome: &Outcome, key: &SharedAccessKey| {
            outcome.connection_string().unwrap().expose().expose().contains(key.to_base64().expose())
        };
        assert!(holds(&outcome, &key(1)));
        assert!(outcome.fall_back());
        assert!(holds(&outcome, &key(2)));
        assert!(!outcome.fall_back());
    }
}
