//! The runs of an authenticator: requests over HTTPS, waits, and what a key's holder does.

use super::{Driver, DriverError, Event, failure::https_failure, next::random};
use defender_auth::{
    Action as Inner, Error as AuthError, Event as InnerEvent, UnixTime,
    https::HttpsError,
    session::{Action, Event as SessionEvent},
};
use std::time::{Duration, SystemTime};

const NO_SIGNER: AuthError = AuthError::NotSupported { what: "a key that is not in memory, without a signer," };

impl Driver {
    /// Carries out the authenticator's action, or waits until a time at most. True when it has waited.
    pub(super) fn authenticate(&mut self, end: Duration) -> Result<bool, DriverError> {
        self.correct_clock();
        let Action::Authenticate(action) = self.session.poll() else { return Ok(false) };
        let event = match action {
            Inner::Send(request) => match self.client.exchange(request) {
                Ok(reply) => {
                    self.answer(InnerEvent::Answered(reply.as_response()))?;
                    return Ok(false);
                }
                Err(error) => return self.not_answered(error),
            },
            #[cfg(feature = "local-signer")]
            Inner::Ask(request) => {
                let reply = defender_auth::local_signer::Client::default().exchange(request);
                self.answer(reply.event().into())?;
                return Ok(false);
            }
            #[cfg(all(feature = "local-signer", feature = "private-key"))]
            Inner::Open(account) => match defender_auth::private_key::open_account(account) {
                Ok(certificate) => {
                    self.answer(InnerEvent::Opened(&certificate))?;
                    return Ok(false);
                }
                Err(error) => return self.not_signed(Some(error)),
            },
            Inner::Wait(wait) => {
                let now = self.now().monotonic;
                let at = *self.wait_ends.get_or_insert_with(|| now.saturating_add(wait.pick(random())));
                if !self.idle(at, end) {
                    return Ok(true);
                }
                InnerEvent::Elapsed
            }
            Inner::Activate(blob) => match self.options.signer.as_mut().map(|signer| signer.activate(blob)) {
                Some(Ok(())) => InnerEvent::Activated,
                failed => return self.not_signed(failed.and_then(Result::err)),
            },
            Inner::Sign(key, string) => match self.options.signer.as_mut().map(|signer| signer.sign(key, string)) {
                Some(Ok(signature)) => InnerEvent::Signed(signature),
                failed => return self.not_signed(failed.and_then(Result::err)),
            },
            // The session has taken these itself.
            Inner::Done(_) | Inner::Failed(_) => return Ok(self.idle(end, end)),
            _ => InnerEvent::TpmFailed(&NO_SIGNER),
        };
        self.answer(event)?;
        Ok(false)
    }

    /// Hands an event to the authenticator, and reports what has become of its run.
    fn answer(&mut self, event: InnerEvent<'_>) -> Result<(), DriverError> {
        self.tell(SessionEvent::Authenticator(event))?;
        self.report_run();
        Ok(())
    }

    fn report_run(&mut self) {
        if self.is_authenticating() {
            return;
        }
        match (self.session.status().authenticator_failure, self.session.assigned()) {
            (Some(why), _) => self.report(Event::NotAssigned { why }),
            (None, Some(outcome)) => {
                let identity = outcome.identity().clone();
                self.report(Event::Assigned { identity });
            }
            // The device is assigned, its module is looked up next.
            (None, None) => {}
        }
    }

    fn not_answered(&mut self, error: HttpsError) -> Result<bool, DriverError> {
        self.check_cancelled()?;
        let failure = https_failure(&error);
        self.report(Event::NotAnswered { error });
        match failure {
            Some(failure) => {
                self.tell(SessionEvent::TlsFailed(&failure))?;
                self.report_run();
            }
            None => self.answer(InnerEvent::Unanswered)?,
        }
        Ok(false)
    }

    fn not_signed(&mut self, error: Option<AuthError>) -> Result<bool, DriverError> {
        let error = error.unwrap_or(NO_SIGNER);
        self.answer(InnerEvent::TpmFailed(&error))?;
        self.report(Event::NotSigned { error });
        Ok(false)
    }

    /// By how many seconds the system's clock is behind the session's estimate.
    pub(super) fn offset(&self) -> i64 {
        let estimate = self.session.clock().time(self.now()).as_secs();
        let system = UnixTime::from(SystemTime::now()).as_secs();
        let offset = i64::try_from(estimate.abs_diff(system)).unwrap_or(i64::MAX);
        match offset {
            // The two were not read together.
            0 | 1 => 0,
            _ if estimate > system => offset,
            _ => -offset,
        }
    }

    /// Servers are verified by the session's estimate of the time.
    fn correct_clock(&mut self) {
        let offset = self.offset();
        if offset.abs_diff(self.clock_offset) > 1 {
            self.client = self.client.clone().clock_offset(offset);
            self.clock_offset = offset;
        }
    }
}
