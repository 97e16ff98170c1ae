//! A login at the hub: the token, the secondary key, and the likely causes of a refusal.

use crate::{
    network::route::Network,
    system::clock,
    terminal::{failure::Failure, progress, stderr},
    tpm::keys::Keys,
};
use defender_auth::{
    Outcome, Password, UnixTime,
    credential::Credential,
    error::TlsError,
    key::KeyUse,
    mqtt::{Connect, ConnectRefused},
};
use defender_auth_mqtt::{Proof, Session};
use std::time::Duration;

/// The lifetime of the token for the login: long enough for a slow network, no longer.
const TOKEN_LIFE: Duration = Duration::from_secs(600);

/// The hub refused the login.
pub(crate) struct Refused {
    pub(crate) refusal: ConnectRefused,
    /// The likely causes, as far as they can be known from here.
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

/// Logs in. If the hub refuses the primary key, the secondary is tried once.
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
            stderr::warning(format_args!("{doubt}; trying the login anyway"));
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

/// Whether there is a credential for a login, as far as that is known without the hub.
pub(crate) fn check(me: &Outcome, keys: &mut Keys) -> Result<(), Failure> {
    proof(&password(me, clock::now() + TOKEN_LIFE, keys)?).map(drop)
}

/// The password of a login, signed by the TPM if that holds the key.
pub(crate) fn password(me: &Outcome, expiry: UnixTime, keys: &mut Keys) -> Result<Password, Failure> {
    match me.password(expiry) {
        Password::Sign(string) => {
            let signature = keys.sign(KeyUse::Hub, &string)?;
            Ok(Password::Token(string.token(&signature)))
        }
        password => Ok(password),
    }
}

/// The credential in the form that the MQTT client takes.
fn proof(password: &Password) -> Result<Proof<'_>, Failure> {
    match password {
        Password::Token(token) => Ok(token.into()),
        Password::Certificate(certificate) if certificate.der().is_none() => Err(TlsError::KeyElsewhere.into()),
        Password::Certificate(certificate) => Ok(certificate.into()),
        _ => Err(Failure::NotSupported("a key that is held elsewhere")),
    }
}

/// What is wrong with a token, as far as that is known without the hub.
fn doubt(me: &Outcome, proof: Proof<'_>, now: UnixTime) -> Option<String> {
    let Proof::Token(token) = proof else { return None };
    if token.expires_at() <= now {
        let ago = clock::span(now.since(token.expires_at()));
        return Some(format!("the SAS token expired {ago} ago, at {}", clock::readable(token.expires_at())));
    }
    let resource = token.plain_resource().unwrap_or_else(|| token.resource().into());
    (!token.is_good_for(me.identity())).then(|| format!("the SAS token is for {resource}, not for {}", me.identity()))
}

/// Why the hub rejected the login: what is known, else what is likely.
fn cause(me: &Outcome, login: &Connect, proof: Proof<'_>, now: UnixTime, refusal: ConnectRefused) -> String {
    if refusal.is_retryable() {
        return "Cause: the hub is busy or down; try again later".into();
    }
    if login.client_id != Connect::hub(me.identity(), None).client_id {
        return "Cause: the client ID is not that of the identity; leave out --client-id".into();
    }
    if let Some(doubt) = doubt(me, proof, now) {
        return format!("Cause: {doubt}; get a new token for this identity");
    }
    let what = if me.identity().module_id().is_some() { "device or module" } else { "device" };
    let credential = match me.credential() {
        Credential::Token(_) => "the token was signed with a key that the hub does not have for it",
        Credential::PolicyKey(_) => "the policy is unknown, has another key, or does not permit device connections",
        Credential::Certificate(_) => {
            return format!(
                "Cause, one of: the hub expects another certificate for it (compare the thumbprint, or the authority and \
                 the common name); the hub has no such {what}, or it is disabled; the certificate has expired by the hub's \
                 clock. Compare them with the portal"
            );
        }
        Credential::ExternalSigner => "the hub and the TPM have different keys for it; register again",
        _ => "the hub has other keys for it",
    };
    format!(
        "Cause, one of: {credential}; the hub has no such {what}, or it is disabled; this device's clock ({}) is wrong, so \
         that the token has expired. Compare ID and key with the portal, then check the clock",
        clock::readable(now)
    )
}
