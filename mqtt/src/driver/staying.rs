//! The session's actions: which is pending, and those that wait or save.

use super::{Driver, DriverError, Event, bell::Woken};
use defender_auth::session::{Action, Event as SessionEvent, Loss};
use std::time::Duration;

/// How long a wait may be until the wall clock is looked at. A `poll` does not count the time of a suspended device, so
/// that this is also how late a wait may end after that.
pub(super) const LOOK: Duration = Duration::from_secs(30);

impl Driver {
    /// Carries out the session's action, or waits until a time at most. True when it has waited.
    pub(super) fn step(&mut self, end: Duration) -> Result<bool, DriverError> {
        match self.session.poll() {
            Action::Authenticate(_) => return self.authenticate(end),
            Action::Sign(key, string_to_sign) => {
                let signed = self.options.signer.as_mut().map(|signer| signer.sign(key, string_to_sign));
                match signed {
                    Some(Ok(signature)) => self.tell(SessionEvent::Signed(signature))?,
                    Some(Err(error)) => {
                        self.report(Event::NotSigned { error });
                        self.tell(SessionEvent::SignFailed)?;
                    }
                    None => self.tell(SessionEvent::SignFailed)?,
                }
            }
            Action::Connect(_) => self.connect(false)?,
            Action::Renew(_) => self.connect(true)?,
            Action::Save(snapshot) => match self.options.store.as_ref().map(|store| store.save(snapshot)) {
                Some(Err(error)) => {
                    self.report(Event::NotSaved { error });
                    self.tell(SessionEvent::SaveFailed)?;
                }
                Some(Ok(())) => {
                    self.report(Event::Saved);
                    self.tell(SessionEvent::Saved)?;
                }
                None => self.tell(SessionEvent::Saved)?,
            },
            Action::Wait(window, why) => {
                let (at, is_new) = self.pick(window);
                if is_new {
                    let wait = at.saturating_sub(self.now().monotonic);
                    self.report(Event::Waiting { why, wait });
                    return Ok(false);
                }
                if !self.idle(at, end) {
                    return Ok(true);
                }
                self.tell(SessionEvent::Elapsed)?;
            }
            Action::Disconnect(why) => {
                self.disconnect();
                self.report(Event::Disconnected { why });
                self.tell(SessionEvent::Disconnected(Loss::Dropped))?;
            }
            Action::Stay(due) => {
                let at = due.map(|(window, _)| self.pick(window).0);
                return self.stay(at, end);
            }
            #[cfg(feature = "certificates")]
            Action::MakeRequest(_) => self.make_request()?,
            #[cfg(feature = "certificates")]
            Action::KeepCertificate(_) => self.keep_certificate()?,
            #[cfg(feature = "certificates")]
            Action::RenewCertificate(_) => return self.renew_certificate(end),
            // Without that feature the device goes on with the credential that registers.
            #[cfg(not(feature = "certificates"))]
            Action::MakeRequest(_) => self.tell(SessionEvent::RequestFailed)?,
            // A session that is newer than this driver; nothing can be done about that.
            _ => return Ok(self.idle(end, end)),
        }
        Ok(false)
    }

    /// Waits for a time, or until another at most. Whether the former has come.
    pub(super) fn idle(&mut self, at: Duration, end: Duration) -> bool {
        let now = self.now().monotonic;
        if now >= at {
            return true;
        }
        let wait = at.min(end).saturating_sub(now).min(LOOK);
        match self.control.bell().idle(None, wait) {
            Ok(Woken::Passed) => self.now().monotonic >= at,
            Ok(_) => false,
            // There is nothing to wait with; it must not become a loop without a pause.
            Err(_) => {
                std::thread::sleep(wait.min(Duration::from_secs(1)));
                false
            }
        }
    }

    /// Listens until something falls due, or until a time at most. True when it has waited.
    fn stay(&mut self, due: Option<Duration>, end: Duration) -> Result<bool, DriverError> {
        let now = self.now().monotonic;
        if due.is_some_and(|due| now >= due) {
            self.tell(SessionEvent::Elapsed)?;
            return Ok(false);
        }
        let until = due.unwrap_or(Duration::MAX).min(end).min(now.saturating_add(LOOK));
        if self.live.is_none() {
            self.tell(SessionEvent::Disconnected(Loss::Dropped))?;
        }
        self.listen_until(until)
    }

    /// Listens until a message comes, or until a time at most. False, at once, when there is no connection.
    pub(super) fn listen_until(&mut self, until: Duration) -> Result<bool, DriverError> {
        let bell = self.control.bell().clone();
        let Some(live) = &mut self.live else { return Ok(false) };
        match live.listen(self.options.clock.as_ref(), until, &bell) {
            Ok(Some(message)) => self.receive(vec![message]),
            Ok(None) => {}
            Err(error) => {
                self.check_cancelled()?;
                self.lost(error)?;
            }
        }
        Ok(true)
    }
}
