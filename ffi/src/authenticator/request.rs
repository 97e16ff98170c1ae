//! What the pending action needs. What does not belong to it is empty, 0 or NULL.

use super::Authenticator;
use crate::{
    Header, Slice, Str,
    certificate::Certificate,
    code::{DEFENDERAUTH_KEY_USE_HUB, DEFENDERAUTH_KEY_USE_REGISTRATION},
    guard,
    object::look,
    view,
};
use defender_auth::key::KeyUse;

/// SEND: the host to connect to on port 443. The server must bear this name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_host(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.host.as_str()))
}

/// SEND: `GET`, `PUT` or `POST`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_method(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.method.as_str()))
}

/// SEND: path and query, encoded.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_target(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.target.as_str()))
}

/// SEND: the body; empty when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_body(authenticator: Option<&Authenticator>) -> Slice {
    guard::get(Slice::EMPTY, || look(authenticator, Slice::EMPTY, |it| view::slice(&it.views.body)))
}

/// SEND: a header, counted from 0; behind the last its name is empty. `Host`, `Connection` and `Content-Length` are never
/// among them.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_header(
    authenticator: Option<&Authenticator>,
    index: usize,
) -> Header {
    guard::get(Header::EMPTY, || {
        look(authenticator, Header::EMPTY, |it| {
            let header = it.views.headers.get(index);
            header.map_or(Header::EMPTY, |(name, value)| Header { name: name.as_str(), value: value.as_str() })
        })
    })
}

/// SEND: the value of the header `Authorization`, the same as among the headers. A secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_request_authorization(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.authorization.as_str()))
}

/// SEND: the certificate to present in this request's TLS handshake. DONE: the one to present to the hub. NULL when none
/// proves it. It is the authenticator's: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_certificate(
    authenticator: Option<&Authenticator>,
) -> Option<&Certificate> {
    guard::get(None, || look(authenticator, None, |it| it.views.certificate.as_ref()))
}

/// WAIT: let at least so many milliseconds pass.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_wait_at_least_milliseconds(authenticator: Option<&Authenticator>) -> u64 {
    guard::get(0, || look(authenticator, 0, |it| it.views.at_least))
}

/// WAIT: let at most so many milliseconds pass. A point picked at random spreads a fleet's load.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_wait_at_most_milliseconds(authenticator: Option<&Authenticator>) -> u64 {
    guard::get(0, || look(authenticator, 0, |it| it.views.at_most))
}

/// ACTIVATE: the blob for the TPM. SIGN: the bytes to sign with HMAC-SHA256.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_tpm_input(authenticator: Option<&Authenticator>) -> Slice {
    guard::get(Slice::EMPTY, || look(authenticator, Slice::EMPTY, |it| view::slice(&it.views.tpm_input)))
}

/// ACTIVATE and SIGN: which of the two keys, `DEFENDERAUTH_KEY_USE_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_key_use(authenticator: Option<&Authenticator>) -> i32 {
    guard::get(0, || {
        look(authenticator, 0, |it| match it.views.key_use {
            Some(KeyUse::Registration) => DEFENDERAUTH_KEY_USE_REGISTRATION,
            Some(KeyUse::Hub) => DEFENDERAUTH_KEY_USE_HUB,
            None => 0,
        })
    })
}

/// How many seconds the service's clock is ahead of `now`, as its last answer says; 0 = unknown. Add it to your clock.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_clock_offset_seconds(authenticator: Option<&Authenticator>) -> i64 {
    guard::get(0, || look(authenticator, 0, |it| it.machine.clock_offset()))
}
