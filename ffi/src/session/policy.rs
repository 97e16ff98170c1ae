//! How patient a session is.

use super::machine::{self, Values};
use crate::{
    abi::ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, Poison, exclusive, object},
    options,
};
use alloc::boxed::Box;
use core::{mem::MaybeUninit, time::Duration};

/// How often a session tries, and how long it waits; what is not set has its default, which suits a fleet. Free it with
/// `defenderauth_policy_free`; sessions keep a copy.
pub struct Policy {
    poison: Poison,
    pub(crate) values: Values,
}

object!(Policy, "policy");

/// Creates a policy with the defaults.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_new(
    out: Option<&mut MaybeUninit<Option<Box<Policy>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(Policy { poison: Poison::new(), values: Values::new()? }))
}

/// Sets one of `DEFENDERAUTH_TIME_`, at least one second.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_seconds(
    policy: Option<&mut Policy>,
    time: i32,
    seconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(policy)?.values.set_time(time, options::duration(seconds)?))
}

/// Sets when a token is renewed, in percent of its lifetime: not before `from`, not after `until`. 80 and 85.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_renewal_percent(
    policy: Option<&mut Policy>,
    from: u8,
    until: u8,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut policy = open(policy)?;
        policy.values.set_renewal(percent(from, until)?);
        Ok(())
    })
}

/// Sets when an operational certificate is renewed, in percent of its life: not before `from`, not after `until`. 67 and 80.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_certificate_renewal_percent(
    policy: Option<&mut Policy>,
    from: u8,
    until: u8,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut policy = open(policy)?;
        policy.values.set_certificate_renewal(percent(from, until)?);
        Ok(())
    })
}

/// Sets the waits of one of `DEFENDERAUTH_LADDER_`, which double from the first to the longest. Each may be longer by as
/// much as `spread_percent`: over that a fleet is spread.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_backoff(
    policy: Option<&mut Policy>,
    ladder: i32,
    first_milliseconds: u64,
    most_milliseconds: u64,
    spread_percent: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut policy = open(policy)?;
        let first = milliseconds("first_milliseconds", first_milliseconds)?;
        let most = milliseconds("most_milliseconds", most_milliseconds)?;
        if most < first {
            return Err(Failure::argument("most_milliseconds", "it is shorter than the first wait; exchange the two"));
        }
        policy.values.set_backoff(ladder, first, most, spread_percent)
    })
}

/// Sets one of `DEFENDERAUTH_RATE_`: at most so many at once, and one more after each interval.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_rate(
    policy: Option<&mut Policy>,
    rate: i32,
    burst: u32,
    interval_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut policy = open(policy)?;
        let interval = milliseconds("interval_milliseconds", interval_milliseconds)?;
        policy.values.set_rate(rate, at_least_one("burst", burst)?, interval)
    })
}

/// Sets one of `DEFENDERAUTH_LIMIT_`, at least 1.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_limit(
    policy: Option<&mut Policy>,
    limit: i32,
    count: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(policy)?.values.set_limit(limit, at_least_one("count", count)?))
}

/// Sets a time that has passed for certain, in seconds since 1970: that of the firmware's build, for example. The default is
/// that of this library's release. A clock that is before it is not used.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_set_floor(
    policy: Option<&mut Policy>,
    seconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        open(policy)?.values.set_floor(input::time("seconds", seconds)?);
        Ok(())
    })
}

/// Frees a policy. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_policy_free(policy: Option<Box<Policy>>) {
    guard::get((), || drop(policy));
}

fn open(policy: Option<&mut Policy>) -> Result<Exclusive<'_, Policy>, Failure> {
    machine::is_available()?;
    exclusive(policy)
}

fn percent(from: u8, until: u8) -> Result<(u8, u8), Failure> {
    if from == 0 || from > until || until > 99 {
        return Err(Failure::argument("from", "the two are not 1 to 99 in order; pass 80 and 85, for example"));
    }
    Ok((from, until))
}

/// A wait. Not 0, which would be a loop without a pause.
fn milliseconds(parameter: &'static str, count: u64) -> Result<Duration, Failure> {
    match count {
        0 => Err(Failure::argument(parameter, "it is 0; pass at least 1 millisecond")),
        _ => Ok(Duration::from_millis(count)),
    }
}

fn at_least_one(parameter: &'static str, count: u32) -> Result<u32, Failure> {
    if count == 0 { Err(Failure::argument(parameter, "it is 0; pass at least 1")) } else { Ok(count) }
}
