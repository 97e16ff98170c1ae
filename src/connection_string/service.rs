use super::{ConnectionStringError as E, Finding, field::Field, pairs::Pairs};
use crate::{
    base::{secret::SecretText, time::UnixTime},
    identity::{HostName, PolicyName},
    key::SharedAccessKey,
    sas::{Resource, SasToken},
};
use alloc::vec::Vec;

/// The connection string of a shared access policy of a hub or a provisioning service: `HostName`,
/// `SharedAccessKeyName`, and `SharedAccessKey` or `SharedAccessSignature`.
///
/// It is meant for back-end tools: its key authenticates as every device, so it must not be stored on one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConnectionString {
    host: HostName,
    policy: PolicyName,
    secret: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Secret {
    Key(SharedAccessKey),
    Token(SasToken),
}

impl ServiceConnectionString {
    /// Reads one, by the rules of [`ConnectionString`](super::ConnectionString).
    ///
    /// # Errors
    /// [`ConnectionStringError`](E), which names the part and the cure. A device's string is recognised as such.
    pub fn parse(text: &str) -> Result<Self, E> {
        Self::read(text).map(|(this, _)| this)
    }

    /// The same, with findings.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn read(text: &str) -> Result<(Self, Vec<Finding>), E> {
        let pairs = Pairs::read(text)?;
        let host = pairs.require(Field::HostName)?;
        if pairs.get(Field::DeviceId).is_some() {
            return Err(E::DeviceString);
        }
        let policy = pairs.require(Field::SharedAccessKeyName)?;
        let key = pairs.get(Field::SharedAccessKey);
        let token = pairs.get(Field::SharedAccessSignature);
        let mut of_key = Vec::new();
        let secret = match (key, token) {
            (Some(text), None) => {
                let key = super::key(text)?;
                of_key.extend(Finding::of_key(text, &key));
                Secret::Key(key)
            }
            (None, Some(token)) => Secret::Token(super::token(token)?),
            (Some(_), Some(_)) => {
                return Err(E::TwoCredentials { first: "SharedAccessKey", second: "SharedAccessSignature" });
            }
            (None, None) => return Err(pairs.no_credential()),
        };
        let value = |name: Field| move |error| E::Value { name: name.as_str(), error };
        let host = HostName::new(host).map_err(value(Field::HostName))?;
        let policy = PolicyName::new(policy).map_err(value(Field::SharedAccessKeyName))?;
        let mut findings = pairs.into_findings();
        findings.append(&mut of_key);
        Ok((Self { host, policy, secret }, findings))
    }

    /// A policy and its key.
    #[must_use]
    pub const fn new(host: HostName, policy: PolicyName, key: SharedAccessKey) -> Self {
        Self { host, policy, secret: Secret::Key(key) }
    }

    /// The hub or the provisioning service.
    #[must_use]
    pub const fn host_name(&self) -> &HostName {
        &self.host
    }

    /// The policy.
    #[must_use]
    pub const fn policy_name(&self) -> &PolicyName {
        &self.policy
    }

    /// A token for the whole service until `expiry`, or the given one, whatever its expiry.
    #[must_use]
    pub fn token(&self, expiry: UnixTime) -> SasToken {
        match &self.secret {
            Secret::Key(key) => {
                let resource = Resource::service(&self.host, &self.policy);
                SasToken::sign(key, &resource, expiry)
            }
            Secret::Token(token) => token.clone(),
        }
    }

    /// The key, unless the string has a ready-made token.
    #[must_use]
    pub const fn key(&self) -> Option<&SharedAccessKey> {
        match &self.secret {
            Secret::Key(key) => Some(key),
            Secret::Token(_) => None,
        }
    }

    /// The ready-made token, if the string has one instead of a key.
    #[must_use]
    pub const fn given_token(&self) -> Option<&SasToken> {
        match &self.secret {
            Secret::Token(token) => Some(token),
            Secret::Key(_) => None,
        }
    }

    /// The text, including the key.
    #[must_use]
    pub fn expose(&self) -> SecretText {
        let key = match &self.secret {
            Secret::Key(key) => Some(key.to_base64()),
            Secret::Token(_) => None,
        };
        super::write(&[
            Some((Field::HostName, self.host.as_str())),
            Some((Field::SharedAccessKeyName, self.policy.as_str())),
            key.as_ref().map(|key| (Field::SharedAccessKey, key.expose())),
            self.given_token().map(|token| (Field::SharedAccessSignature, token.expose())),
        ])
    }
}

impl core::str::FromStr for ServiceConnectionString {
    type Err = E;

    fn from_str(text: &str) -> Result<Self, E> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_has_a_key_or_a_ready_made_token() {
        let key = "HostName=h;SharedAccessKeyName=p;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==";
        let string = ServiceConnectionString::parse(key).unwrap();
        assert_eq!(key.parse().as_ref(), Ok(&string));
        assert_eq!(string.key(), Some(&SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==").unwrap()));
        assert_eq!((string.given_token(), string.expose().expose()), (None, key));
        let (same, findings) = ServiceConnectionString::read(key.trim_end_matches('=')).unwrap();
        assert_eq!((same, findings), (string, [Finding::KeyPadding].into()));

        let token = "SharedAccessSignature sr=h&sig=s&se=5&skn=p";
        let text = alloc::format!("HostName=h;SharedAccessKeyName=p;SharedAccessSignature={token}");
        let string = ServiceConnectionString::parse(&text).unwrap();
        assert_eq!(string.given_token(), Some(&SasToken::parse(token).unwrap()));
        assert_eq!(string.token(UnixTime::from_secs(9)).expose(), token, "as it was given");
        assert_eq!((string.key(), string.expose().expose()), (None, text.as_str()));
    }
}
