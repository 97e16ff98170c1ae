use crate::{arguments::Token, clock, failure::Failure, login, output, source::Source};
use defender_auth::{Error, Plan, UnixTime, agent, credential::Credential, identity::Identity, sas::SasToken};

pub(crate) fn run(arguments: &Token) -> Result<(), Failure> {
    let expiry = arguments.expiry.at();
    let token = match &arguments.source {
        Some(source) if arguments.service => of_service(source, expiry)?,
        Some(source) => of_agent(source, expiry)?,
        None => of_tpm(arguments, expiry)?,
    };
    if token.expires_at() != expiry {
        let at = clock::readable(token.expires_at());
        eprintln!(
            "warning: this is a ready-made token that ends at {at}; there is no key here to make another one with"
        );
    }
    if token.expires_at() <= clock::now() {
        eprintln!("warning: the token is over already; a hub refuses it");
    }
    output::line(token.expose())
}

fn of_agent(source: &Source, expiry: UnixTime) -> Result<SasToken, Failure> {
    let loaded = source.load(None)?;
    output::warn(&loaded.findings);
    let outcome = loaded.plan.outcome().ok_or_else(|| {
        Failure::Call(
            "this agent gets its module's key from the network, which this command asks nothing; `defenderauth \
             authenticate` does"
                .into(),
        )
    })?;
    let token = outcome.password(expiry).into_token().ok_or(Error::NotApplicable(
        "a certificate proves this identity, in the TLS handshake; it has no token, and needs none".into(),
    ))?;
    Ok(token)
}

fn of_service(source: &Source, expiry: UnixTime) -> Result<SasToken, Failure> {
    let (string, findings) = agent::service_connection_string(&source.text()?)?;
    output::warn(&findings);
    Ok(string.token(expiry))
}

fn of_tpm(arguments: &Token, expiry: UnixTime) -> Result<SasToken, Failure> {
    let Token { host_name: Some(hub), device_id: Some(device), .. } = arguments else {
        // clap has seen to it that there is one.
        return Err(Failure::Call("there is nobody to make a token for; name an agent's folder".into()));
    };
    let (hub, device) = (hub.clone(), device.clone());
    let identity = match &arguments.module_id {
        Some(module) => Identity::module(hub, device, module.clone()),
        None => Identity::device(hub, device),
    };
    let plan = Plan::known(identity, Credential::ExternalSigner);
    let me = plan.outcome().ok_or(Error::NotSupported { what: "a token of a TPM" })?;
    let token = login::password(me, expiry, &mut arguments.tpm.open()?)?.into_token();
    Ok(token.ok_or(Error::NotSupported { what: "a token of a TPM" })?)
}
