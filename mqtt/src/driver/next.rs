//! The driver, and what it reports.

use super::{
    clock::Watch, control::Control, error::DriverError, event::Event, failure::loss, live::Live, options::Options,
    traffic::Subscription,
};
use defender_auth::{
    Now, Session,
    https::Client,
    session::{Diagnosis, Event as SessionEvent, Loss, Phase, Policy, Source, Status, Window},
    store::{SessionLock, Store, StoreError},
};
use std::{
    collections::VecDeque,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    ops::ControlFlow,
    time::Duration,
};

/// Keeps one agent connected. See the [module](super).
pub struct Driver {
    pub(super) session: Session,
    pub(super) options: Options,
    pub(super) client: Client,
    /// By how many seconds the client corrects the system's clock.
    pub(super) clock_offset: i64,
    pub(super) live: Option<Live>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) control: Control,
    events: VecDeque<Event>,
    watch: Watch,
    /// The window that a time was picked in, and the time.
    picked: Option<(Window, Duration)>,
    /// When the wait of an authenticator ends.
    pub(super) wait_ends: Option<Duration>,
    /// Some of the session's status as it was reported.
    reported: Reported,
    /// The store's. The last field: it is released when the connection is closed.
    _lock: Option<SessionLock>,
}

#[derive(Default, PartialEq, Eq)]
struct Reported {
    dropped: Option<(String, Diagnosis, u64)>,
    registrations: u64,
    certificate_failure: Option<Diagnosis>,
}

impl Driver {
    /// A driver with these credential sources, the preferred one first. It begins with what the options' store has.
    ///
    /// # Errors
    /// When there is no source, or two have the same name; when another process runs a session with the store; when the trust
    /// anchors cannot be used; and when the system has no socket for it.
    pub fn new(sources: Vec<Source>, policy: Policy, options: Options) -> Result<Self, DriverError> {
        let lock = lock(&options)?;
        let loaded = options.store.as_ref().map(Store::load).unwrap_or_default();
        #[cfg(feature = "certificates")]
        let (sources, options, certificates) = super::certificates::load::load(sources, options);
        #[cfg(not(feature = "certificates"))]
        let certificates = Vec::new();
        let session = Session::new(sources, policy, loaded.snapshot, options.clock.now())?;
        let mut this = Self::with(session, options, lock)?;
        this.events.extend(loaded.warnings.into_iter().map(Event::Exposed));
        this.events.extend(certificates);
        this.events.extend(loaded.problem.map(|error| Event::NotLoaded { error }));
        Ok(this)
    }

    /// A driver for a session that was made with the time of the options' clock.
    ///
    /// # Errors
    /// When another process runs a session with the store; when the trust anchors cannot be used; and when the system has no
    /// socket for it.
    pub fn of(session: Session, options: Options) -> Result<Self, DriverError> {
        let lock = lock(&options)?;
        Self::with(session, options, lock)
    }

    fn with(session: Session, options: Options, lock: Option<SessionLock>) -> Result<Self, DriverError> {
        let control = Control::new().map_err(DriverError::System)?;
        let client = options.client()?.cancelled_by(control.cancellation());
        Ok(Self {
            watch: Watch::new(options.clock.now()),
            session,
            options,
            client,
            clock_offset: 0,
            live: None,
            subscriptions: Vec::new(),
            control,
            events: VecDeque::new(),
            picked: None,
            wait_ends: None,
            reported: Reported::default(),
            _lock: lock,
        })
    }

    /// For other threads. It can be copied.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// The status of the session, at any time.
    #[must_use]
    pub fn status(&self) -> Status<'_> {
        self.session.status()
    }

    /// The session, to look at.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Whether there is a connection to send with. It may have broken without having been noticed.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.live.is_some()
    }

    /// Works until something has happened, or for so long at most, and says what. A request or a login that has begun is
    /// ended first, by its own limits.
    ///
    /// # Errors
    /// When the driver was cancelled.
    pub fn next(&mut self, limit: Duration) -> Result<Option<Event>, DriverError> {
        let end = self.now().monotonic.saturating_add(limit);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.control.is_cancelled() {
                // What had arrived comes first.
                self.disconnect();
                return self.events.pop_front().map(Some).ok_or(DriverError::Cancelled);
            }
            // A save ends at once, and a session that is not connected yet takes new sources later than one that is.
            if self.status().phase != Phase::Saving {
                self.take_orders()?;
            }
            let has_waited = match self.step(end) {
                Err(DriverError::Cancelled) => continue,
                stepped => stepped?,
            };
            if has_waited && self.events.is_empty() && self.now().monotonic >= end {
                return Ok(None);
            }
        }
    }

    /// Works until it is cancelled, or until the callback breaks.
    ///
    /// # Errors
    /// When the driver was cancelled.
    pub fn run(&mut self, mut each: impl FnMut(&mut Self, Event) -> ControlFlow<()>) -> Result<(), DriverError> {
        loop {
            if let Some(event) = self.next(Duration::MAX)?
                && each(self, event).is_break()
            {
                return Ok(());
            }
        }
    }

    /// Disconnects, and ends.
    pub fn close(mut self) {
        self.disconnect();
    }

    pub(super) fn now(&self) -> Now {
        self.options.clock.now()
    }

    /// Ends with a cancellation.
    pub(super) fn check_cancelled(&mut self) -> Result<(), DriverError> {
        if !self.control.is_cancelled() {
            return Ok(());
        }
        self.disconnect();
        Err(DriverError::Cancelled)
    }

    /// What other threads have ordered, and what the clock did.
    fn take_orders(&mut self) -> Result<(), DriverError> {
        let orders = self.control.take();
        if let Some(sources) = orders.sources {
            self.tell(SessionEvent::Rotated(sources))?;
            self.report(Event::Rotated);
        }
        let now = self.now();
        let seconds = self.watch.jump(now);
        if orders.clock_set || seconds.is_some() {
            self.report(Event::ClockSet { seconds });
            self.tell(SessionEvent::ClockSet)?;
        }
        if orders.wake {
            self.tell(SessionEvent::Wake)?;
        }
        Ok(())
    }

    /// Tells the session, and reports what that has changed.
    pub(super) fn tell(&mut self, event: SessionEvent<'_>) -> Result<(), DriverError> {
        self.session.handle(self.options.clock.now(), event)?;
        #[cfg(feature = "certificates")]
        self.keep_operation();
        self.wait_ends = None;
        let status = self.session.status();
        let dropped = status.dropped.map(|it| (it.credential.to_owned(), it.why, it.at.as_secs()));
        let registrations = status.counters.registrations;
        let certificate_failure = status.certificate_failure;
        let source = status.credential.unwrap_or_default().to_owned();
        let before = std::mem::replace(&mut self.reported, Reported { dropped, registrations, certificate_failure });
        if let Some((credential, why, _)) =
            self.reported.dropped.clone().filter(|_| self.reported.dropped != before.dropped)
        {
            self.report(Event::Dropped { credential, why });
        }
        if let Some(why) = certificate_failure.filter(|_| certificate_failure != before.certificate_failure) {
            self.report(Event::NotCertified { why });
        }
        if registrations > before.registrations {
            self.report(Event::Registering { source });
        }
        Ok(())
    }

    pub(super) fn report(&mut self, event: Event) {
        #[cfg(feature = "tracing")]
        super::trace::event(&event);
        self.events.push_back(event);
    }

    /// A time in a window, picked once, and whether that was now.
    pub(super) fn pick(&mut self, window: Window) -> (Duration, bool) {
        match self.picked {
            Some((picked, at)) if picked == window => (at, false),
            _ => {
                let at = window.pick(random());
                self.picked = Some((window, at));
                (at, true)
            }
        }
    }

    /// The connection has broken.
    pub(super) fn lost(&mut self, error: crate::Error) -> Result<(), DriverError> {
        let Some(live) = self.live.take() else { return Ok(()) };
        let now = self.now();
        let has_expired = live.expires.is_some_and(|expires| self.session.clock().time(now) >= expires);
        let loss = if has_expired { Loss::TokenExpired } else { loss(&error) };
        self.receive(live.rest());
        self.report(Event::Lost { error });
        self.tell(SessionEvent::Disconnected(loss))
    }

    /// Closes the connection, if there is one.
    pub(super) fn disconnect(&mut self) {
        if let Some(live) = self.live.take() {
            self.receive(live.close());
        }
    }

    pub(super) fn receive(&mut self, messages: Vec<crate::Message>) {
        for message in messages {
            #[cfg(feature = "certificates")]
            let Some(message) = self.take_answer(message) else { continue };
            self.report(Event::Message(message));
        }
    }

    /// Whether the session is at work on a credential.
    pub(super) fn is_authenticating(&self) -> bool {
        self.session.status().phase == Phase::Authenticating
    }
}

/// The lock of the options' store, if they have one.
fn lock(options: &Options) -> Result<Option<SessionLock>, StoreError> {
    options.store.as_ref().map(Store::lock_session).transpose()
}

/// Enough for jitter: the standard library's own seed for its maps.
pub(super) fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
