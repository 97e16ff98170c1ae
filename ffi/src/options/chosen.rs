//! What was set in options, and what it means for an authenticator or a session.

use alloc::string::String;
use core::time::Duration;
use defender_auth::{
    Outcome, Plan,
    credential::ClientCertificate,
    device_mode::Target,
    http::ApiVersion,
    identity::{HostName, Identity, ModuleId},
    mqtt::Connect,
    sas::Audience,
    wait::TimeLimit,
};

/// How long an attempt may take by default.
const ATTEMPT: Duration = Duration::from_secs(600);

/// What was set.
#[derive(Clone, Default)]
pub(crate) struct Chosen {
    pub(crate) user_agent: Option<String>,
    pub(super) gateway: Option<HostName>,
    pub(super) model_id: Option<String>,
    pub(super) audience: Option<Audience>,
    pub(super) token: Option<Duration>,
    pub(super) attempt: Option<Duration>,
    pub(super) module_certificate: Option<ClientCertificate>,
    pub(super) creates_module: bool,
    pub(super) renews_certificate: bool,
    pub(super) hub_api_version: Option<ApiVersion>,
    pub(super) classic_hub_name: bool,
}

impl Chosen {
    pub(crate) fn limit(&self) -> TimeLimit {
        let limit = TimeLimit::from(self.attempt.unwrap_or(ATTEMPT));
        self.token.map_or(limit, |life| limit.with_token_lifetime(life))
    }

    /// The module to request in Device mode.
    pub(crate) fn target(&self, module: ModuleId) -> Target {
        let target = Target::new(module).with_audience(self.audience.unwrap_or_default());
        let target = if self.creates_module { target.create_if_missing() } else { target };
        match &self.module_certificate {
            Some(certificate) => target.with_certificate(certificate.clone()),
            None => target,
        }
    }

    /// The plan, with the options about the name of its hub.
    pub(crate) fn plan(&self, plan: &Plan) -> Plan {
        let plan = plan.clone();
        if self.classic_hub_name { plan.with_classic_hub_name() } else { plan }
    }

    /// Whether the encoding of the resource of tokens was set.
    #[cfg(feature = "session")]
    pub(crate) const fn has_audience(&self) -> bool {
        self.audience.is_some()
    }

    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        let outcome = match self.audience {
            Some(audience) => outcome.with_audience(audience),
            None => outcome,
        };
        match &self.gateway {
            Some(gateway) => outcome.with_gateway(gateway.clone()),
            None => outcome,
        }
    }

    pub(crate) fn login(&self, identity: &Identity) -> Connect {
        self.login_of(identity, self.renews_certificate)
    }

    /// The login of a connection over which a certificate is renewed, or is not.
    pub(crate) fn login_of(&self, identity: &Identity, renews: bool) -> Connect {
        let model = self.model_id.as_deref();
        let renewing = || renews.then(ApiVersion::certificate_renewal);
        match (&self.user_agent, &self.hub_api_version.clone().or_else(renewing)) {
            (Some(agent), Some(version)) => Connect::hub_as_at(identity, model, agent, version),
            (None, Some(version)) => Connect::hub_at(identity, model, version),
            (Some(agent), None) => Connect::hub_as(identity, model, agent),
            (None, None) => Connect::hub(identity, model),
        }
    }

    /// The identity, behind the gateway if there is one.
    #[cfg(feature = "session")]
    pub(crate) fn identity(&self, identity: Identity) -> Identity {
        match &self.gateway {
            Some(gateway) => identity.with_gateway(gateway.clone()),
            None => identity,
        }
    }
}
