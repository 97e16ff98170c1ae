//! One login.

use super::{
    Driver, DriverError, Event,
    failure::{of_connection, tls_failure},
    live::Live,
};
use crate::{Error, Limits, Login as Greeting, Proof, Session};
use defender_auth::{
    Password, UnixTime,
    identity::Identity,
    outcome::ConnectionProfile,
    session::{Action, Event as SessionEvent, Login},
};
use std::{sync::Arc, time::Duration};

impl Driver {
    /// Connects with the session's login. A connection that stood is closed first: a hub would end it in any case, because
    /// both have the same client ID, and might end the later one.
    pub(super) fn connect(&mut self, renews: bool) -> Result<(), DriverError> {
        self.disconnect();
        let credential = self.session.status().credential.unwrap_or_default().to_owned();
        let (Action::Connect(login) | Action::Renew(login)) = self.session.poll() else { return Ok(()) };
        let (identity, profile) = (login.identity.clone(), login.profile.clone());
        let expires = match &login.password {
            Password::Token(token) => Some(token.expires_at()),
            _ => None,
        };
        #[cfg(feature = "certificates")]
        let password = login.password.clone();
        match self.open(login) {
            Ok(connection) => {
                self.connected(connection, renews, credential, (identity, &profile), expires)?;
                // The other profile has no such report.
                #[cfg(feature = "certificates")]
                if profile == ConnectionProfile::Classic {
                    self.report_certificate(&password)?;
                }
                Ok(())
            }
            Err(error) => {
                self.check_cancelled()?;
                let failure = tls_failure(&error);
                let answer = of_connection(&error);
                self.report(Event::NotConnected { credential, error });
                match failure {
                    Some(failure) => self.tell(SessionEvent::TlsFailed(&failure)),
                    None => self.tell(answer),
                }
            }
        }
    }

    fn open(&self, login: &Login) -> Result<Session, Error> {
        let left = login.deadline.saturating_sub(self.now().monotonic);
        let limits = self.options.limits;
        let mut dial = self.options.dial(&login.connect.host).with_clock_offset(self.offset()).with_limits(Limits {
            reach: limits.reach.min(left),
            greet: limits.greet.min(left),
            ..limits
        });
        dial.interrupt = Some(Arc::clone(self.control.bell()) as _);
        let proof = match &login.password {
            Password::Token(token) => Proof::Token(token),
            Password::Certificate(certificate) => Proof::Certificate(certificate),
            // A session signs first.
            _ => return Err(Error::NotCarried),
        };
        let greeting = Greeting::of(&login.profile, &login.connect, &login.identity)?;
        Session::open(greeting, proof, &dial, self.options.roots())
    }

    fn connected(
        &mut self,
        connection: Session,
        renews: bool,
        credential: String,
        (identity, profile): (Identity, &ConnectionProfile),
        expires: Option<UnixTime>,
    ) -> Result<(), DriverError> {
        let profile = profile.clone();
        let (now, transport) = (self.now().monotonic, connection.transport());
        self.live = Some(Live::new(connection, expires, now));
        self.tell(SessionEvent::Connected { date: None })?;
        self.report(if renews {
            Event::Renewed { credential, identity, transport, profile }
        } else {
            Event::Connected { credential, identity, transport, profile }
        });
        self.subscribe_again()
    }

    /// Makes the subscriptions of the former connection.
    fn subscribe_again(&mut self) -> Result<(), DriverError> {
        for subscription in self.subscriptions.clone() {
            let Some(live) = &mut self.live else { return Ok(()) };
            let result = live.connection.subscribe_at(&subscription.topic, subscription.qos.into());
            let now: Duration = self.options.clock.now().monotonic;
            match result {
                Ok(()) => live.used(now, true),
                Err(Error::NotSubscribed { topic, .. }) => {
                    live.used(now, true);
                    self.report(Event::NotSubscribed { topic });
                }
                Err(error) => {
                    self.check_cancelled()?;
                    return self.lost(error);
                }
            }
        }
        Ok(())
    }
}
