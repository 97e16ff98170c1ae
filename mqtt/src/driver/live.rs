//! A connection that stands: what arrives, and whether it is alive.

use super::{
    bell::{Bell, Woken},
    clock::Clock,
};
use crate::{Error, Message, Session, limits::quiet};
use defender_auth::UnixTime;
use std::time::Duration;

/// An accepted login, in use. Times are the driver's monotonic clock.
pub(super) struct Live {
    pub(super) connection: Session,
    /// When its token expires.
    pub(super) expires: Option<UnixTime>,
    /// The time without a packet after which a PINGREQ is sent.
    quiet: Duration,
    sent: Duration,
    received: Duration,
    /// When a PINGREQ was sent that nothing has answered yet.
    pinged: Option<Duration>,
}

impl Live {
    pub(super) fn new(connection: Session, expires: Option<UnixTime>, now: Duration) -> Self {
        let quiet = quiet(connection.keep_alive);
        Self { connection, expires, quiet, sent: now, received: now, pinged: None }
    }

    /// Something was sent, and acknowledged if anything was received.
    pub(super) const fn used(&mut self, now: Duration, acknowledged: bool) {
        self.sent = now;
        if acknowledged {
            self.received = now;
            self.pinged = None;
        }
    }

    /// The next message, if it arrives before a time or before the bell is rung.
    pub(super) fn listen(&mut self, clock: &dyn Clock, until: Duration, bell: &Bell) -> Result<Option<Message>, Error> {
        let mut looked = false;
        loop {
            if let Some(message) = self.arrived()? {
                return Ok(Some(message));
            }
            let now = clock.now().monotonic;
            if looked && now >= until {
                return Ok(None);
            }
            looked = true;
            let next = self.keep_alive(now)?.min(until);
            let socket = &self.connection.link.stream.sock;
            match bell.idle(Some(socket.tcp()), next.saturating_sub(now)) {
                Ok(Woken::Ready) => {
                    self.connection.link.begin();
                    self.connection.link.read()?;
                    self.received = clock.now().monotonic;
                    self.pinged = None;
                }
                Ok(Woken::Rung) => return Ok(None),
                Ok(Woken::Passed) => {}
                Err(error) => return Err(Error::Unreachable { place: self.connection.link.place.clone(), error }),
            }
        }
    }

    /// The next message that has been read.
    pub(super) fn arrived(&mut self) -> Result<Option<Message>, Error> {
        while let Some(packet) = self.connection.link.arrived()? {
            if let Some(message) = Message::of(&packet) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Sends a PINGREQ if nothing was sent or received for long, and says when to call this again. Nothing that arrives
    /// for a whole limit after that is the end of the connection.
    fn keep_alive(&mut self, now: Duration) -> Result<Duration, Error> {
        let limit = self.connection.link.limits.answer;
        if let Some(pinged) = self.pinged {
            let end = pinged.saturating_add(limit);
            if now >= end {
                return Err(Error::Silent { place: self.connection.link.place.clone(), limit });
            }
            return Ok(end);
        }
        let due = self.sent.min(self.received).saturating_add(self.quiet);
        if now < due {
            return Ok(due);
        }
        self.connection.ping()?;
        self.sent = now;
        self.pinged = Some(now);
        Ok(now.saturating_add(limit))
    }

    /// Disconnects. What has arrived is returned.
    pub(super) fn close(mut self) -> Vec<Message> {
        let arrived = std::iter::from_fn(|| self.arrived().ok().flatten()).collect();
        let link = &mut self.connection.link;
        // Also when the driver is cancelled, but then a peer that does not read is not waited for.
        link.stream.sock.interrupt = None;
        link.limits.answer = link.limits.answer.min(CLOSING);
        self.connection.close();
        arrived
    }

    /// What had arrived on a connection that has ended.
    pub(super) fn rest(mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.arrived().ok().flatten()).collect()
    }
}

/// How long closing a connection may take.
const CLOSING: Duration = Duration::from_millis(500);
