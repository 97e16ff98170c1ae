//! What happens, and the status.

use super::{make::open, object::Driver, views::Views};
use crate::{
    abi::{ResultCode, Slice, Str},
    error::Error,
    guard,
    session::Session,
    view,
};
use alloc::boxed::Box;
use core::{mem::MaybeUninit, time::Duration};

/// Works until something has happened, or until the time limit: `defenderauth_driver_event` says what, or
/// `DEFENDERAUTH_EVENT_NONE`. A request or a login that has begun is ended first, by its own limits. Call it again within the
/// keep-alive interval. After `DEFENDERAUTH_CANCELLED` the driver has ended.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_next(
    driver: Option<&mut Driver>,
    timeout_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        driver.views = Views::default();
        let next = driver.machine_mut().next(Duration::from_millis(timeout_milliseconds));
        let result = next.map(|(identity, views)| {
            driver.views = views;
            identity
        });
        driver.refresh(result.as_ref().ok().and_then(Option::as_ref));
        result.map(drop)
    })
}

/// What has happened, one of `DEFENDERAUTH_EVENT_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_event(driver: Option<&Driver>) -> i32 {
    guard::look(driver, 0, |it| it.views.event)
}

/// The same in one line, for logs.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_event_text(driver: Option<&Driver>) -> Str {
    guard::text(driver, |it| &it.views.text)
}

/// The failure that the event reports; NULL for events that report none. The driver owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_event_error(driver: Option<&Driver>) -> Option<&Error> {
    guard::look(driver, None, |it| it.views.error.as_ref())
}

/// DISCONNECTED, DROPPED, `NOT_ASSIGNED` and WAITING: why, one of `DEFENDERAUTH_DIAGNOSIS_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_event_diagnosis(driver: Option<&Driver>) -> i32 {
    guard::look(driver, 0, |it| it.views.diagnosis)
}

/// MESSAGE: its topic.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_message_topic(driver: Option<&Driver>) -> Str {
    guard::text(driver, |it| &it.views.topic)
}

/// MESSAGE: its payload.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_message_payload(driver: Option<&Driver>) -> Slice {
    guard::look(driver, Slice::EMPTY, |it| view::slice(&it.views.payload))
}

/// Whether there is a connection to send with. It may have broken without having been noticed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_is_connected(driver: Option<&Driver>) -> bool {
    guard::look(driver, false, |it| it.machine().is_connected())
}

/// The session, to read its status and the names of the latest login. The driver performs its actions. NULL before the start.
/// The driver owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_session(driver: Option<&Driver>) -> Option<&Session> {
    guard::look(driver, None, |it| it.machine().is_started().then_some(&it.session))
}
