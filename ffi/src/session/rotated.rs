//! New credential sources, at any time.

use super::{machine, make::now, object::Session, sources::Sources};
use crate::{
    abi::ResultCode,
    error::Error,
    guard,
    object::{exclusive, shared},
};
use alloc::boxed::Box;
use core::mem::MaybeUninit;

/// At any time: all credential sources that the agent has now, in their order. A connection is kept while nothing up to its
/// credential is new.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_rotated(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    sources: Option<&Sources>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::is_available()?;
        let (mut session, sources) = (exclusive(session)?, shared(sources)?);
        session.machine_mut()?.rotate(now(wall, monotonic_milliseconds)?, &sources.list)?;
        session.refresh();
        Ok(())
    })
}
