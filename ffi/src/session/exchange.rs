//! The pending request, with the built-in driver.

use super::{machine, make::now, object::Session};
use crate::{
    abi::ResultCode,
    error::Error,
    guard,
    https::{self, Https},
    object::{exclusive, given},
};
use alloc::boxed::Box;
use core::{mem::MaybeUninit, time::Duration};

/// AUTHENTICATE while a request is to be sent: sends it with the built-in HTTPS driver and reports what came of it, a
/// response, no response, or a failure of TLS. `DEFENDERAUTH_OK` means that it was reported, not that a response came. NULL
/// for the driver means a default one, which cannot be cancelled. After `DEFENDERAUTH_CANCELLED` the request is still pending.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_exchange(
    session: Option<&mut Session>,
    https_or_null: Option<&Https>,
    wall: u64,
    monotonic_milliseconds: u64,
    timeout_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::is_available()?;
        https::is_available()?;
        let mut session = exclusive(session)?;
        let https = given(https_or_null)?;
        let now = now(wall, monotonic_milliseconds)?;
        let limit = Duration::from_millis(timeout_milliseconds);
        https::with_driver(https.as_deref(), |driver| session.machine_mut()?.exchange(driver, now, limit))?;
        session.refresh();
        Ok(())
    })
}
