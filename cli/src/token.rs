use crate::{arguments::Token, clock, failure::Failure, output};
use defender_auth::{Error, UnixTime, agent, sas::SasToken};

pub(crate) fn run(arguments: &Token) -> Result<(), Failure> {
    let expiry = arguments.expiry.at();
    let token = if arguments.service { of_service(arguments, expiry)? } else { of_agent(arguments, expiry)? };
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

fn of_agent(arguments: &Token, expiry: UnixTime) -> Result<SasToken, Failure> {
    let loaded = arguments.source.load(None)?;
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

fn of_service(arguments: &Token, expiry: UnixTime) -> Result<SasToken, Failure> {
    let (string, findings) = agent::service_connection_string(&arguments.source.text()?)?;
    output::warn(&findings);
    Ok(string.token(expiry))
}
