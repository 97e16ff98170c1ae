//! The renewal of an operational certificate, over the connection that it has made.

use super::{
    candidate::Role,
    diagnosis::Diagnosis,
    machine::Session,
    state::{Purpose, Standing, State, Then},
};
use crate::{
    base::time::Now,
    credential::CertificateRequest,
    error::{ApiMisuse, Error, Refusal},
    flow::renewal::{Action, Event, Renewal, RequestId},
};
use alloc::boxed::Box;
use core::time::Duration;

/// How many lost connections a renewal outlives. A hub that closes the connection for it is not connected to for it again and
/// again.
const DROPS: u8 = 3;

/// How long one renewal may take.
const ATTEMPT: Duration = Duration::from_secs(3600);

impl Session {
    /// Makes the request of a renewal, whose debt is saved.
    pub(super) fn request_renewal(&mut self, now: Now, standing: Standing) {
        match self.requesting().map(|(number, _)| number) {
            Some(source) => self.make_request(now, source, Purpose::Renew(standing)),
            None => self.stay(now, now.monotonic, standing),
        }
    }

    /// Begins a renewal with the request, which is on the disk.
    pub(super) fn begin_renewal(&mut self, now: Now, standing: Standing, request: CertificateRequest, rid: RequestId) {
        let device = standing.login.identity.device_id();
        let renewal = Renewal::start(device, request, rid, self.clock.estimate(now), ATTEMPT);
        self.state = State::Renewing { renewal: Box::new(renewal), drops: 0, standing };
    }

    /// Whether a renewal whose connection was lost can go on over this one.
    pub(super) fn resumes(&self, standing: &Standing) -> bool {
        let candidate = standing.at.and_then(|at| self.candidates.get(at));
        candidate.is_some_and(|candidate| candidate.role == Role::Operational)
    }

    /// Hands an event to the renewal.
    pub(super) fn renew(
        &mut self,
        now: Now,
        mut renewal: Box<Renewal>,
        drops: u8,
        standing: Standing,
        event: Event<'_>,
    ) -> Result<(), ApiMisuse> {
        let handled = renewal.handle(self.clock.estimate(now), event);
        self.look_at_renewal(now, renewal, drops, standing);
        handled
    }

    /// What the renewal has come to.
    pub(super) fn look_at_renewal(&mut self, now: Now, renewal: Box<Renewal>, drops: u8, standing: Standing) {
        match renewal.poll() {
            Action::Done(chain) => self.keep(chain.clone(), Then::Stay(standing)),
            Action::Failed(error) => {
                let why = Diagnosis::of_renewal(error);
                self.renewal_failed(why);
                self.stay(now, now.monotonic, standing);
            }
            _ => self.state = State::Renewing { renewal, drops, standing },
        }
    }

    fn renewal_failed(&mut self, why: Diagnosis) {
        self.certificate.is_spent = matches!(why, Diagnosis::RequestRejected | Diagnosis::InvalidMessage);
        self.record.certificate_failure = Some(why);
    }

    /// The connection of a renewal was lost. The same request is sent again over the next one.
    pub(super) fn renewal_dropped(&mut self, now: Now, mut renewal: Box<Renewal>, drops: u8) {
        // It may have failed with this, because its time has passed: that is seen when it goes on.
        let handled = renewal.handle(self.clock.estimate(now), Event::Dropped);
        if handled.is_ok() && drops + 1 < DROPS {
            self.certificate.broken = Some((renewal, drops + 1));
        } else {
            self.renewal_failed(Diagnosis::ConnectionLost);
        }
    }
}

impl Diagnosis {
    /// What the failure of a renewal means.
    #[must_use]
    pub fn of_renewal(error: &Error) -> Self {
        match error {
            Error::Service(error) => match (error.refusal, error.status) {
                (Refusal::RenewalNotOffered, _) => Self::RenewalUnsupported,
                // Another operation of the device is active.
                (_, 408 | 409 | 412 | 429 | 500..=599) => Self::Busy,
                _ => Self::RequestRejected,
            },
            error => Self::of_error(error),
        }
    }
}
