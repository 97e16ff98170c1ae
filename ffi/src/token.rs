//! Tokens that were made elsewhere.

use crate::{
    abi::{ResultCode, Str},
    error::Error,
    failure::Failure,
    guard, identity, input,
    key::Key,
    object::{Poison, object, shared},
    view::View,
};
use alloc::{boxed::Box, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit, time::Duration};
use defender_auth::{
    UnixTime,
    sas::{Renewal, SasToken, VerifyError},
};

/// A token that was made elsewhere. Immutable; wiped when freed. Free it with `defenderauth_token_free`.
pub struct Token {
    poison: Poison,
    read: SasToken,
    audience: View,
    resource: View,
    policy: View,
    problems: Vec<View>,
}

object!(Token, "token");

impl Token {
    /// As the library reads it.
    pub(crate) const fn read(&self) -> &SasToken {
        &self.read
    }

    fn renewal(&self, issued: u64) -> Renewal {
        Renewal::of(UnixTime::from_secs(issued), self.read.expires_at())
    }
}

impl From<SasToken> for Token {
    fn from(token: SasToken) -> Self {
        Self {
            poison: Poison::new(),
            audience: View::new(token.resource()),
            resource: token.plain_resource().map(|resource| View::line(&resource)).unwrap_or_default(),
            policy: token.policy().map(|policy| View::line(&policy)).unwrap_or_default(),
            problems: token.problems().map(|problem| View::of(&problem)).collect(),
            read: token,
        }
    }
}

/// Reads a token: `SharedAccessSignature sr=...`, with its fields in any order. A line break at its end is ignored. The
/// signature is not verified.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_parse(
    s: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Token>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let token = SasToken::parse(input::text("s", s, len)?);
        Ok(token.map_err(|error| Failure::from(error).field("s"))?.into())
    })
}

/// The resource as it is written after `sr=` and signed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_audience(token: Option<&Token>) -> Str {
    guard::text(token, |it| &it.audience)
}

/// The resource as plain text, such as `host/devices/id`. Empty when it cannot be decoded.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_resource(token: Option<&Token>) -> Str {
    guard::text(token, |it| &it.resource)
}

/// The name of the shared access policy; empty without one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_policy(token: Option<&Token>) -> Str {
    guard::text(token, |it| &it.policy)
}

/// When it expires, in seconds since 1970, as it is written.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_expiry(token: Option<&Token>) -> u64 {
    guard::look(token, 0, |it| it.read.expires_at().as_secs())
}

/// Whether the resource is percent-encoded more than once.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_is_encoded_twice(token: Option<&Token>) -> bool {
    guard::look(token, false, |it| it.read.is_encoded_twice())
}

/// How many problems make services reject it whatever its signature is.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_problem_count(token: Option<&Token>) -> usize {
    guard::look(token, 0, |it| it.problems.len())
}

/// Such a problem, counted from 0, and what to do about it, in one line. Empty past the last one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_problem(token: Option<&Token>, index: usize) -> Str {
    guard::look(token, Str::EMPTY, |it| it.problems.get(index).map_or(Str::EMPTY, View::as_str))
}

/// Whether its resource is this device or module, or something that contains it: the hub, or the device of a module. The
/// module ID may be empty. False for an invalid name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_is_good_for(
    token: Option<&Token>,
    host_name: *const c_char,
    host_name_len: usize,
    device_id: *const c_char,
    device_id_len: usize,
    module_id: *const c_char,
    module_id_len: usize,
) -> bool {
    guard::look(token, false, |it| {
        identity::of((host_name, host_name_len), (device_id, device_id_len), (module_id, module_id_len))
            .is_ok_and(|identity| it.read.is_good_for(&identity))
    })
}

/// Verifies that it was signed with this key, is unchanged and has not expired at `now`. `skew_seconds` is by how much the
/// clock of `now` may be ahead. `DEFENDERAUTH_SAS_TOKEN` for a wrong signature, `DEFENDERAUTH_TOKEN_EXPIRED` for one that is
/// valid but has expired. The comparison takes the same time wherever the signatures differ.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_verify(
    token: Option<&Token>,
    key: Option<&Key>,
    now: u64,
    skew_seconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let (token, key, now) = (shared(token)?, shared(key)?, input::time("now", now)?);
        let verified = token.read.verify(&key.key, now, Duration::from_secs(skew_seconds));
        verified.map_err(|error| {
            let field = if matches!(error, VerifyError::Key) { "key" } else { "token" };
            Failure::from(error).field(field)
        })
    })
}

/// When to replace a token that was made at `issued` at the earliest, in seconds since 1970: at 80 % of its lifetime.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_renew_from(token: Option<&Token>, issued: u64) -> u64 {
    guard::look(token, 0, |it| it.renewal(issued).from.as_secs())
}

/// When to replace it at the latest: at 85 % of its lifetime. A random time between the two spreads the load of a fleet.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_renew_until(token: Option<&Token>, issued: u64) -> u64 {
    guard::look(token, 0, |it| it.renewal(issued).until.as_secs())
}

/// Frees a token and wipes it. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_token_free(token: Option<Box<Token>>) {
    guard::get((), || drop(token));
}
