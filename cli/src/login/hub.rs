//! A login at the hub: the token, and the secondary key.

use super::{
    causes::{Causes, doubt},
    refusal::Refusal,
    retry,
};
use crate::{
    network::route::Network,
    system::clock,
    terminal::{
        failure::Failure,
        problem::{Cause, Problem},
        progress, stderr,
    },
    tpm::keys::Keys,
};
use defender_auth::{Outcome, Password, UnixTime, error::TlsError, key::KeyUse, mqtt::Connect};
use defender_auth_mqtt::{Login, Proof, Session};
use std::{iter, time::Duration};

/// The lifetime of the token for the login: long enough for a slow network, no longer.
const TOKEN_LIFE: Duration = Duration::from_secs(600);

/// The hub refused the login.
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    /// The likely causes, as far as they can be known from here.
    pub(crate) causes: Causes,
}

impl Refused {
    pub(crate) fn of(&self, me: &Outcome) -> Failure {
        let Self { refusal, causes } = self;
        let what = format!("the hub refused {}: {refusal}. {causes}", me.identity());
        let problem = Problem::new(refusal.diagnosis().as_i32(), refusal.kind(), refusal.fault(), what);
        let known = iter::once(Cause::from(*refusal));
        Failure::service(
            problem
                .about(me.identity().to_string())
                .retryable(refusal.is_retryable())
                .caused_by(known.chain(causes.list.iter().cloned())),
        )
    }
}

/// Logs in, by the version of MQTT that the hub's connection profile has. If the hub refuses the primary key, the secondary is tried once.
pub(crate) fn log_in(
    me: &mut Outcome,
    login: &Connect,
    network: &Network,
    keys: &mut Keys,
) -> Result<Result<Session, Refused>, Failure> {
    let reason = |result: &Result<Result<Session, Refused>, Failure>| match result {
        Ok(Ok(_)) => None,
        Ok(Err(refused)) => refused.refusal.is_retryable().then(|| refused.refusal.to_string()),
        Err(failure) => retry::passing(failure),
    };
    retry::repeating(network.retries(), reason, || attempt(me, login, network, keys))
}

fn attempt(
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
            stderr::warning(format_args!("{}; trying the login anyway", doubt.text));
        }
        let greeting =
            Login::of(me.connection_profile(), login, me.identity()).map_err(|error| network.mqtt_failed(error))?;
        match network.log_in(greeting, &login.host, proof)? {
            Ok(session) => return Ok(Ok(session)),
            Err(refusal) if refusal.is_credential() && me.fall_back() => {
                progress::step("the hub refused the primary key; trying the secondary key");
            }
            Err(refusal) => {
                return Ok(Err(Refused { refusal, causes: Causes::of(me, login, proof, now, refusal) }));
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
        Password::Certificate(certificate) if !certificate.has_key() => Err(TlsError::KeyElsewhere.into()),
        Password::Certificate(certificate) => Ok(certificate.into()),
        _ => Err(Failure::NotSupported("a key that is held elsewhere")),
    }
}
