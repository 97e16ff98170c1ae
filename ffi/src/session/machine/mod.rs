//! The library's session behind the C interface.

mod event;
mod look;
mod plans;
mod values;

use super::{given::Given, views::Views};
use crate::{
    code::{DEFENDERAUTH_NOT_APPLICABLE, DEFENDERAUTH_SNAPSHOT, DEFENDERAUTH_STATE},
    failure::Failure,
    https::Driver,
    options::Chosen,
};
use alloc::string::ToString;
use defender_auth::{
    Now, Password, authenticator,
    credential::IssuedChain,
    secret::SecretText,
    session::{Action, ClockState, Event, Session, Snapshot, SnapshotError, Window},
};
#[cfg(feature = "mqtt")]
pub(super) use look::shown;
pub(crate) use plans::SourceList;
use std::time::{Duration, Instant};
pub(crate) use values::Values;

#[expect(clippy::unnecessary_wraps, reason = "a build without sessions returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// The session.
pub(super) struct Machine(Session);

impl Machine {
    /// With what an earlier run saved, unless `saved` is empty.
    pub(super) fn new(
        sources: &SourceList,
        policy: Option<&Values>,
        saved: &str,
        secret: &str,
        now: Now,
    ) -> Result<Self, Failure> {
        let snapshot = match (saved, secret) {
            ("", _) => None,
            (saved, "") => Some(Snapshot::parse(saved, None)?),
            (saved, secret) => Some(Snapshot::parse(saved, Some(secret))?),
        };
        let policy = policy.map(Values::policy).unwrap_or_default();
        let session = Session::new(sources.all().to_vec(), policy, snapshot, now);
        Ok(Self(session.map_err(|error| Failure::argument("sources", error.to_string()))?))
    }

    pub(super) fn handle(&mut self, now: Now, given: Given<'_>) -> Result<(), Failure> {
        event::handle(&mut self.0, now, given)
    }

    pub(super) fn rotate(&mut self, now: Now, sources: &SourceList) -> Result<(), Failure> {
        sources.check()?;
        event::pass(&mut self.0, now, Event::Rotated(sources.all().to_vec()))
    }

    /// Sends the request of the run within, and reports what came of it.
    pub(super) fn exchange(&mut self, driver: &Driver, now: Now, limit: Duration) -> Result<(), Failure> {
        let begun = Instant::now();
        match self.0.poll() {
            Action::Authenticate(authenticator::Action::Send(request)) => {
                let exchanged = driver.exchange(request, limit)?;
                event::pass(&mut self.0, now + begun.elapsed(), exchanged.event())
            }
            #[cfg(feature = "local-signer")]
            Action::Authenticate(authenticator::Action::Ask(request)) => {
                let client = defender_auth::local_signer::Client::default().give_up_after(limit);
                let reply = client.exchange(request);
                event::pass(&mut self.0, now + begun.elapsed(), Event::Authenticator(reply.event().into()))
            }
            #[cfg(all(feature = "local-signer", feature = "private-key"))]
            Action::Authenticate(authenticator::Action::Open(account)) => {
                let opened = defender_auth::private_key::open_account(account);
                let event = opened.as_ref().map_or_else(authenticator::Event::TpmFailed, authenticator::Event::Opened);
                event::pass(&mut self.0, now + begun.elapsed(), Event::Authenticator(event))
            }
            _ => {
                let message = "no request is pending; poll the session, and perform the action that it returns";
                Err(Failure::new(DEFENDERAUTH_STATE, message).field("session"))
            }
        }
    }

    pub(super) fn views(&self, chosen: &Chosen, former: Views) -> Views {
        look::views(&self.0, chosen, former)
    }

    /// The token of the pending login.
    pub(super) fn with_password(&self, write: impl FnOnce(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        let (Action::Connect(login) | Action::Renew(login)) = self.0.poll() else {
            let message = "no connection is to be made; poll the session, and read the password while \
                           DEFENDERAUTH_SESSION_ACTION_CONNECT or DEFENDERAUTH_SESSION_ACTION_RENEW is pending";
            return Err(Failure::new(DEFENDERAUTH_STATE, message).field("session"));
        };
        let Password::Token(token) = &login.password else {
            let message = "the credential is a certificate; present `_certificate` in the TLS handshake";
            return Err(Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("session"));
        };
        write(token.expose().as_bytes())
    }

    /// The certificates that are to be kept.
    pub(super) fn issued(&self) -> Result<&IssuedChain, Failure> {
        let Action::KeepCertificate(chain) = self.0.poll() else {
            let message = "nothing was issued; take it while DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE is pending";
            return Err(Failure::new(DEFENDERAUTH_STATE, message).field("session"));
        };
        Ok(chain)
    }

    /// The keys of the snapshot that is to be saved.
    pub(super) fn secret(&self) -> Result<Option<SecretText>, Failure> {
        let Action::Save(snapshot) = self.0.poll() else {
            let message = "nothing is to be saved; read the secret while DEFENDERAUTH_SESSION_ACTION_SAVE is pending";
            return Err(Failure::new(DEFENDERAUTH_STATE, message).field("session"));
        };
        Ok(snapshot.secret())
    }

    /// A time in the window of the pending action, in milliseconds.
    pub(super) fn pick(&self, random: u32) -> Option<u64> {
        self.window().map(|window| look::milliseconds(window.pick(random)))
    }

    fn window(&self) -> Option<Window> {
        match self.0.poll() {
            Action::Wait(window, _) | Action::Stay(Some((window, _))) => Some(window),
            _ => None,
        }
    }

    pub(super) fn clock_seconds(&self, now: Now) -> u64 {
        self.0.clock().time(now).as_secs()
    }

    pub(super) fn clock_state(&self, now: Now) -> i32 {
        match self.0.clock().state(now) {
            ClockState::Plausible => super::code::DEFENDERAUTH_CLOCK_PLAUSIBLE,
            ClockState::BeforeFloor => super::code::DEFENDERAUTH_CLOCK_BEFORE_FLOOR,
            ClockState::Corrected => super::code::DEFENDERAUTH_CLOCK_CORRECTED,
        }
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        let parameter = match error {
            SnapshotError::OtherKeys => "secret",
            _ => "saved",
        };
        Self::new(DEFENDERAUTH_SNAPSHOT, error.to_string()).field(parameter)
    }
}
