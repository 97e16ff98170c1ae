//! A login at the hub with what an agent has: its token, its secondary key, and why it was refused.

use crate::{clock, failure::Failure, network::Network, progress, tpm::Keys};
use defender_auth::{
    Error, Outcome, Password, UnixTime,
    credential::Credential,
    error::TlsError,
    key::KeyUse,
    mqtt::{Connect, ConnectRefused},
};
use defender_auth_mqtt::{Proof, Session};
use std::time::Duration;

/// The life of the token that proves the identity: long enough for a slow network, no longer.
const TOKEN_LIFE: Duration = Duration::from_secs(600);

/// The hub said no.
pub(crate) struct Refused {
    pub(crate) refusal: ConnectRefused,
    /// Why, as far as that can be known from here.
    pub(crate) cause: String,
}

impl Refused {
    pub(crate) fn of(&self, me: &Outcome) -> Failure {
        Failure::Service {
            what: format!("the hub refused {}: {}. {}", me.identity(), self.refusal, self.cause),
            fault: "the credential, or the hub's registry",
        }
    }
}

/// Logs in. When the hub refuses the primary key, the secondary is tried, once.
pub(crate) fn log_in(
    me: &mut Outcome,
    login: &Connect,
    network: &Network,
    keys: &mut Keys,
) -> Result<Result<Session, Refused>, Failure> {
    loop {
        let now = clock::now();
        let password = password(me, now + TOKEN_LIFE, keys)?;
        let proof = proof(&password)?;
        if let Some(doubt) = doubt(me, proof, now) {
            eprintln!("warning: {doubt}; the hub is asked all the same");
        }
        match network.log_in(login, proof)? {
            Ok(session) => return Ok(Ok(session)),
            Err(refusal) if refusal.is_credential() && me.fall_back() => {
                progress::step("the hub refused the primary key; trying the secondary key");
            }
            Err(refusal) => {
                return Ok(Err(Refused { refusal, cause: cause(me, login, proof, now, refusal) }));
            }
        }
    }
}

/// Whether there is something to log in with, as far as that is known without the hub.
pub(crate) fn check(me: &Outcome, keys: &mut Keys) -> Result<(), Failure> {
    proof(&password(me, clock::now() + TOKEN_LIFE, keys)?).map(drop)
}

/// What goes where a password goes, signed by the TPM if that has the key.
pub(crate) fn password(me: &Outcome, expiry: UnixTime, keys: &mut Keys) -> Result<Password, Error> {
    match me.password(expiry) {
        Password::Sign(string) => {
            let signature = keys.sign(KeyUse::Hub, &string)?;
            Ok(Password::Token(string.token(&signature)))
        }
        password => Ok(password),
    }
}

/// What this command can show a hub.
fn proof(password: &Password) -> Result<Proof<'_>, Failure> {
    match password {
        Password::Token(token) => Ok(token.into()),
        Password::Certificate(certificate) if certificate.der().is_none() => Err(TlsError::KeyElsewhere.into()),
        Password::Certificate(certificate) => Ok(certificate.into()),
        _ => Err(Error::NotSupported { what: "a key that is held elsewhere" }.into()),
    }
}

/// What can be known to be wrong with a token before anybody is asked.
fn doubt(me: &Outcome, proof: Proof<'_>, now: UnixTime) -> Option<String> {
    let Proof::Token(token) = proof else { return None };
    if token.expires_at() <= now {
        let ago = clock::span(now.since(token.expires_at()));
        return Some(format!("the SAS token ended {ago} ago, at {}", clock::readable(token.expires_at())));
    }
    let good_for = token.plain_resource().unwrap_or_else(|| token.resource().into());
    (!token.is_good_for(me.identity()))
        .then(|| format!("the SAS token is good for {good_for}, not for {}", me.identity()))
}

/// Why the hub said no: what is known, else what is likely.
fn cause(me: &Outcome, login: &Connect, proof: Proof<'_>, now: UnixTime, refusal: ConnectRefused) -> String {
    if refusal.is_retryable() {
        return "Cause: the hub is busy or down; try again later".into();
    }
    if login.client_id != Connect::hub(me.identity(), None).client_id {
        return "Cause: the client id is not the identity's own; leave out --client-id".into();
    }
    if let Some(doubt) = doubt(me, proof, now) {
        return format!("Cause: {doubt}; have a new token made for this identity");
    }
    let what = if me.identity().module_id().is_some() { "device or module" } else { "device" };
    let credential = match me.credential() {
        Credential::Token(_) => "the token was signed with another key than the hub has for it",
        Credential::PolicyKey(_) => "the policy is unknown, has another key, or may not connect devices",
        Credential::Certificate(_) => {
            return format!(
                "Cause, one of: the hub expects another certificate for it (compare the thumbprint, or the authority and \
                 the common name); the hub knows no such {what}, or it is disabled; the certificate is over, by the hub's \
                 clock. Compare them with the portal"
            );
        }
        Credential::ExternalSigner => "the hub has another key for it than the TPM; register again",
        _ => "the hub has other keys for it",
    };
    format!(
        "Cause, one of: {credential}; the hub knows no such {what}, or it is disabled; this clock ({}) is wrong, so \
         that the token is over. Compare ID and key with the portal, then the clock",
        clock::readable(now)
    )
}
