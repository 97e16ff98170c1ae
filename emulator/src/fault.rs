//! Faults on request: what a network and a service can do to a client at the worst moment.

use std::{fmt, time::Duration};

/// Which requests meet a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum On {
    /// A registration.
    Register,
    /// A poll for the outcome of a registration.
    Poll,
    /// A look at a registration without registering.
    Lookup,
    /// A read of a module's identity at a hub.
    ModuleGet,
}

/// What happens to a request. Those about bodies and connections are for HTTPS; over MQTT the body is cut, or the
/// connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is answered with this status and an error's body, and nothing else happens.
    Status(u16),
    /// The same, with a `Retry-After` header; [`retry_after`](Self::retry_after) makes it.
    StatusRetryAfter(u16, String),
    /// It is answered with 302 and this `Location`.
    Redirect(String),
    /// Half of the body comes, and then an orderly end.
    Truncated,
    /// The body has a megabyte.
    Oversized,
    /// The body is said to be HTML.
    WrongContentType,
    /// Half of the body comes, and then the connection is reset.
    ResetMidBody,
    /// The answer is late. Ten minutes are the most.
    Stall(Duration),
    /// One bit of the credential is flipped in the key for a TPM, so that its integrity does not hold. An answer without
    /// such a key stays as it is.
    BadKeyBlob,
    /// The key for a TPM is as if it were wrapped for another's endorsement key. An answer without such a key stays as
    /// it is.
    ForeignEndorsementKey,
    /// A TPM that has proved itself is challenged once more, at its registration or a poll. Other requests are answered
    /// as always.
    SecondChallenge,
}

impl Fault {
    /// A status with a `Retry-After` header. Other faults stay as they are.
    #[must_use]
    pub fn retry_after(self, value: &str) -> Self {
        match self {
            Self::Status(status) | Self::StatusRetryAfter(status, _) => Self::StatusRetryAfter(status, value.into()),
            other => other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::StatusRetryAfter(status, value) => write!(f, "status {status}, retry after {value}"),
            Self::Redirect(location) => write!(f, "a redirect to {location}"),
            Self::Truncated => f.write_str("half a body"),
            Self::Oversized => f.write_str("a body of a megabyte"),
            Self::WrongContentType => f.write_str("another content type"),
            Self::ResetMidBody => f.write_str("half a body and a reset"),
            Self::Stall(time) => write!(f, "a wait of {time:?}"),
            Self::BadKeyBlob => f.write_str("a flipped bit in the key for a TPM"),
            Self::ForeignEndorsementKey => f.write_str("a key for another TPM"),
            Self::SecondChallenge => f.write_str("a second challenge"),
        }
    }
}

/// The faults to come, in the order in which they were asked for.
#[derive(Default)]
pub(crate) struct Faults(Vec<Planned>);

struct Planned {
    on: On,
    skip: u32,
    fault: Fault,
    times: u32,
}

impl Faults {
    pub(crate) fn plan(&mut self, on: On, skip: u32, fault: Fault, times: u32) {
        if times > 0 {
            self.0.push(Planned { on, skip, fault, times });
        }
    }

    /// How many are left, of which none comes any more.
    pub(crate) fn forget(&mut self) -> u32 {
        self.0.drain(..).fold(0, |sum, planned| sum.saturating_add(planned.times))
    }

    /// What the next request of this kind meets.
    pub(crate) fn take(&mut self, on: On) -> Option<Fault> {
        let index = self.0.iter().position(|planned| planned.on == on)?;
        let planned = self.0.get_mut(index)?;
        if planned.skip > 0 {
            planned.skip -= 1;
            return None;
        }
        planned.times -= 1;
        let fault = planned.fault.clone();
        if planned.times == 0 {
            self.0.remove(index);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_order_and_as_often_as_asked_for() {
        let mut faults = Faults::default();
        faults.plan(On::Poll, 1, Fault::Status(429).retry_after("3"), 2);
        faults.plan(On::Poll, 0, Fault::Truncated, 1);
        faults.plan(On::Lookup, 0, Fault::Oversized, 0);
        let polls: Vec<_> = (0..5).map(|_| faults.take(On::Poll)).collect();
        let busy = Some(Fault::StatusRetryAfter(429, "3".into()));
        assert_eq!(polls, [None, busy.clone(), busy, Some(Fault::Truncated), None]);
        assert_eq!(faults.take(On::Lookup), None);
        assert_eq!(Fault::Oversized.retry_after("3"), Fault::Oversized);
    }

    #[test]
    fn faults_that_are_forgotten_do_not_come() {
        let mut faults = Faults::default();
        faults.plan(On::Poll, 0, Fault::Truncated, 3);
        faults.plan(On::Lookup, 5, Fault::Oversized, 2);
        assert!(faults.take(On::Poll).is_some());
        assert_eq!((faults.forget(), faults.forget()), (4, 0));
        assert_eq!((faults.take(On::Poll), faults.take(On::Lookup)), (None, None));
    }
}
