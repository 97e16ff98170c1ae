//! A policy's values by their numbers.

use crate::{failure::Failure, session::code};
use alloc::format;
use core::time::Duration;
use defender_auth::{
    UnixTime,
    session::{Backoff, Policy, Rate},
};

/// The values.
pub(crate) struct Values(Policy);

impl Values {
    #[expect(clippy::unnecessary_wraps, reason = "a build without sessions returns an error")]
    pub(in crate::session) fn new() -> Result<Self, Failure> {
        Ok(Self(Policy::default()))
    }

    pub(crate) fn policy(&self) -> Policy {
        self.0.clone()
    }

    pub(in crate::session) fn set_time(&mut self, time: i32, value: Duration) -> Result<(), Failure> {
        let place = match time {
            code::DEFENDERAUTH_TIME_TOKEN => &mut self.0.token_lifetime,
            code::DEFENDERAUTH_TIME_LOST_AFTER => &mut self.0.lost_after,
            code::DEFENDERAUTH_TIME_RETURN_AFTER => &mut self.0.return_after,
            code::DEFENDERAUTH_TIME_STABLE_AFTER => &mut self.0.stable_after,
            code::DEFENDERAUTH_TIME_CLOCK_GRACE => &mut self.0.clock_grace,
            code::DEFENDERAUTH_TIME_ATTEMPT => &mut self.0.attempt,
            code::DEFENDERAUTH_TIME_CONNECT => &mut self.0.connect_limit,
            code::DEFENDERAUTH_TIME_RETRY_AFTER => &mut self.0.retry_after_limit,
            _ => return Err(none_of("time", "DEFENDERAUTH_TIME_")),
        };
        *place = value;
        Ok(())
    }

    pub(in crate::session) const fn set_renewal(&mut self, percent: (u8, u8)) {
        self.0.renewal = percent;
    }

    pub(in crate::session) const fn set_certificate_renewal(&mut self, percent: (u8, u8)) {
        self.0.certificate_renewal = percent;
    }

    pub(in crate::session) fn set_backoff(
        &mut self,
        ladder: i32,
        first: Duration,
        most: Duration,
        spread: u32,
    ) -> Result<(), Failure> {
        let place = match ladder {
            code::DEFENDERAUTH_LADDER_CONNECT => &mut self.0.connect,
            code::DEFENDERAUTH_LADDER_CREDENTIALS => &mut self.0.credentials,
            code::DEFENDERAUTH_LADDER_PROVISIONING => &mut self.0.provisioning,
            code::DEFENDERAUTH_LADDER_SLOW => &mut self.0.slow,
            code::DEFENDERAUTH_LADDER_CLOCK => &mut self.0.clock,
            _ => return Err(none_of("ladder", "DEFENDERAUTH_LADDER_")),
        };
        *place = Backoff { first, most, spread };
        Ok(())
    }

    pub(in crate::session) fn set_rate(&mut self, rate: i32, burst: u32, interval: Duration) -> Result<(), Failure> {
        let place = match rate {
            code::DEFENDERAUTH_RATE_CONNECTS => &mut self.0.connects,
            code::DEFENDERAUTH_RATE_REGISTRATIONS => &mut self.0.registrations,
            code::DEFENDERAUTH_RATE_CERTIFICATES => &mut self.0.certificates,
            _ => return Err(none_of("rate", "DEFENDERAUTH_RATE_")),
        };
        *place = Rate { burst, interval };
        Ok(())
    }

    pub(in crate::session) fn set_limit(&mut self, limit: i32, count: u32) -> Result<(), Failure> {
        let place = match limit {
            code::DEFENDERAUTH_LIMIT_PASSES => &mut self.0.passes_before_provisioning,
            code::DEFENDERAUTH_LIMIT_REQUESTS => &mut self.0.requests_per_run,
            _ => return Err(none_of("limit", "DEFENDERAUTH_LIMIT_")),
        };
        *place = count;
        Ok(())
    }

    pub(in crate::session) const fn set_floor(&mut self, floor: UnixTime) {
        self.0.floor = floor;
    }
}

/// A number that is none of these constants.
pub(super) fn none_of(parameter: &'static str, constants: &'static str) -> Failure {
    Failure::argument(parameter, format!("it is not one of {constants}; pass one of these constants"))
}
