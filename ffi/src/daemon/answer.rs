//! What came of the pending request.

use super::{Daemon, obstacle, open};
use crate::{
    abi::{Header, ResultCode},
    error::Error,
    guard, input,
};
use alloc::boxed::Box;
use core::mem::MaybeUninit;
use defender_auth::{http::Response, local::Event};

/// ASK: an answer came, whatever its status. Pass all of its headers, or NULL and 0 when they are not available. Wipe the body
/// afterwards: it can hold the handle of a key.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_handle_response(
    daemon: Option<&mut Daemon>,
    now: u64,
    status: u16,
    headers: *const Header,
    header_count: usize,
    body: *const u8,
    body_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut daemon = open(daemon)?;
        let now = input::time("now", now)?;
        let response = Response::new(status, input::bytes("body", body, body_len)?);
        let headers = input::headers(headers, header_count)?;
        let response = headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
        daemon.machine.handle(now, Event::Answered(response))
    })
}

/// ASK: no complete answer came: the connection was refused or closed, or the request timed out. The workload API takes ten
/// requests at a time and closes a further connection without an answer.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_handle_no_response(
    daemon: Option<&mut Daemon>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(daemon)?.machine.handle(input::time("now", now)?, Event::Unanswered))
}

/// ASK: the socket does not exist, this user may not connect to it, or it is none: one of `DEFENDERAUTH_OBSTACLE_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_handle_not_reached(
    daemon: Option<&mut Daemon>,
    now: u64,
    obstacle: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut daemon = open(daemon)?;
        let now = input::time("now", now)?;
        daemon.machine.handle(now, Event::NotReached(self::obstacle(obstacle)?))
    })
}

/// WAIT: the time has elapsed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_handle_elapsed(
    daemon: Option<&mut Daemon>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(daemon)?.machine.handle(input::time("now", now)?, Event::Elapsed))
}
