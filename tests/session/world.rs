//! A hub, a provisioning service, two clocks and an agent's loop, all in virtual time.

use crate::issuing::Issuing;
use defender_auth::{
    Action as Inner, Event as InnerEvent, Now, Password, SharedAccessKey, UnixTime,
    error::TlsFailure,
    http::{Operation, Request, Response},
    identity::Identity,
    mqtt::ConnectRefused,
    plan::Plan,
    session::{Action, Event, Login, Loss, Policy, Rejection, Session, Snapshot, Source, Window},
};
use std::time::Duration;

pub(crate) const REAL: u64 = 1_800_000_000;
pub(crate) const HOUR: u64 = 3_600_000;
pub(crate) const DAY: u64 = 24 * HOUR;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hub {
    Accepts,
    Rejects(Rejection),
    Later(Rejection, u64),
    Tls(&'static TlsFailure),
    Silent,
    /// Accepts, and the connection drops after so many seconds.
    Flaps(u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dps {
    Assigns,
    Status(u16, u32),
    Later(u64),
    Failed(u32),
    Disabled,
    Assigning,
    Silent,
    Garbage,
    Tls(&'static TlsFailure),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Connect,
    Register,
    Poll,
    Module,
    Save,
    /// A request for a certificate to the hub.
    Renew,
    /// A private key was made, or the pending one was taken.
    Request,
    Keep,
}

/// What a hub does with a login at a time.
type Answers = Box<dyn FnMut(&Login, UnixTime) -> Hub>;

pub(crate) struct World {
    pub(crate) ms: u64,
    /// The wall clock less the real time, in seconds.
    pub(crate) off: i64,
    /// How far the service's clock is ahead.
    pub(crate) ahead: u64,
    /// A Date in the answers over HTTPS.
    pub(crate) dated: bool,
    pub(crate) hub: Answers,
    pub(crate) dps: Box<dyn FnMut(&Request) -> Dps>,
    /// The status of a module lookup, 0 for no answer, and the byte of the module's key, 0 for none.
    pub(crate) module: Box<dyn FnMut() -> (u16, u8)>,
    /// Where the provisioning service sends the device.
    pub(crate) home: &'static str,
    /// And what the device is called there.
    pub(crate) device: &'static str,
    pub(crate) drop_at: Option<u64>,
    pub(crate) log: Vec<(u64, Kind)>,
    pub(crate) saved: Option<(String, Option<String>)>,
    pub(crate) save_works: bool,
    /// When the monotonic clock was zero.
    pub(crate) boot: u64,
    pub(crate) seed: u64,
    pub(crate) steps: u32,
    pub(crate) issuing: Issuing,
}

pub(crate) fn key(byte: u8) -> SharedAccessKey {
    SharedAccessKey::from_bytes(&[byte; 32]).unwrap()
}

/// Whether that key made the login's token.
pub(crate) fn by(login: &Login, byte: u8) -> bool {
    let Password::Token(token) = &login.password else { return false };
    let resource = token.plain_resource().unwrap().into_owned();
    let (hub, rest) = resource.split_once("/devices/").unwrap();
    let identity = match rest.split_once("/modules/") {
        Some((d, m)) => Identity::module(hub.parse().unwrap(), d.parse().unwrap(), m.parse().unwrap()),
        None => Identity::device(hub.parse().unwrap(), rest.parse().unwrap()),
    };
    let plan = Plan::known(identity, key(byte));
    plan.outcome().unwrap().password(token.expires_at()).into_token().unwrap() == *token
}

/// A hub that looks at the expiry, as the real one does.
pub(crate) fn in_time(login: &Login, real: UnixTime) -> bool {
    match &login.password {
        Password::Token(token) => token.expires_at() > real,
        _ => true,
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            ms: 1000,
            off: 0,
            ahead: 0,
            dated: true,
            hub: Box::new(|login, real| if in_time(login, real) { Hub::Accepts } else { Hub::Rejects(connack(5)) }),
            dps: Box::new(|_| Dps::Assigns),
            module: Box::new(|| (200, 7)),
            home: "h.azure-devices.net",
            device: "dev",
            drop_at: None,
            log: Vec::new(),
            saved: None,
            save_works: true,
            boot: 0,
            seed: 1,
            steps: 0,
            issuing: Issuing::default(),
        }
    }

    pub(crate) fn random(&mut self) -> u32 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 32) as u32
    }

    pub(crate) fn real(&self) -> u64 {
        REAL + self.ms / 1000
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            wall: UnixTime::from_secs(self.real().saturating_add_signed(self.off)),
            monotonic: Duration::from_millis(self.ms - self.boot),
        }
    }

    pub(crate) fn session(&self, sources: Vec<Source>) -> Session {
        let saved = self.saved.as_ref().map(|(text, secret)| Snapshot::parse(text, secret.as_deref()).unwrap());
        Session::new(sources, Policy::default(), saved, self.now()).unwrap()
    }

    pub(crate) fn tell(&self, session: &mut Session, event: Event<'_>) {
        session.handle(self.now(), event).unwrap();
    }

    pub(crate) fn run(&mut self, session: &mut Session, span: u64) {
        let end = self.ms + span;
        while self.ms < end {
            self.step(session, end);
        }
    }

    pub(crate) fn once(&mut self, session: &mut Session) {
        let end = self.ms + DAY;
        self.step(session, end);
    }

    pub(crate) fn step(&mut self, session: &mut Session, end: u64) {
        self.steps += 1;
        assert!(self.steps < 200_000, "it spins: {}", session.status());
        match session.poll() {
            Action::Authenticate(Inner::Send(request)) => {
                let says = self.exchange(request);
                let date = http_date(self.real() + self.ahead);
                let event = match &says {
                    Err(Some(tls)) => Event::TlsFailed(tls),
                    Err(None) => Event::Authenticator(InnerEvent::Unanswered),
                    Ok((status, body, after)) => {
                        let mut response = Response::new(*status, body.as_bytes());
                        if let Some(after) = after {
                            response = response.header("Retry-After", &after.to_string());
                        }
                        if self.dated {
                            response = response.header("Date", &date);
                        }
                        Event::Authenticator(InnerEvent::Answered(response))
                    }
                };
                self.ms += 200;
                self.tell(session, event);
            }
            Action::Authenticate(Inner::Wait(wait)) => {
                self.ms += u64::try_from(wait.pick(self.random()).as_millis()).unwrap();
                self.tell(session, Event::Authenticator(InnerEvent::Elapsed));
            }
            Action::Authenticate(_) => panic!("no TPM here"),
            Action::Sign(_, string) => {
                let signature = key(9).sign(string.as_bytes());
                self.tell(session, Event::Signed(signature));
            }
            Action::Connect(login) | Action::Renew(login) => {
                self.log.push((self.ms, Kind::Connect));
                let real = UnixTime::from_secs(self.real());
                let says = (self.hub)(login, real);
                self.ms += 300;
                let rejected = |rejection, after| Event::Rejected { rejection, retry_after: after, date: None };
                self.drop_at = None;
                let event = match says {
                    Hub::Accepts => Event::Connected { date: None },
                    Hub::Flaps(secs) => {
                        self.drop_at = Some(self.ms + secs * 1000);
                        Event::Connected { date: None }
                    }
                    Hub::Rejects(rejection) => rejected(rejection, None),
                    Hub::Later(rejection, secs) => rejected(rejection, Some(Duration::from_secs(secs))),
                    Hub::Tls(tls) => Event::TlsFailed(tls),
                    Hub::Silent => {
                        self.ms += 30_000;
                        Event::Unreachable
                    }
                };
                self.tell(session, event);
            }
            Action::Save(snapshot) => {
                self.log.push((self.ms, Kind::Save));
                if self.save_works {
                    self.saved = Some((snapshot.text(), snapshot.secret().map(|it| it.expose().to_owned())));
                }
                let event = if self.save_works { Event::Saved } else { Event::SaveFailed };
                self.tell(session, event);
            }
            Action::Wait(window, _) => {
                let at = self.pick(window);
                self.pass(session, at, end);
            }
            Action::Disconnect(_) => self.tell(session, Event::Disconnected(Loss::Dropped)),
            Action::Stay(due) => {
                let due = due.map_or(u64::MAX, |(window, _)| self.pick(window));
                match self.drop_at {
                    Some(at) if at <= due && at <= end => {
                        self.ms = self.ms.max(at);
                        self.drop_at = None;
                        self.tell(session, Event::Disconnected(Loss::Dropped));
                    }
                    _ => self.pass(session, due, end),
                }
            }
            _ => self.certificate_step(session),
        }
    }

    /// A time in a window. Nothing else that an agent does takes a random number, so that what a month costs does not depend
    /// on the steps between two waits.
    pub(crate) fn pick(&mut self, window: Window) -> u64 {
        self.boot + millis(window.pick(self.random()))
    }

    fn pass(&mut self, session: &mut Session, to: u64, end: u64) {
        if to > end {
            self.ms = self.ms.max(end);
        } else {
            self.ms = self.ms.max(to);
            self.tell(session, Event::Elapsed);
        }
    }

    fn exchange(&mut self, request: &Request) -> Result<(u16, String, Option<u64>), Option<&'static TlsFailure>> {
        let kind = match request.operation() {
            Operation::ReadModule => Kind::Module,
            Operation::Register => Kind::Register,
            _ => Kind::Poll,
        };
        self.log.push((self.ms, kind));
        if kind == Kind::Module {
            let (status, byte) = (self.module)();
            if status == 0 {
                return Err(None);
            }
            let key = key(byte.max(1)).to_base64();
            let body = format!(
                r#"{{"deviceId":"{}","moduleId":"azureiotsecurity","authentication":{{"type":"sas","symmetricKey":{{"primaryKey":"{}","secondaryKey":"{}"}}}}}}"#,
                self.device,
                key.expose(),
                self::key(8).to_base64().expose()
            );
            // Without a key: no authentication.
            let none = r#"{"deviceId":"dev","moduleId":"azureiotsecurity","authentication":{"type":"none"}}"#;
            return Ok((
                status,
                if status != 200 {
                    "{}".into()
                } else if byte == 0 {
                    none.into()
                } else {
                    body
                },
                None,
            ));
        }
        let state = |word: &str, rest: &str| {
            format!(
                r#"{{"operationId":"4.a","status":"{word}","registrationState":{{"registrationId":"dev","status":"{word}"{rest}}}}}"#
            )
        };
        match (self.dps)(request) {
            Dps::Assigns if kind == Kind::Register => {
                self.issuing.registered(request.body());
                Ok((202, state("assigning", ""), Some(3)))
            }
            Dps::Assigns => {
                let (hub, device) = (self.home, self.device);
                let issued = self.issuing.at_registration();
                let rest =
                    format!(r#","assignedHub":"{hub}","deviceId":"{device}","lastUpdatedDateTimeUtc":"x"{issued}"#);
                Ok((200, state("assigned", &rest), None))
            }
            Dps::Assigning => Ok((202, state("assigning", ""), Some(1))),
            Dps::Status(status, code) => Ok((status, format!(r#"{{"errorCode":{code},"message":"no"}}"#), None)),
            Dps::Later(secs) => Ok((429, "{}".into(), Some(secs))),
            Dps::Failed(code) => Ok((200, state("failed", &format!(r#","errorCode":{code}"#)), None)),
            Dps::Disabled => Ok((200, state("disabled", ""), None)),
            Dps::Garbage => Ok((200, "<html>".into(), None)),
            Dps::Silent => {
                self.ms += 10_000;
                Err(None)
            }
            Dps::Tls(tls) => Err(Some(tls)),
        }
    }

    pub(crate) fn count(&self, kinds: &[Kind]) -> usize {
        self.log.iter().filter(|(_, kind)| kinds.contains(kind)).count()
    }

    /// The most of these in any span of so many milliseconds.
    pub(crate) fn most(&self, kinds: &[Kind], span: u64) -> usize {
        let times: Vec<u64> = self.log.iter().filter(|(_, kind)| kinds.contains(kind)).map(|(at, _)| *at).collect();
        let mut first = 0;
        let mut most = 0;
        for (last, at) in times.iter().enumerate() {
            while at - times[first] >= span {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}

fn millis(monotonic: Duration) -> u64 {
    u64::try_from(monotonic.as_millis()).unwrap()
}

fn http_date(secs: u64) -> String {
    // Days of 2027 and later, by the same calendar as everybody's.
    let (days, rest) = (secs / 86_400, secs % 86_400);
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + u64::from(month <= 2);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = names[usize::try_from(month - 1).unwrap()];
    format!("Mon, {day:02} {name} {year} {:02}:{:02}:{:02} GMT", rest / 3600, rest / 60 % 60, rest % 60)
}

/// A rejection by CONNACK.
pub(crate) fn connack(code: u8) -> Rejection {
    Rejection::Connack(ConnectRefused::from_code(code).unwrap())
}
