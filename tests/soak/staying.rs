//! A device that stays connected: it holds one session for the whole soak, in the driver that comes with the MQTT client.

use crate::{
    agent::Site,
    fleet::{DPS, HUBS, Has, Member},
    scratch::Scratch,
    time::Time,
};
use defender_auth::{
    Action as Inner,
    session::{Action, Policy, Source},
    store::Store,
};
use defender_auth_mqtt::driver::{Driver, DriverError, Event, Options};
use std::time::Duration;

/// No connection takes more steps than that to come about.
const STEPS: usize = 400;

/// How long a broken connection may take to be noticed.
const PATIENCE: Duration = Duration::from_millis(5);

/// The device, and what keeps it connected.
pub(crate) struct Stayer {
    pub(crate) member: Member,
    pub(crate) time: Time,
    /// `None` between the end of a process and the start of the next.
    driver: Option<Driver>,
    folder: Scratch,
    /// Counters of the processes before this one.
    pub(crate) registrations: u64,
    pub(crate) connects: u64,
}

impl Stayer {
    pub(crate) fn new(member: Member, site: &Site) -> Self {
        let (folder, time) = (Scratch::new(), site.time.of_another_device());
        let driver = Some(start(&member, site, &time, &folder));
        Self { member, time, driver, folder, registrations: 0, connects: 0 }
    }

    /// The process ends without disconnecting, and starts again with what was saved.
    pub(crate) fn restart(&mut self, site: &Site) {
        let counters = self.driver().status().counters;
        self.registrations += counters.registrations;
        self.connects += counters.connects;
        // It gives the state back before the next one takes it.
        self.driver = None;
        self.driver = Some(start(&self.member, site, &self.time, &self.folder));
    }

    fn driver(&self) -> &Driver {
        self.driver.as_ref().unwrap()
    }

    fn next(&mut self) -> Result<Option<Event>, DriverError> {
        self.driver.as_mut().unwrap().next(PATIENCE)
    }

    /// New keys are handed to the session.
    pub(crate) fn rotate(&mut self, member: Has) {
        self.member.has = member;
        self.driver().control().rotate(vec![source(&self.member)]);
    }

    /// All registrations of this device.
    pub(crate) fn registered(&self) -> u64 {
        self.registrations + self.driver().status().counters.registrations
    }

    pub(crate) fn connected(&self) -> u64 {
        self.connects + self.driver().status().counters.connects
    }

    /// The hub at which it is connected.
    pub(crate) fn hub(&self) -> &str {
        let assigned = self.driver().session().assigned();
        assigned.map_or(HUBS[0], |outcome| outcome.identity().hub().as_str())
    }

    /// Lets the time pass at which something falls due while it is connected, such as the renewal of its token.
    pub(crate) fn wait_until_due(&mut self, site: &mut Site) {
        if let (true, Some(window)) = (self.driver().is_connected(), self.driver().status().next) {
            site.pass(window.until.saturating_sub(self.now()) + Duration::from_secs(1));
        }
    }

    /// Listens until it has noticed that its connection was ended.
    pub(crate) fn notice_loss(&mut self) {
        for _ in 0..STEPS {
            if !self.driver().is_connected() {
                return;
            }
            let _ = self.next();
        }
    }

    /// Works until it is connected and nothing is left to be done, while waits take no time. What happened meanwhile.
    ///
    /// # Errors
    /// The same, when it is not connected in the end.
    pub(crate) fn settle(&mut self, site: &mut Site) -> Result<Vec<String>, Vec<String>> {
        self.work(site, STEPS)
    }

    /// The same for some steps, after which it need not be connected.
    pub(crate) fn settle_for_a_while(&mut self, site: &mut Site) -> Result<Vec<String>, Vec<String>> {
        self.work(site, STEPS / 10)
    }

    fn work(&mut self, site: &mut Site, steps: usize) -> Result<Vec<String>, Vec<String>> {
        let mut lines = Vec::new();
        for _ in 0..steps {
            match self.next() {
                Ok(Some(event @ Event::Waiting { wait, .. })) => {
                    lines.push(event.to_string());
                    site.pass(wait + Duration::from_secs(1));
                }
                Ok(Some(event)) => lines.push(event.to_string()),
                Ok(None) if self.driver().is_connected() => return Ok(lines),
                Ok(None) => match self.driver().session().poll() {
                    Action::Authenticate(Inner::Wait(wait)) => site.pass(wait.at_most + Duration::from_secs(1)),
                    Action::Wait(window, _) => {
                        site.pass(window.until.saturating_sub(self.now()) + Duration::from_secs(1));
                    }
                    _ => {}
                },
                Err(error) => lines.push(error.to_string()),
            }
        }
        lines.push(self.driver().status().to_string());
        Err(lines)
    }

    fn now(&self) -> Duration {
        use defender_auth_mqtt::driver::Clock as _;
        self.time.now().monotonic
    }
}

fn source(member: &Member) -> Source {
    Source::new("own", member.plan())
}

fn start(member: &Member, site: &Site, time: &Time, folder: &Scratch) -> Driver {
    let [first, second] = HUBS;
    let at = |address| [first, second, DPS].map(|host| (host.parse().unwrap(), address)).to_vec();
    let started = &site.cloud.started;
    let options = Options::default()
        .with_root_pem(started.root_pem.as_str())
        .with_addresses(at(started.https), at(started.mqtt))
        .with_clock(time.clone())
        .with_store(Store::open(folder.folder()).unwrap());
    Driver::new(vec![source(member)], Policy::default(), options).unwrap()
}
