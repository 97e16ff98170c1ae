//! Steering a driver from other threads.

use super::{
    machine::{self, Handle},
    object::Driver,
};
use crate::{
    abi::ResultCode,
    error::Error,
    guard,
    object::{Poison, object, shared},
    session::Sources,
};
use alloc::boxed::Box;
use core::mem::MaybeUninit;

/// Steers one driver from other threads, also after that was freed. Free it with `defenderauth_control_free`.
pub struct Control {
    poison: Poison,
    handle: Handle,
}

object!(Control, "control");

/// Creates a control of a driver that was started.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_control(
    driver: Option<&Driver>,
    out: Option<&mut MaybeUninit<Option<Box<Control>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        machine::is_available()?;
        Ok(Control { poison: Poison::new(), handle: shared(driver)?.machine().control()? })
    })
}

/// Ends the driver: it closes its connection, and its calls return `DEFENDERAUTH_CANCELLED`, within a second unless it is
/// resolving a name or waiting for a TPM. Any thread and any signal handler may call it at any time.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_control_cancel(control: Option<&Control>) {
    guard::get((), || {
        // Sound on an unusable object too.
        if let Some(control) = control {
            control.handle.cancel();
        }
    });
}

/// The network is back, or a person has corrected something: the session tries again now.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_control_wake(control: Option<&Control>) {
    guard::look(control, (), |it| it.handle.wake());
}

/// The wall clock was set. The driver notices it by itself within half a minute.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_control_clock_set(control: Option<&Control>) {
    guard::look(control, (), |it| it.handle.clock_set());
}

/// Passes all credential sources that the agent has now, in their order.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_control_rotate(
    control: Option<&Control>,
    sources: Option<&Sources>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::is_available()?;
        shared(control)?.handle.rotate(&shared(sources)?.list)
    })
}

/// Frees a control; the driver runs on. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_control_free(control: Option<Box<Control>>) {
    guard::get((), || drop(control));
}
