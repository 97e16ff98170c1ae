//! The answer to the library's one question: who am I, and how do I prove it?

use crate::{
    base::{payload::Payload, time::UnixTime},
    connection_string::ConnectionString,
    credential::{Credential, Password},
    identity::{DeviceId, HostName, Identity, ModuleId},
    sas::{Audience, Signer},
};
use alloc::{collections::BTreeMap, string::String};
use core::fmt;

/// What the provisioning service noted about an assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationState {
    /// How the assignment came about.
    pub substatus: Option<Substatus>,
    /// When it was made or changed (`lastUpdatedDateTimeUtc`). Opaque: another text is another assignment. Printable, at
    /// most 256 characters.
    pub last_updated: Option<String>,
    /// Its version. Opaque. Printable, at most 256 characters.
    pub etag: Option<String>,
    /// Custom data for the device.
    pub payload: Option<Payload>,
    /// Members that this library gives no meaning to, as they came: `connectionProfile`, `issuedCertificateChain`, and
    /// what newer versions of the service add.
    pub others: BTreeMap<String, Payload>,
}

/// How an assignment came about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Substatus {
    /// The device was assigned for the first time.
    InitialAssignment,
    /// It was assigned to another hub, and its data went with it.
    DeviceDataMigrated,
    /// It was assigned to another hub and began anew there.
    DeviceDataReset,
    /// It went back to the hub of its first assignment.
    ReprovisionedToInitialAssignment,
    /// A word that is not known here.
    Other(String),
}

impl fmt::Display for Substatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitialAssignment => "initialAssignment",
            Self::DeviceDataMigrated => "deviceDataMigrated",
            Self::DeviceDataReset => "deviceDataReset",
            Self::ReprovisionedToInitialAssignment => "reprovisionedToInitialAssignment",
            Self::Other(word) => word,
        })
    }
}

/// A device at a hub with its credential: what a registration ends with and Device mode begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device(Outcome);

impl Device {
    /// A device that the caller knows.
    #[must_use]
    pub fn new(hub: HostName, id: DeviceId, credential: impl Into<Credential>) -> Self {
        Self(Outcome::new(Identity::device(hub, id), credential.into()))
    }

    /// The same device, reached through a gateway.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HostName) -> Self {
        self.0 = self.0.with_gateway(gateway);
        self
    }

    /// Who.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        self.0.identity()
    }

    /// What proves it.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        self.0.credential()
    }

    /// What the provisioning service said, if it was asked.
    #[must_use]
    pub const fn registration_state(&self) -> Option<&RegistrationState> {
        self.0.registration_state()
    }

    pub(crate) fn assigned(mut self, record: RegistrationState) -> Self {
        self.0.record = Some(record);
        self
    }

    pub(crate) const fn as_outcome(&self) -> &Outcome {
        &self.0
    }

    /// A module of this device, with what the provisioning service said about the device.
    pub(crate) fn into_module(self, module: ModuleId, credential: Credential) -> Outcome {
        Outcome { identity: self.0.identity.with_module(module), credential, ..self.0 }
    }
}

impl From<Device> for Outcome {
    fn from(device: Device) -> Self {
        device.0
    }
}

/// A module's outcome is handed back.
impl TryFrom<Outcome> for Device {
    type Error = Outcome;

    fn try_from(outcome: Outcome) -> Result<Self, Outcome> {
        if outcome.identity.module_id().is_some() { Err(outcome) } else { Ok(Self(outcome)) }
    }
}

/// An identity, what proves it, and what the provisioning service said about it. Keep it for as long as the agent runs:
/// it makes every later token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    identity: Identity,
    credential: Credential,
    audience: Audience,
    record: Option<RegistrationState>,
}

impl Outcome {
    pub(crate) const fn new(identity: Identity, credential: Credential) -> Self {
        Self { identity, credential, audience: Audience::Encoded, record: None }
    }

    /// What the provisioning service said, if it was asked.
    #[must_use]
    pub const fn registration_state(&self) -> Option<&RegistrationState> {
        self.record.as_ref()
    }

    /// What differs from an earlier outcome of the same plan.
    #[must_use]
    pub fn changes_since(&self, earlier: &Self) -> Changes {
        let ids = |outcome: &Self| (outcome.identity.device_id().clone(), outcome.identity.module_id().cloned());
        let updated = |outcome: &Self| outcome.record.as_ref().and_then(|record| record.last_updated.clone());
        Changes {
            hub: self.identity.hub() != earlier.identity.hub(),
            identity: ids(self) != ids(earlier),
            credential: self.credential != earlier.credential,
            registration: updated(self) != updated(earlier),
        }
    }

    /// The same, with tokens whose audience is written in another form. It has no effect on a policy's key, a ready
    /// token or a certificate.
    #[must_use]
    pub fn with_audience(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// The same, reached through a gateway. Its tokens stay the hub's.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HostName) -> Self {
        self.identity = self.identity.with_gateway(gateway);
        self
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
            Credential::SymmetricKeys(keys) => keys.fall_back(),
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

/// What differs between two outcomes. Any of the first three means: connect anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct Changes {
    /// Another hub.
    pub hub: bool,
    /// Another device or module.
    pub identity: bool,
    /// Other keys, or another certificate. Going over to the secondary key is no change.
    pub credential: bool,
    /// The provisioning service has touched the registration (`lastUpdatedDateTimeUtc`).
    pub registration: bool,
}

impl Changes {
    /// Whether there is any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.hub || self.identity || self.credential || self.registration
    }
}

/// `nothing changed`, or what did.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (self.hub, "the hub"),
            (self.identity, "the identity"),
            (self.credential, "the credential"),
            (self.registration, "the registration"),
        ];
        let mut changed = named.into_iter().filter(|(changed, _)| *changed).map(|(_, name)| name);
        let Some(first) = changed.next() else { return f.write_str("nothing changed") };
        f.write_str(first)?;
        changed.try_for_each(|name| write!(f, ", {name}"))?;
        f.write_str(" changed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{credential::SymmetricKeys, key::SharedAccessKey, sas::Resource};
    use alloc::string::ToString as _;

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
            assert_eq!(easy.resource(), Resource::with_audience(outcome.identity(), audience).as_str());
            assert_eq!(outcome.signer().unwrap().token(EXPIRY), easy);
        }
    }

    #[test]
    fn a_key_held_elsewhere_is_asked_in_two_steps() {
        let elsewhere = outcome(Credential::ExternalSigner);
        assert!(elsewhere.signer().is_none() && elsewhere.connection_string().is_none());
        let Password::Sign(string) = elsewhere.password(EXPIRY) else { panic!() };
        let token = string.token(&key(1).sign(string.as_bytes()));
        assert_eq!(Some(token), outcome(key(1)).password(EXPIRY).into_token());
    }

    #[test]
    fn the_connection_string_has_the_key_in_use() {
        let mut outcome = outcome(SymmetricKeys::new(key(1), Some(key(2))));
        let holds = |outcome: &Outcome, key: &SharedAccessKey| {
            outcome.connection_string().unwrap().expose().expose().contains(key.to_base64().expose())
        };
        assert!(holds(&outcome, &key(1)));
        assert!(outcome.fall_back());
        assert!(holds(&outcome, &key(2)));
        assert!(!outcome.fall_back());
    }

    #[test]
    fn each_change_alone_is_one() {
        let none = Changes::default();
        let alone = [
            Changes { hub: true, ..none },
            Changes { identity: true, ..none },
            Changes { credential: true, ..none },
            Changes { registration: true, ..none },
        ];
        assert!(!none.any());
        for (changes, text) in alone.into_iter().zip(["the hub", "the identity", "the credential", "the registration"])
        {
            assert!(changes.any() && changes.to_string() == alloc::format!("{text} changed"), "{changes}");
        }
    }
}
