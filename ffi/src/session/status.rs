//! The status of a session, at any time and without secrets, and its clock.

use super::{
    code::{
        DEFENDERAUTH_COUNT_CERTIFICATES, DEFENDERAUTH_COUNT_CONNECTS, DEFENDERAUTH_COUNT_REGISTRATIONS,
        DEFENDERAUTH_COUNT_RENEWALS, DEFENDERAUTH_COUNT_REQUESTS,
    },
    machine::Machine,
    make::now,
    object::Session,
};
use crate::{abi::Str, authenticator::Authenticator, guard};
use defender_auth::Now;

/// The status in one line, for logs.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_status(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.status.line)
}

/// What it is doing, one of `DEFENDERAUTH_PHASE_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_phase(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.status.phase)
}

/// The name of the credential in use or being tried: that of its source, with `/primary` or `/secondary` if it has two keys.
/// While authenticating, the name of the source.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_credential(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.status.credential)
}

/// The name of the credential that was given up last; empty if none was.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_dropped_credential(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.status.dropped)
}

/// Why it was given up, one of `DEFENDERAUTH_DIAGNOSIS_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_dropped_diagnosis(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.status.dropped_why)
}

/// When it was given up, in seconds since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_dropped_at(session: Option<&Session>) -> u64 {
    guard::look(session, 0, |it| it.views.status.dropped_at)
}

/// Why it is not connected, one of `DEFENDERAUTH_DIAGNOSIS_`; when it is, the latest failure. 0 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_last_diagnosis(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.status.last)
}

/// How the latest registration or module lookup failed, unless one has succeeded since: one of `DEFENDERAUTH_DIAGNOSIS_`; 0 =
/// it did not. It says more than the hub's rejection.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_authenticator_diagnosis(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.status.authenticator)
}

/// Why the latest request for an operational certificate has got none, unless one has succeeded since: one of
/// `DEFENDERAUTH_DIAGNOSIS_`; 0 = none has failed. It ends no connection.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_certificate_diagnosis(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.status.certificate)
}

/// The number of failures since the last stable connection.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_failures_in_a_row(session: Option<&Session>) -> u32 {
    guard::look(session, 0, |it| it.views.status.failures)
}

/// Whether the latest state could not be saved.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_is_unsaved(session: Option<&Session>) -> bool {
    guard::look(session, false, |it| it.views.status.is_unsaved)
}

/// The last second of the certificate in use, in seconds since 1970; 0 = it is not known.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_certificate_ends(session: Option<&Session>) -> u64 {
    guard::look(session, 0, |it| it.views.status.certificate_ends)
}

/// One of `DEFENDERAUTH_COUNT_`, since the session was created.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_count(session: Option<&Session>, count: i32) -> u64 {
    guard::look(session, 0, |it| match count {
        DEFENDERAUTH_COUNT_CONNECTS => it.views.status.connects,
        DEFENDERAUTH_COUNT_RENEWALS => it.views.status.renewals,
        DEFENDERAUTH_COUNT_REGISTRATIONS => it.views.status.registrations,
        DEFENDERAUTH_COUNT_REQUESTS => it.views.status.requests,
        DEFENDERAUTH_COUNT_CERTIFICATES => it.views.status.certificates,
        _ => 0,
    })
}

/// What the latest registration or module lookup has got: an authenticator that is DONE. NULL when there was none, or
/// nothing was got or restored. The session owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_assigned(session: Option<&Session>) -> Option<&Authenticator> {
    guard::look(session, None, |it| it.views.assigned.as_ref())
}

/// The best estimate of the time, in seconds since 1970, also for the verification of server certificates; 0 when `wall` is
/// not a time.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_clock_seconds(
    session: Option<&Session>,
    wall: u64,
    monotonic_milliseconds: u64,
) -> u64 {
    guard::look(session, 0, |it| clock(it, wall, monotonic_milliseconds, Machine::clock_seconds))
}

/// What is known about the device's clock, one of `DEFENDERAUTH_CLOCK_`; 0 when `wall` is not a time.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_clock_state(
    session: Option<&Session>,
    wall: u64,
    monotonic_milliseconds: u64,
) -> i32 {
    guard::look(session, 0, |it| clock(it, wall, monotonic_milliseconds, Machine::clock_state))
}

/// What the clock of a session says; nothing for a time that is none, and for the session of a driver, which has its own.
fn clock<T: Default>(it: &Session, wall: u64, milliseconds: u64, read: impl Fn(&Machine, Now) -> T) -> T {
    let both = it.machine().ok().zip(now(wall, milliseconds).ok());
    both.map(|(machine, now)| read(machine, now)).unwrap_or_default()
}
