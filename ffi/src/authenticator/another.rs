//! Authenticators that are made of another, which is DONE.

use super::object::Authenticator;
use crate::{
    abi::ResultCode,
    certificate::Certificate,
    code::{DEFENDERAUTH_KEY_ABSENT, DEFENDERAUTH_NOT_APPLICABLE},
    error::Error,
    failure::Failure,
    guard, input,
    key::Key,
    object::shared,
};
use alloc::{boxed::Box, string::ToString};
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{Outcome, Plan, UnixTime, credential::Credential, error::PlanError, outcome::ConnectionProfile};

impl Authenticator {
    /// One that is DONE with this outcome, with the same options.
    fn with(&self, outcome: Outcome) -> Result<Self, Failure> {
        // It needs no request, so that the deadline has no meaning.
        Self::new(&Plan::from(outcome), self.chosen.clone(), UnixTime::from_secs(0))
    }
}

/// The same outcome with the module's other key, for when the hub rejects the first: DONE immediately. Without another
/// key `DEFENDERAUTH_KEY_ABSENT`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_secondary(
    done: Option<&Authenticator>,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let done = shared(done)?;
        let mut outcome = done.outcome()?.clone();
        if !outcome.fall_back() {
            let message = "there is no other key; authenticate again, in case the keys were regenerated";
            return Err(Failure::new(DEFENDERAUTH_KEY_ABSENT, message).field("done"));
        }
        done.with(outcome)
    })
}

/// An authenticator with the identity of another that is DONE, and this certificate in place of its credential. It is DONE
/// immediately. For a device that `defenderauth_authenticator_requires_certificate`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_with_certificate(
    done: Option<&Authenticator>,
    certificate: Option<&Certificate>,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let (done, certificate) = (shared(done)?, shared(certificate)?);
        done.with(done.outcome()?.clone().with_certificate(certificate.client_certificate()))
    })
}

/// An authenticator with the identity and the credential of another that is DONE, at a hub with this connection profile: `classic`
/// or `mqttV5`. It is DONE immediately. A registration tells the profile; this is for an identity that is known without one.
/// `mqttV5` is for devices with a certificate: any other is `DEFENDERAUTH_NOT_APPLICABLE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_with_connection_profile(
    done: Option<&Authenticator>,
    profile: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let done = shared(done)?;
        let profile = match input::text("profile", profile, len)? {
            "classic" => ConnectionProfile::Classic,
            "mqttV5" => ConnectionProfile::MqttV5,
            _ => return Err(Failure::argument("profile", "it is neither `classic` nor `mqttV5`; pass one of these")),
        };
        let outcome = done.outcome()?.clone().with_connection_profile(profile);
        let not_applicable = |error: PlanError| Failure::new(DEFENDERAUTH_NOT_APPLICABLE, error.to_string());
        done.with(outcome.map_err(|error| not_applicable(error).field("done"))?)
    })
}

/// An authenticator with the identity and the key of another that is DONE, and this key as the secondary one
/// (`defenderauth_authenticator_new_secondary`). It is DONE immediately. For a program that has both keys of a device or module.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_with_secondary_key(
    done: Option<&Authenticator>,
    key: Option<&Key>,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let (done, key) = (shared(done)?, shared(key)?);
        let outcome = done.outcome()?.clone();
        let Credential::SymmetricKeys(_) = outcome.credential() else {
            let message = "its credential is not a key of this process, beside which there could be another";
            return Err(Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("done"));
        };
        done.with(outcome.with_secondary(key.key.clone()))
    })
}
