//! What a plan ends with: an identity with its credential.

pub use super::{
    changes::Changes,
    connection_profile::ConnectionProfile,
    issuance::Issuance,
    registration_state::{RegistrationState, Substatus},
};

use crate::{
    base::time::UnixTime,
    connection_string::ConnectionString,
    credential::{ClientCertificate, Credential, Password, SymmetricKeys},
    error::PlanError,
    identity::{DeviceId, HostName, Identity, ModuleId},
    key::SharedAccessKey,
    sas::{Audience, Signer},
};
use alloc::boxed::Box;

/// A device at a hub with its credential: the end of a registration, and the beginning of Device mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device(Outcome);

impl Device {
    /// A device whose hub and ID are known.
    #[must_use]
    pub fn new(hub: HostName, id: DeviceId, credential: impl Into<Credential>) -> Self {
        Self(Outcome::new(Identity::device(hub, id), credential))
    }

    /// The same device, reached through a gateway.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HostName) -> Self {
        self.0 = self.0.with_gateway(gateway);
        self
    }

    /// The same device with the hub's classic name in tokens and user names: see [`Identity::with_classic_hub_name`].
    #[must_use]
    pub fn with_classic_hub_name(mut self) -> Self {
        self.0 = self.0.with_classic_hub_name();
        self
    }

    /// The device's identity.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        self.0.identity()
    }

    /// The device's credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        self.0.credential()
    }

    /// The provisioning service's registration state, if the device was provisioned.
    #[must_use]
    pub const fn registration_state(&self) -> Option<&RegistrationState> {
        self.0.registration_state()
    }

    pub(crate) fn assigned(mut self, record: RegistrationState) -> Self {
        self.0.profile = record.connection_profile();
        self.0.record = Some(record.into());
        self
    }

    /// `None` when the profile has no login for the credential, and the device has no issued certificate beside it.
    #[cfg(feature = "session")]
    pub(crate) fn with_connection_profile(self, profile: ConnectionProfile, has_issued: bool) -> Option<Self> {
        self.0.at_profile(profile, has_issued).ok().map(Self)
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

/// Fails with the outcome itself when that is a module's.
impl TryFrom<Outcome> for Device {
    type Error = Outcome;

    fn try_from(outcome: Outcome) -> Result<Self, Outcome> {
        if outcome.identity.module_id().is_some() { Err(outcome) } else { Ok(Self(outcome)) }
    }
}

/// An identity, its credential, and the provisioning service's registration state. Keep it for as long as the agent runs:
/// it makes every later token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    identity: Identity,
    credential: Credential,
    audience: Audience,
    profile: ConnectionProfile,
    record: Option<Box<RegistrationState>>,
}

impl Outcome {
    /// An identity that is known, a device's or a module's, with its credential.
    pub fn new(identity: Identity, credential: impl Into<Credential>) -> Self {
        Self {
            identity,
            credential: credential.into(),
            audience: Audience::Encoded,
            profile: ConnectionProfile::Classic,
            record: None,
        }
    }

    /// At a hub with this connection profile. A registration tells the profile by itself, from the api-version
    /// 2026-11-02-preview on; this is for an identity that is known without one.
    ///
    /// # Errors
    /// When the profile has no login for this identity and credential: `mqttV5` is for devices with a certificate, and for an
    /// unknown profile there is none.
    pub fn with_connection_profile(self, profile: ConnectionProfile) -> Result<Self, PlanError> {
        self.at_profile(profile, false)
    }

    fn at_profile(self, profile: ConnectionProfile, has_issued: bool) -> Result<Self, PlanError> {
        match profile {
            ConnectionProfile::Unknown(_) => return Err(PlanError::UnknownConnectionProfile),
            ConnectionProfile::MqttV5 if self.identity.module_id().is_some() => {
                return Err(PlanError::ProfileWithoutModules);
            }
            ConnectionProfile::MqttV5 if self.credential.certificate().is_none() && !has_issued => {
                return Err(PlanError::ProfileNeedsCertificate);
            }
            ConnectionProfile::MqttV5 | ConnectionProfile::Classic => {}
        }
        Ok(Self { profile, ..self })
    }

    /// How clients of the hub log in: by a [`Connect`](crate::mqtt::Connect), or by
    /// [`presence`](crate::mqtt::presence).
    #[must_use]
    pub const fn connection_profile(&self) -> &ConnectionProfile {
        &self.profile
    }

    /// Whether its credential has no login at the hub: that of a device that has registered with a key, was assigned to a hub
    /// with the profile `mqttV5`, and was issued a certificate. Log in by [`with_certificate`](Self::with_certificate).
    #[must_use]
    pub fn requires_certificate(&self) -> bool {
        self.profile == ConnectionProfile::MqttV5 && self.credential.certificate().is_none()
    }

    /// With this secondary key beside the key that is in use. No effect on a credential that is not a symmetric key.
    #[must_use]
    pub fn with_secondary(mut self, secondary: SharedAccessKey) -> Self {
        if let Credential::SymmetricKeys(keys) = &self.credential {
            self.credential = SymmetricKeys::new(keys.current().clone(), Some(secondary)).into();
        }
        self
    }

    /// With this certificate in place of the credential, as for a connection string with `x509=true`.
    #[must_use]
    pub fn with_certificate(self, certificate: ClientCertificate) -> Self {
        Self { credential: certificate.into(), ..self }
    }

    /// The provisioning service's registration state, if the device was provisioned.
    #[must_use]
    pub const fn registration_state(&self) -> Option<&RegistrationState> {
        match &self.record {
            Some(record) => Some(record),
            None => None,
        }
    }

    /// What differs from an earlier outcome of the same plan.
    #[must_use]
    pub fn changes_since(&self, earlier: &Self) -> Changes {
        let ids = |outcome: &Self| (outcome.identity.device_id().clone(), outcome.identity.module_id().cloned());
        let updated = |outcome: &Self| outcome.record.as_ref().and_then(|record| record.last_updated.clone());
        // The hub does not repeat what the provisioning service said: without it, nothing is known to have changed.
        let registration = updated(self).zip(updated(earlier));
        let differ = |name: &HostName, other: &HostName| !name.as_str().eq_ignore_ascii_case(other.as_str());
        let gateway = match (self.identity.gateway(), earlier.identity.gateway()) {
            (Some(gateway), Some(earlier)) => differ(gateway, earlier),
            (gateway, earlier) => gateway.is_some() != earlier.is_some(),
        };
        Changes {
            hub: differ(self.identity.hub(), earlier.identity.hub()) || self.profile != earlier.profile,
            gateway,
            identity: ids(self) != ids(earlier),
            credential: self.credential != earlier.credential,
            registration: registration.is_some_and(|(new, old)| new != old),
        }
    }

    /// The same, with tokens whose audience is written in another form. No effect on a policy's key, a ready-made token or
    /// a certificate.
    #[must_use]
    pub fn with_audience(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// The same, reached through a gateway. Its tokens are still for the hub.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HostName) -> Self {
        self.identity = self.identity.with_gateway(gateway);
        self
    }

    /// The same with the hub's classic name in tokens and user names: see [`Identity::with_classic_hub_name`].
    #[must_use]
    pub fn with_classic_hub_name(mut self) -> Self {
        self.identity = self.identity.with_classic_hub_name();
        self
    }

    /// The identity.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The password, valid until `expiry`. Call this again when the token is due for renewal, which
    /// [`Renewal`](crate::sas::Renewal) computes.
    #[must_use]
    pub fn password(&self, expiry: UnixTime) -> Password {
        self.credential.password(&self.identity, self.audience, expiry)
    }

    /// A signer for many tokens, without allocation. `None` unless the key is in memory.
    #[must_use]
    pub fn signer(&self) -> Option<Signer> {
        let (key, resource) = self.credential.signing(&self.identity, self.audience)?;
        Some(Signer::new(key, &resource))
    }

    /// Switches to the secondary key, once. Call it when the hub rejects the credential: CONNACK 4 or 5
    /// ([`ConnectRefused::is_credential`](crate::mqtt::ConnectRefused::is_credential)), or HTTP 401. It does not help
    /// against an expired token, a wrong clock, a disabled device, throttling or an unreachable hub.
    ///
    /// With `true`, connect again with a new [`password`](Self::password). With `false` there is no other key, or it was
    /// rejected too: run the plan again, because the keys may have been changed, and compare by
    /// [`changes_since`](Self::changes_since); if nothing changed, the credential has to be corrected at the hub.
    #[must_use = "false: there is no other key, run the plan again"]
    pub const fn fall_back(&mut self) -> bool {
        match &mut self.credential {
            Credential::SymmetricKeys(keys) => keys.fall_back(),
            _ => false,
        }
    }

    /// A connection string for other programs, with the key that is in use. `None` when there is none: for a key held
    /// elsewhere, and for an ID with a `;` in it.
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
    use crate::{credential::SymmetricKeys, key::SharedAccessKey, sas::Resource};
    use alloc::string::ToString as _;

    const EXPIRY: UnixTime = UnixTime::from_secs(1_700_003_600);

    fn outcome(credential: impl Into<Credential>) -> Outcome {
        let identity = Identity::module("h.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap());
        Outcome::new(identity, credential)
    }

    fn key(byte: u8) -> SharedAccessKey {
        SharedAccessKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_signer_and_a_password_make_the_same_token() {
        for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw, Audience::HubOnly] {
            let outcome = outcome(key(1)).with_audience(audience);
            let easy = outcome.password(EXPIRY).into_token().unwrap();
            assert_eq!(easy.resource(), Resource::with_audience(outcome.identity(), audience).as_str());
            assert_eq!(outcome.signer().unwrap().token(EXPIRY), easy);
        }
    }

    #[test]
    fn a_key_held_elsewhere_makes_a_token_in_two_steps() {
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
    fn a_secondary_key_is_kept_for_the_fall_back() {
        let mut with_two = outcome(key(1)).with_secondary(key(2));
        assert_eq!(with_two, outcome(SymmetricKeys::new(key(1), Some(key(2)))));
        assert!(with_two.fall_back());
        assert_eq!(with_two.signer().unwrap().token(EXPIRY), outcome(key(2)).signer().unwrap().token(EXPIRY));
        let elsewhere = outcome(Credential::ExternalSigner);
        assert_eq!(elsewhere.clone().with_secondary(key(2)), elsewhere);
    }

    #[test]
    fn a_certificate_replaces_the_credential() {
        let certificate = ClientCertificate::held_elsewhere(None);
        assert_eq!(outcome(key(1)).with_certificate(certificate.clone()), outcome(certificate));
    }

    #[test]
    fn another_gateway_alone_is_a_change() {
        let (plain, edge) = (outcome(key(1)), |name: &str| outcome(key(1)).with_gateway(name.parse().unwrap()));
        for (new, old) in [(edge("a"), plain.clone()), (plain, edge("a")), (edge("a"), edge("b"))] {
            assert_eq!(new.changes_since(&old), Changes { gateway: true, ..Changes::default() });
        }
        assert!(!edge("edge.local").changes_since(&edge("Edge.Local")).any());
    }

    #[test]
    fn a_profile_is_accepted_for_what_can_log_in_by_it() {
        use ConnectionProfile as P;
        let device = |credential: Credential| {
            Outcome::new(Identity::device("h.net".parse().unwrap(), "d".parse().unwrap()), credential)
        };
        let certificate = || ClientCertificate::held_elsewhere(None);
        let v5 = device(certificate().into()).with_connection_profile(P::MqttV5).unwrap();
        assert_eq!(v5.connection_profile(), &P::MqttV5);
        let changes = v5.changes_since(&device(certificate().into()));
        assert_eq!(changes, Changes { hub: true, ..Changes::default() });
        assert!(outcome(key(1)).with_connection_profile(P::Classic).is_ok());
        for (outcome, profile, error) in [
            (device(key(1).into()), P::MqttV5, PlanError::ProfileNeedsCertificate),
            (device(Credential::ExternalSigner), P::MqttV5, PlanError::ProfileNeedsCertificate),
            (outcome(certificate()), P::MqttV5, PlanError::ProfileWithoutModules),
            (device(certificate().into()), P::Unknown("mqttV6".into()), PlanError::UnknownConnectionProfile),
        ] {
            assert_eq!(outcome.with_connection_profile(profile), Err(error));
        }
        let plan = crate::Plan::from(v5);
        assert_eq!(plan.in_device_mode(ModuleId::azureiotsecurity()).unwrap_err(), PlanError::ProfileWithoutModules);
    }

    #[test]
    fn a_hub_in_another_case_is_the_same_hub() {
        let at = |hub: &str| Outcome::new(Identity::device(hub.parse().unwrap(), "d".parse().unwrap()), key(1));
        assert!(!at("contoso.azure-devices.net").changes_since(&at("Contoso.Azure-Devices.NET")).any());
        assert!(at("contoso.azure-devices.net").changes_since(&at("fabrikam.azure-devices.net")).hub);
    }

    #[test]
    fn each_change_alone_is_one() {
        let none = Changes::default();
        let alone = [
            Changes { hub: true, ..none },
            Changes { gateway: true, ..none },
            Changes { identity: true, ..none },
            Changes { credential: true, ..none },
            Changes { registration: true, ..none },
        ];
        assert!(!none.any());
        let texts = ["the hub", "the gateway", "the identity", "the credential", "the registration"];
        for (changes, text) in alone.into_iter().zip(texts) {
            assert!(changes.any() && changes.to_string() == alloc::format!("{text} changed"), "{changes}");
        }
    }
}
