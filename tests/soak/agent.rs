//! How a device authenticates and logs in: over the real clients, with waits that move the clocks and take no time.

use crate::{
    cloud::Cloud,
    fault::{Carrier, Disturbance, Refusal},
    order::Order,
    random::Random,
    swtpm::Swtpm,
    time::Time,
};
use defender_auth::{
    Action, Authenticator, Event, Now, Outcome, Password, Plan, UnixTime,
    http::{Request, Response},
    https::{Client, HttpsError, Reply},
    key::KeyUse,
    mqtt::Connect,
    sas::SasToken,
    tpm::{Connection, Tpm as _, TpmClient},
};
use defender_auth_mqtt::{Answer, Dial, Error as MqttError, Provisioner, Session, driver::Clock as _};
use std::time::Duration;

/// An attempt gives up after as long.
const ATTEMPT: Duration = Duration::from_secs(600);

/// No attempt takes more steps than that.
const STEPS: usize = 60;

/// How long an impatient client waits for an answer.
const IMPATIENCE: Duration = Duration::from_millis(80);

/// What every device of the fleet shares: the way to the services, and the time.
pub(crate) struct Site {
    pub(crate) cloud: Cloud,
    client: Client,
    dial: Dial,
    pub(crate) tpm: Option<Swtpm>,
    pub(crate) random: Random,
    pub(crate) time: Time,
    /// How far the services' clock is ahead of the fleet's.
    skew: i64,
    /// Tokens that were made.
    pub(crate) tokens: u64,
}

/// Answers over either carrier.
enum Carried {
    Https(Reply),
    Mqtt(Answer),
}

impl Carried {
    fn response(&self) -> Response<'_> {
        match self {
            Self::Https(reply) => reply.as_response(),
            Self::Mqtt(answer) => answer.as_response().unwrap(),
        }
    }
}

/// What a login shows.
pub(crate) enum Shown {
    Token(SasToken),
    Certificate(defender_auth::credential::ClientCertificate),
}

impl Site {
    pub(crate) fn new(cloud: Cloud, hosts: &[&str], tpm: Option<Swtpm>, random: Random) -> Self {
        let (client, dial) = (cloud.client(hosts), Dial::at(cloud.started.mqtt));
        Self { cloud, client, dial, tpm, random, time: Time::default(), skew: 0, tokens: 0 }
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.time.now().wall
    }

    /// Both clocks, the monotonic one as the wall's.
    fn clocks(&self) -> Now {
        let wall = self.now();
        Now { wall, monotonic: Duration::from_secs(wall.as_secs()) }
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.time.pass(time);
        self.set_clock(self.skew);
    }

    /// Moves the services' clock away from the fleet's.
    pub(crate) fn set_clock(&mut self, skew: i64) {
        self.skew = skew;
        self.cloud.tell(&Order::Clock(i64::try_from(self.time.ahead()).unwrap() + skew));
    }

    /// Runs a plan to its end.
    pub(crate) fn run(&mut self, plan: &Plan, carrier: Carrier, met: Option<&Disturbance>) -> Result<Outcome, Refusal> {
        let mut auth = Authenticator::new(plan, self.clocks(), ATTEMPT);
        let (mut open, mut is_impatient) = (None, met.is_some_and(Disturbance::is_too_late));
        // One connection for the whole attempt: the registration's key is loaded for as long.
        let mut tpm = None;
        self.tokens += 1;
        for _ in 0..STEPS {
            match auth.poll() {
                Action::Send(request) => {
                    let answer = match carrier {
                        Carrier::Https => self.over_https(request, &mut is_impatient)?,
                        Carrier::Mqtt => self.over_mqtt(request, &mut open)?,
                    };
                    let event = answer.as_ref().map_or(Event::Unanswered, |answer| Event::Answered(answer.response()));
                    auth.handle(self.clocks(), event).unwrap();
                }
                Action::Wait(wait) => {
                    let random = u32::try_from(self.random.next() >> 32).unwrap();
                    self.pass(wait.pick(random) + Duration::from_secs(1));
                    auth.handle(self.clocks(), Event::Elapsed).unwrap();
                }
                Action::Activate(blob) => {
                    tpm.get_or_insert_with(|| self.tpm_client()).activate(blob).unwrap();
                    auth.handle(self.clocks(), Event::Activated).unwrap();
                }
                Action::Sign(key, string) => {
                    let tpm = tpm.get_or_insert_with(|| self.tpm_client());
                    let signature = tpm.sign(key, string.as_bytes()).unwrap();
                    auth.handle(self.clocks(), Event::Signed(signature)).unwrap();
                }
                Action::Done(_) | Action::Failed(_) => return auth.into_outcome().map_err(Refusal::Plan),
                other => panic!("{other:?} is new"),
            }
        }
        panic!("an attempt has no end: {auth:?}")
    }

    fn tpm_client(&self) -> TpmClient<Connection> {
        self.tpm.as_ref().unwrap().client()
    }

    /// `None` when there is no answer. Who has lost patience once is patient then.
    fn over_https(&self, request: &Request, is_impatient: &mut bool) -> Result<Option<Carried>, Refusal> {
        if *is_impatient {
            match self.client.clone().stop_after(IMPATIENCE).exchange(request) {
                Err(HttpsError::TimedOut) => *is_impatient = false,
                other => return answered(other),
            }
        }
        answered(self.client.exchange(request))
    }

    fn over_mqtt(&self, request: &Request, open: &mut Option<Provisioner>) -> Result<Option<Carried>, Refusal> {
        let session = match open.take() {
            Some(session) => Ok(session),
            None => Provisioner::open(request, &self.dial, self.cloud.roots()),
        };
        match session.and_then(|mut session| Ok((session.exchange(request)?, session))) {
            Ok((answer, session)) => {
                *open = Some(session);
                Ok(Some(Carried::Mqtt(answer)))
            }
            Err(MqttError::Closed { .. } | MqttError::Silent { .. } | MqttError::Unreachable { .. }) => Ok(None),
            Err(error) => Err(Refusal::Mqtt(error)),
        }
    }

    /// What an identity shows for the next while.
    pub(crate) fn prove(&mut self, me: &Outcome, life: Duration) -> Shown {
        self.tokens += 1;
        match me.password(self.now() + life) {
            Password::Token(token) => Shown::Token(token),
            Password::Sign(string) => {
                let signature = self.tpm_client().sign(KeyUse::Hub, string.as_bytes()).unwrap();
                Shown::Token(string.token(&signature))
            }
            Password::Certificate(certificate) => {
                self.tokens -= 1;
                Shown::Certificate(certificate)
            }
            other => panic!("{other:?} is new"),
        }
    }

    pub(crate) fn log_in(&self, me: &Outcome, shown: &Shown) -> Result<(), Refusal> {
        let login = Connect::hub(me.identity(), None);
        let roots = self.cloud.roots();
        let session = match shown {
            Shown::Token(token) => Session::open(&login, token, &self.dial, roots),
            Shown::Certificate(certificate) => Session::open(&login, certificate, &self.dial, roots),
        };
        session.map(Session::close).map_err(Refusal::Mqtt)
    }
}

fn answered(result: Result<Reply, HttpsError>) -> Result<Option<Carried>, Refusal> {
    match result {
        Ok(reply) => Ok(Some(Carried::Https(reply))),
        Err(error) if error.is_transient() => Ok(None),
        Err(error) => Err(Refusal::Https(error)),
    }
}
