//! A renewal over the connection that stands.

use super::super::{Driver, DriverError, Event, next::random, staying::LOOK, traffic::Qos};
use crate::{Error, Message};
use defender_auth::{
    renewal,
    session::{Action, Event as SessionEvent, Loss},
};
use std::time::Duration;

/// Whether a topic is that of an answer to a renewal.
fn is_of_renewal(topic: &str) -> bool {
    topic.starts_with("$iothub/credentials/res/")
}

impl Driver {
    /// Carries out the renewal's action, or waits until a time at most. True when it has waited.
    pub(in crate::driver) fn renew_certificate(&mut self, end: Duration) -> Result<bool, DriverError> {
        let Action::RenewCertificate(action) = self.session.poll() else { return Ok(false) };
        let Some(live) = &mut self.live else {
            self.tell(SessionEvent::Disconnected(Loss::Dropped))?;
            return Ok(false);
        };
        let now = self.options.clock.now().monotonic;
        let (result, event) = match action {
            renewal::Action::Subscribe(filter) => (
                live.connection.subscribe_at(filter, Qos::AtLeastOnce.into()).map(|()| live.used(now, true)),
                renewal::Event::Subscribed,
            ),
            renewal::Action::Publish { topic, body } => (
                live.connection.publish(topic, body.as_bytes()).map(|()| live.used(now, false)),
                renewal::Event::Published,
            ),
            renewal::Action::Listen { until } => return self.await_answer(until, end),
            renewal::Action::Wait(wait) => {
                let at = *self.wait_ends.get_or_insert_with(|| now.saturating_add(wait.pick(random())));
                return self.await_answer(at, end);
            }
            // The session has taken these itself.
            _ => return Ok(self.idle(end, end)),
        };
        match result {
            Ok(()) => self.tell(SessionEvent::Renewal(event))?,
            Err(Error::NotSubscribed { .. }) => {
                live.used(now, true);
                self.tell(SessionEvent::Renewal(renewal::Event::SubscriptionRefused))?;
            }
            Err(error) => {
                self.check_cancelled()?;
                self.lost(error)?;
            }
        }
        Ok(false)
    }

    /// Listens until a time of the renewal's, or until another at most. Messages that are not its own are the agent's.
    fn await_answer(&mut self, at: Duration, end: Duration) -> Result<bool, DriverError> {
        let now = self.now().monotonic;
        if now >= at {
            self.tell(SessionEvent::Renewal(renewal::Event::Elapsed))?;
            return Ok(false);
        }
        self.listen_until(at.min(end).min(now.saturating_add(LOOK)))
    }

    /// Hands the answer to a renewal over, also one that was read before the connection ended. One that no renewal waits for
    /// is none of the agent's.
    pub(in crate::driver) fn take_answer(&mut self, message: Message) -> Option<Message> {
        if !is_of_renewal(&message.topic) {
            return Some(message);
        }
        if matches!(self.session.poll(), Action::RenewCertificate(_)) {
            let Message { topic, payload } = &message;
            let told = self.tell(SessionEvent::Renewal(renewal::Event::Message { topic, payload }));
            debug_assert!(told.is_ok(), "a renewal takes messages at any time");
        }
        None
    }

    /// Reports that a renewal begins.
    pub(in crate::driver) fn report_renewal(&mut self) {
        let is_begun = |action| matches!(action, Action::RenewCertificate(renewal::Action::Subscribe(_)));
        if is_begun(self.session.poll()) {
            self.report(Event::RenewingCertificate);
        }
    }
}
