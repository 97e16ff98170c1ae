//! The objects that C owns.

use crate::memory::Releases;
use defenderauth::{
    AgentConfig, Authenticator, Certificate, Certificates, ConnectionString, Key, Options, Policy, PrivateKey, Profile,
    Renewal, Session, Signer, Sources,
    agent_config::defenderauth_agent_config_free,
    authenticator::defenderauth_authenticator_free,
    certificate::defenderauth_certificate_free,
    connection_string::defenderauth_connection_string_free,
    key::defenderauth_key_free,
    operational::{defenderauth_certificates_free, defenderauth_renewal_free},
    options::defenderauth_options_free,
    private_key::defenderauth_private_key_free,
    profile::defenderauth_profile_free,
    session::{defenderauth_policy_free, defenderauth_session_free, defenderauth_sources_free},
    signer::defenderauth_signer_free,
};

/// They are freed once, at the end. Then each function of a private key has been released once.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) keys: Vec<Box<Key>>,
    pub(crate) signers: Vec<Box<Signer>>,
    pub(crate) strings: Vec<Box<ConnectionString>>,
    pub(crate) options: Vec<Box<Options>>,
    pub(crate) profiles: Vec<Box<Profile>>,
    pub(crate) certificates: Vec<Box<Certificate>>,
    pub(crate) configs: Vec<Box<AgentConfig>>,
    pub(crate) authenticators: Vec<Box<Authenticator>>,
    pub(crate) sources: Vec<Box<Sources>>,
    pub(crate) policies: Vec<Box<Policy>>,
    pub(crate) sessions: Vec<Box<Session>>,
    pub(crate) private_keys: Vec<Box<PrivateKey>>,
    /// Of the keys that a function signs with.
    pub(crate) releases: Releases,
    pub(crate) kept: Vec<Box<Certificates>>,
    pub(crate) renewals: Vec<Box<Renewal>>,
}

impl Held {
    pub(crate) fn free(self) {
        self.keys.into_iter().for_each(|it| defenderauth_key_free(Some(it)));
        self.signers.into_iter().for_each(|it| defenderauth_signer_free(Some(it)));
        self.strings.into_iter().for_each(|it| defenderauth_connection_string_free(Some(it)));
        self.options.into_iter().for_each(|it| defenderauth_options_free(Some(it)));
        self.profiles.into_iter().for_each(|it| defenderauth_profile_free(Some(it)));
        self.certificates.into_iter().for_each(|it| defenderauth_certificate_free(Some(it)));
        self.configs.into_iter().for_each(|it| defenderauth_agent_config_free(Some(it)));
        self.authenticators.into_iter().for_each(|it| defenderauth_authenticator_free(Some(it)));
        self.sources.into_iter().for_each(|it| defenderauth_sources_free(Some(it)));
        self.policies.into_iter().for_each(|it| defenderauth_policy_free(Some(it)));
        self.sessions.into_iter().for_each(|it| defenderauth_session_free(Some(it)));
        self.private_keys.into_iter().for_each(|it| defenderauth_private_key_free(Some(it)));
        self.kept.into_iter().for_each(|it| defenderauth_certificates_free(Some(it)));
        self.renewals.into_iter().for_each(|it| defenderauth_renewal_free(Some(it)));
        self.releases.assert_complete();
    }
}
