use crate::{arguments::Inspect, clock, failure::Failure, output};
use defender_auth::{
    Outcome, UnixTime,
    agent::{self, Finding, TextFile},
    credential::Credential,
};
use serde::Serialize;

/// What there is to say. A member that does not apply is `null`.
#[derive(Serialize)]
struct Report {
    kind: &'static str,
    host_name: String,
    device_id: Option<String>,
    module_id: Option<String>,
    gateway_host_name: Option<String>,
    policy_name: Option<String>,
    credential: &'static str,
    /// Of a ready-made token, in seconds since 1970.
    expires_at: Option<u64>,
    findings: Vec<String>,
}

pub(crate) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let report = match arguments.source.load_or_service()? {
        Ok(loaded) => {
            let outcome = loaded.plan.outcome().ok_or_else(|| Failure::Call("this plan asks the network".into()))?;
            Report::of(outcome, &loaded.findings)
        }
        Err(text) => Report::of_service(&text)?,
    };
    if arguments.json { output::json(&report) } else { report.print() }
}

impl Report {
    fn of(outcome: &Outcome, findings: &[Finding]) -> Self {
        let identity = outcome.identity();
        let policy = match outcome.credential() {
            Credential::PolicyKey(key) => Some(key.policy.to_string()),
            _ => None,
        };
        let expires_at = match outcome.credential() {
            Credential::Token(token) => Some(token.expires_at().as_secs()),
            _ => None,
        };
        Self {
            kind: if identity.module_id().is_some() { "module" } else { "device" },
            host_name: identity.hub().to_string(),
            device_id: Some(identity.device_id().to_string()),
            module_id: identity.module_id().map(ToString::to_string),
            gateway_host_name: identity.gateway().map(ToString::to_string),
            policy_name: policy,
            credential: credential(outcome.credential()),
            expires_at,
            findings: findings.iter().map(ToString::to_string).collect(),
        }
    }

    fn of_service(text: &TextFile) -> Result<Self, Failure> {
        let (string, findings) = agent::service_connection_string(text)?;
        let token = string.given_token();
        Ok(Self {
            kind: "service",
            host_name: string.host_name().to_string(),
            device_id: None,
            module_id: None,
            gateway_host_name: None,
            policy_name: Some(string.policy_name().to_string()),
            credential: if token.is_some() { "shared_access_signature" } else { "shared_access_key" },
            expires_at: token.map(|token| token.expires_at().as_secs()),
            findings: findings.iter().map(ToString::to_string).collect(),
        })
    }

    fn print(&self) -> Result<(), Failure> {
        let credential = self.credential.replace('_', " ");
        let expires = self.expires_at.map(|at| clock::readable(UnixTime::from_secs(at)));
        output::table(&[
            ("kind", Some(self.kind)),
            ("host name", Some(&self.host_name)),
            ("device ID", self.device_id.as_deref()),
            ("module ID", self.module_id.as_deref()),
            ("gateway", self.gateway_host_name.as_deref()),
            ("policy", self.policy_name.as_deref()),
            ("credential", Some(&credential)),
            ("expires at", expires.as_deref()),
        ])?;
        self.findings.iter().try_for_each(|finding| output::line(&format!("note          {finding}")))
    }
}

/// Its name in connection strings, as JSON members are written.
pub(crate) const fn credential(credential: &Credential) -> &'static str {
    match credential {
        Credential::Keys(_) | Credential::PolicyKey(_) => "shared_access_key",
        Credential::Token(_) => "shared_access_signature",
        Credential::Certificate(_) => "x509",
        _ => "external_key",
    }
}
