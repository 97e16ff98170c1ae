//! `defenderauth inspect`

use crate::{
    daemon::options::{LIMIT, OnDevice},
    input::{
        agent::{AgentOrService, LoadedService},
        finding::Finding,
        source::Source,
    },
    login::credential_name,
    private_key::options::Unlock,
    terminal::{document::Time, failure::Failure, one_line::one_line, output, said::Said},
};
use clap::{ArgGroup, Args};
use defender_auth::{Plan, credential::Credential, dps::Attestation, identity::Identity, local_signer};
use serde::Serialize;

#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["source", "workload", "identity_service"]))]
pub(crate) struct Inspect {
    /// The agent's folder or configuration file, or a file with a connection string
    #[arg(value_name = "FILE|DIR|-")]
    source: Option<Source>,
    #[command(flatten)]
    on_device: OnDevice,
    #[command(flatten)]
    unlock: Unlock,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The result. A member that does not apply is `null`.
#[derive(Default, Serialize)]
struct Report {
    kind: &'static str,
    host_name: String,
    id_scope: Option<String>,
    registration_id: Option<String>,
    device_id: Option<String>,
    module_id: Option<String>,
    gateway_host_name: Option<String>,
    policy_name: Option<String>,
    credential: &'static str,
    /// The expiry of a ready-made token.
    expires_at: Option<Time>,
    /// The daemon of this device that signs, and where it listens.
    signer: Option<String>,
    /// How the device was provisioned, by the identity service: a source and a kind of credential.
    provisioning: Option<String>,
    findings: Vec<Said>,
}

pub(crate) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let report = match &arguments.source {
        Some(source) => {
            let loaded = source.load_or_service(&arguments.unlock.read(None)?.opener());
            match loaded.map_err(|error| source.failure(error))? {
                AgentOrService::Agent(loaded) => {
                    Report { findings: said(loaded.findings), ..Report::of(&loaded.plan)? }
                }
                AgentOrService::Service(service) => Report::of_service(*service),
            }
        }
        None => Report::of_signer(&arguments.on_device)?,
    };
    if arguments.json { output::json(&report) } else { report.print() }
}

impl Report {
    fn of(plan: &Plan) -> Result<Self, Failure> {
        let module = plan.target().map(|target| target.module().to_string());
        if let Some(profile) = plan.profile() {
            return Ok(Self {
                kind: "provisioning",
                host_name: profile.endpoint().to_string(),
                id_scope: Some(profile.id_scope().to_string()),
                registration_id: Some(profile.registration_id().to_string()),
                module_id: module,
                credential: match plan.attestation().and_then(Attestation::certificate) {
                    Some(_) => "x509",
                    None => "shared_access_key",
                },
                ..Self::default()
            });
        }
        if let Some(device) = plan.known_device().filter(|_| module.is_some()) {
            let identity = device.identity();
            return Ok(Self {
                kind: "device_mode",
                module_id: module,
                ..Self::of_identity(identity, device.credential())
            });
        }
        let outcome = plan.outcome().ok_or(Failure::NotSupported("this kind of plan"))?;
        Ok(Self::of_identity(outcome.identity(), outcome.credential()))
    }

    fn of_identity(identity: &Identity, held: &Credential) -> Self {
        Self {
            kind: if identity.module_id().is_some() { "module" } else { "device" },
            host_name: identity.hub().to_string(),
            device_id: Some(identity.device_id().to_string()),
            module_id: identity.module_id().map(ToString::to_string),
            gateway_host_name: identity.gateway().map(ToString::to_string),
            policy_name: match held {
                Credential::PolicyKey(key) => Some(key.policy.to_string()),
                _ => None,
            },
            credential: credential_name::of(held),
            expires_at: match held {
                Credential::Token(token) => Some(Time(token.expires_at())),
                _ => None,
            },
            ..Self::default()
        }
    }

    /// What a daemon of this device tells.
    fn of_signer(on_device: &OnDevice) -> Result<Self, Failure> {
        let signer = on_device.signer()?.ok_or(Failure::NotSupported("this kind of signer"))?;
        let me = signer.outcome();
        let provisioning = on_device.service()?.map(|service| {
            let read =
                local_signer::Client::default().give_up_after(LIMIT).run(|now, limit| service.provisioning(now, limit));
            read.map(|it| it.auth.iter().fold(it.source, |source, auth| format!("{source}, {auth}")))
        });
        Ok(Self {
            signer: Some(format!("{} at {}", signer.daemon(), signer.endpoint())),
            provisioning: provisioning.transpose()?,
            ..Self::of_identity(me.identity(), me.credential())
        })
    }

    fn of_service(service: LoadedService) -> Self {
        let LoadedService { string, findings } = service;
        let token = string.given_token();
        Self {
            kind: "service",
            host_name: string.host_name().to_string(),
            policy_name: Some(string.policy_name().to_string()),
            credential: if token.is_some() { "shared_access_signature" } else { "shared_access_key" },
            expires_at: token.map(|token| Time(token.expires_at())),
            findings: said(findings),
            ..Self::default()
        }
    }

    fn print(&self) -> Result<(), Failure> {
        let credential = self.credential.replace('_', " ");
        let expires = self.expires_at.map(|Time(at)| at.to_string());
        output::table(&[
            ("kind", Some(&self.kind.replace('_', " "))),
            ("host name", Some(&self.host_name)),
            ("ID scope", self.id_scope.as_deref()),
            ("registration", self.registration_id.as_deref()),
            ("device ID", self.device_id.as_deref()),
            ("module ID", self.module_id.as_deref()),
            ("gateway", self.gateway_host_name.as_deref()),
            ("policy", self.policy_name.as_deref()),
            ("credential", Some(&credential)),
            ("expires at", expires.as_deref()),
            ("signer", self.signer.as_deref()),
            ("provisioning", self.provisioning.as_deref()),
        ])?;
        self.findings.iter().try_for_each(|finding| output::line(&format!("note          {}", one_line(&finding.text))))
    }
}

fn said(findings: Vec<Finding>) -> Vec<Said> {
    findings.into_iter().map(Finding::into_said).collect()
}
