//! `defenderauth token`

use crate::{
    input::{finding, source::Source, time},
    login::{described_token::Described, hub},
    terminal::{clock, failure::Failure, output, stderr},
    tpm::options::Tpm,
};
use clap::{ArgGroup, Args};
use defender_auth::{
    Plan, UnixTime,
    credential::Credential,
    identity::{DeviceId, HostName, Identity, ModuleId},
    private_key::Opener,
    sas::SasToken,
};
use serde::Serialize;
use std::time::Duration;

#[derive(Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["source", "host_name"]))]
pub(crate) struct Token {
    /// The agent's folder or configuration file, or a file with a connection string
    #[arg(value_name = "FILE|DIR|-", conflicts_with_all = ["tpm", "tpm_setup", "device_id", "module_id"])]
    source: Option<Source>,
    #[command(flatten)]
    tpm: Tpm,
    /// With --tpm: the hub whose key the TPM holds
    #[arg(long, value_name = "HOST", requires_all = ["tpm", "device_id"])]
    host_name: Option<HostName>,
    /// The device ID at that hub
    #[arg(long, value_name = "ID", requires = "host_name")]
    device_id: Option<DeviceId>,
    /// The module ID, if the key is a module's
    #[arg(long, value_name = "ID", requires = "host_name")]
    module_id: Option<ModuleId>,
    #[command(flatten)]
    expiry: Expiry,
    /// Use the hub's classic name (contoso.azure-devices.net) in the token, as a login with the same option does
    #[arg(long, conflicts_with = "service")]
    classic_hub_name: bool,
    /// The input is a service connection string (with a policy's key): make a token for the whole service
    #[arg(long, conflicts_with = "tpm")]
    service: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// When a token expires.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Expiry {
    /// The expiry: RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = time::time)]
    expires_at: Option<UnixTime>,
    /// The lifetime from now on: 3600, 90s, 15m, 1h, 1d
    #[arg(long, value_name = "DURATION", value_parser = time::lifetime, default_value = "1h")]
    ttl: Duration,
}

impl Expiry {
    pub(crate) fn at(&self, now: UnixTime) -> UnixTime {
        self.expires_at.unwrap_or_else(|| now + self.ttl)
    }
}

pub(crate) fn run(arguments: &Token) -> Result<(), Failure> {
    let now = clock::now();
    let expiry = arguments.expiry.at(now);
    let token = match &arguments.source {
        Some(source) if arguments.service => of_service(source, expiry)?,
        Some(source) => of_agent(source, arguments.classic_hub_name, expiry)?,
        None => of_tpm(arguments, expiry)?,
    };
    if token.expires_at() != expiry {
        let at = token.expires_at();
        stderr::warning(format_args!(
            "this is a ready-made token that expires at {at}; a token with another expiry requires the key"
        ));
    }
    if token.expires_at() <= now {
        stderr::warning("the token has expired already; a hub rejects it");
    }
    if arguments.json { output::json(&Report::of(&token)) } else { output::line(token.expose()) }
}

/// A token, which is a secret, and what it is for.
#[derive(Serialize)]
struct Report<'a> {
    token: &'a str,
    #[serde(flatten)]
    described: Described,
}

impl<'a> Report<'a> {
    fn of(token: &'a SasToken) -> Self {
        Self { token: token.expose(), described: token.into() }
    }
}

fn of_agent(source: &Source, by_classic_name: bool, expiry: UnixTime) -> Result<SasToken, Failure> {
    let loaded = source.load(&Opener::new()).map_err(|error| source.failure(error))?;
    finding::warn(loaded.findings);
    let plan = if by_classic_name { loaded.plan.with_classic_hub_name() } else { loaded.plan };
    let outcome = plan.outcome().ok_or_else(|| {
        Failure::Call(
            "this agent gets its module's key from the network, which this command does not use; run `defenderauth \
             authenticate` instead"
                .into(),
        )
    })?;
    outcome.password(expiry).into_token().ok_or_else(|| {
        Failure::Call(
            "this identity authenticates with a certificate in the TLS handshake; it has no SAS token and needs none"
                .into(),
        )
    })
}

fn of_service(source: &Source, expiry: UnixTime) -> Result<SasToken, Failure> {
    let service = source.load_service().map_err(|error| source.failure(error))?;
    finding::warn(service.findings);
    Ok(service.string.token(expiry))
}

fn of_tpm(arguments: &Token, expiry: UnixTime) -> Result<SasToken, Failure> {
    let Token { host_name: Some(hub), device_id: Some(device), .. } = arguments else {
        // clap requires one of them.
        return Err(Failure::Call("no identity is given; name an agent's folder".into()));
    };
    let (hub, device) = (hub.clone(), device.clone());
    let identity = match &arguments.module_id {
        Some(module) => Identity::module(hub, device, module.clone()),
        None => Identity::device(hub, device),
    };
    let identity = if arguments.classic_hub_name { identity.with_classic_hub_name() } else { identity };
    let plan = Plan::known(identity, Credential::ExternalSigner);
    let me = plan.outcome().ok_or(Failure::NotSupported("a token of a TPM"))?;
    let token = hub::password(me, expiry, &mut arguments.tpm.open()?)?.into_token();
    token.ok_or(Failure::NotSupported("a token of a TPM"))
}
