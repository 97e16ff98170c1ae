//! Which action is pending, and its data. Whatever does not belong to it is empty, 0 or NULL.

use super::Daemon;
use crate::{
    abi::{Slice, Str},
    code::DEFENDERAUTH_ACTION_FAILED,
    error::Error,
    guard, view,
};

/// The failure of a daemon that does not exist.
static NO_OBJECT: Error = Error::no_object();

/// The next action, one of `DEFENDERAUTH_ACTION_`: ASK, WAIT, DONE or FAILED; 0 before anything was begun. Polling changes
/// nothing; poll as often as you like.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_poll(daemon: Option<&Daemon>) -> i32 {
    guard::look(daemon, DEFENDERAUTH_ACTION_FAILED, |it| it.views.action)
}

/// Why it failed. Non-NULL exactly when `defenderauth_daemon_poll` returns FAILED, which includes a NULL or unusable object.
/// The daemon owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_failure(daemon: Option<&Daemon>) -> Option<&Error> {
    guard::look(daemon, Some(&NO_OBJECT), |it| it.views.failure.as_ref())
}

/// ASK: where the daemon listens: `unix:///path` or, on old hosts with Windows containers, `http://host:port`. Send the request
/// as HTTP/1.1 without TLS to there and to no other place; the `Host` header has no meaning.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_request_address(daemon: Option<&Daemon>) -> Str {
    guard::text(daemon, |it| &it.views.address)
}

/// ASK: `GET` or `POST`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_request_method(daemon: Option<&Daemon>) -> Str {
    guard::text(daemon, |it| &it.views.method)
}

/// ASK: path and query, percent-encoded.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_request_target(daemon: Option<&Daemon>) -> Str {
    guard::text(daemon, |it| &it.views.target)
}

/// ASK: the body; empty when there is none. One needs the header `Content-Type: application/json`. It can hold the handle of a
/// key, a secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_request_body(daemon: Option<&Daemon>) -> Slice {
    guard::look(daemon, Slice::EMPTY, |it| view::slice(&it.views.body))
}

/// WAIT: the shortest time to wait, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_wait_at_least_milliseconds(daemon: Option<&Daemon>) -> u64 {
    guard::look(daemon, 0, |it| it.views.at_least)
}

/// WAIT: the longest time to wait, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_wait_at_most_milliseconds(daemon: Option<&Daemon>) -> u64 {
    guard::look(daemon, 0, |it| it.views.at_most)
}

/// DONE: the answer: a signature of 32 bytes, or a PEM text.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_answer(daemon: Option<&Daemon>) -> Slice {
    guard::look(daemon, Slice::EMPTY, |it| view::slice(&it.views.answer))
}
