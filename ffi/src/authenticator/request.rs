//! The data of the pending action. Whatever does not belong to it is empty, 0 or NULL.

use super::object::Authenticator;
use crate::{
    abi::{Header, Slice, Str},
    certificate::Certificate,
    code::{DEFENDERAUTH_KEY_USE_HUB, DEFENDERAUTH_KEY_USE_REGISTRATION},
    guard, view,
};
use defender_auth::key::KeyUse;

/// SEND: the host to connect to, on port 443. The server's certificate must be valid for this name. An IPv6 address is in
/// brackets, which resolvers and certificates omit.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_host(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.host)
}

/// ASK: where the daemon listens: `unix:///path` or `http://host:port`. Send the request as HTTP/1.1 without TLS to there and to
/// no other place; the `Host` header has no meaning.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_address(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.address)
}

/// SEND and ASK: `GET`, `PUT` or `POST`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_method(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.method)
}

/// SEND and ASK: path and query, percent-encoded.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_target(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.target)
}

/// SEND and ASK: the body; empty when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_body(authenticator: Option<&Authenticator>) -> Slice {
    guard::look(authenticator, Slice::EMPTY, |it| view::slice(&it.views.body))
}

/// SEND and ASK: a header, counted from 0; past the last one the name is empty. `Host`, `Connection` and `Content-Length` are
/// never among them.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_header(
    authenticator: Option<&Authenticator>,
    index: usize,
) -> Header {
    guard::look(authenticator, Header::EMPTY, |it| {
        let header = it.views.headers.get(index);
        header.map_or(Header::EMPTY, |(name, value)| Header { name: name.as_str(), value: value.as_str() })
    })
}

/// SEND: the value of the `Authorization` header, which is among the headers too. A secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_authorization(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.authorization)
}

/// SEND: the client certificate for this request's TLS handshake. DONE: the one for the hub. NULL when the credential is
/// not a certificate. The authenticator owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_certificate(
    authenticator: Option<&Authenticator>,
) -> Option<&Certificate> {
    guard::look(authenticator, None, |it| it.views.certificate.as_ref())
}

/// WAIT: the shortest time to wait, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_wait_at_least_milliseconds(authenticator: Option<&Authenticator>) -> u64 {
    guard::look(authenticator, 0, |it| it.views.at_least)
}

/// WAIT: the longest time to wait, in milliseconds. A random time between the two spreads the load of a fleet.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_wait_at_most_milliseconds(authenticator: Option<&Authenticator>) -> u64 {
    guard::look(authenticator, 0, |it| it.views.at_most)
}

/// ACTIVATE: the blob for the TPM. SIGN: the bytes to sign with HMAC-SHA256.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_tpm_input(authenticator: Option<&Authenticator>) -> Slice {
    guard::look(authenticator, Slice::EMPTY, |it| view::slice(&it.views.tpm_input))
}

/// ACTIVATE and SIGN: which of the two keys, one of `DEFENDERAUTH_KEY_USE_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_key_use(authenticator: Option<&Authenticator>) -> i32 {
    guard::look(authenticator, 0, |it| match it.views.key_use {
        Some(KeyUse::Registration) => DEFENDERAUTH_KEY_USE_REGISTRATION,
        Some(KeyUse::Hub) => DEFENDERAUTH_KEY_USE_HUB,
        None => 0,
    })
}

/// How many seconds the service's clock is ahead of `now`, according to its last response; 0 = unknown. Add it to your
/// clock.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_clock_offset_seconds(authenticator: Option<&Authenticator>) -> i64 {
    guard::look(authenticator, 0, Authenticator::clock_offset)
}
