//! What the services say: where the device is registered, its module's credential, the login and the twin. Nothing is
//! registered, created or reported.

use super::{
    examination::Examination,
    ports::{Port, reach},
    step::{Found, OUT_OF_TIME},
    tls,
};
use crate::{
    command::twin,
    login::{
        hub::{self, Refused},
        version,
    },
    network::route::{HTTPS, Network},
    system::clock,
    terminal::progress,
    tpm::keys::Keys,
};
use defender_auth::{
    Action, Authenticator, Error, Event, Now, Outcome, Plan,
    error::{Code, ErrorKind, Refusal},
    http::{Operation, Request},
    https::{HttpsError, Reply},
    identity::{HostName, Identity},
    mqtt::{Connect, PORT},
    outcome::ConnectionProfile,
    wait::Readable,
};
use defender_auth_mqtt::{Session, Transport};
use std::time::{Duration, Instant};

/// How long a request may take, at most. The HTTPS client has the same limit.
const REQUEST: Duration = Duration::from_secs(30);

/// How long each of the two steps of a login may take, at most: the way to the hub, and its answer.
const STEP: Duration = Duration::from_secs(15);

/// How long the requests of a step may take together.
const LIMIT: Duration = Duration::from_secs(60);

/// The services, and the ways there as far as they are examined.
pub(super) struct Services<'a> {
    pub(super) examination: &'a mut Examination,
    pub(super) network: &'a mut Network,
    pub(super) ports: Vec<Port>,
    /// Whether the clock was compared with a server's.
    pub(super) clock_is_right: bool,
    /// What is doubtful about the client certificate.
    pub(super) doubt: Option<String>,
}

/// The step that finds out where the device is registered.
const LOOK_UP: &str = "lookup";

/// The step of a request.
const fn step_of(operation: &Operation) -> &'static str {
    match operation {
        Operation::ReadModule => "device mode",
        _ => LOOK_UP,
    }
}

/// The ports of a host to which a device logs in, and whether each is needed.
pub(super) fn of_hub(transport: Transport, is_asked: bool) -> [(u16, bool); 2] {
    [(HTTPS, is_asked || transport == Transport::WebSocket), (PORT, transport == Transport::Mqtt)]
}

impl Services<'_> {
    /// Examines the way to a host, unless that was done.
    fn reach(&mut self, host: &HostName, wanted: &[(u16, bool)]) {
        if self.ports.iter().any(|port| port.host == *host) {
            return;
        }
        let mut ports = reach(self.examination, self.network, host, wanted);
        tls::ask(&mut ports, self.network, 0);
        tls::report(self.examination, &ports, self.network);
        self.ports.extend(ports);
    }

    fn is_good(&self, host: &HostName, number: u16) -> bool {
        self.ports.iter().any(|port| port.host == *host && port.number == number && port.is_good())
    }

    /// Finds out who the device is by the requests of its plan.
    pub(super) fn authenticate(&mut self, plan: &Plan, keys: &mut Keys) -> Option<Outcome> {
        let Ok(plan) = plan.clone().lookup_only(true) else {
            let why =
                "a TPM cannot authenticate a lookup; once the device is registered, give --host-name and --device-id";
            self.examination.skip(LOOK_UP, None, why);
            return None;
        };
        let start = Instant::now();
        let now = || Now { wall: clock::now(), monotonic: start.elapsed() };
        let mut authenticator = Authenticator::new(&plan, now(), LIMIT);
        let mut current: Option<(&'static str, HostName, Instant)> = None;
        loop {
            let handled = match authenticator.poll() {
                Action::Send(request) => {
                    let (step, host) = (step_of(request.operation()), request.host().clone());
                    if current.as_ref().is_none_or(|(current, ..)| *current != step) {
                        self.done(current.take());
                        self.reach(&host, &of_hub(self.network.transport(), true));
                        if let Some(why) = self.obstacle(&host) {
                            self.examination.skip(step, Some(host.to_string()), why);
                            return None;
                        }
                        current = Some((step, host, Instant::now()));
                    }
                    match self.exchange(request) {
                        Ok(reply) => authenticator.handle(now(), Event::Answered(reply.as_response())),
                        Err(found) => {
                            self.failed(current, *found);
                            return None;
                        }
                    }
                }
                Action::Sign(key_use, string) => match keys.sign(key_use, string) {
                    Ok(signature) => authenticator.handle(now(), Event::Signed(signature)),
                    Err(failure) => {
                        self.failed(current, Found::of(&failure));
                        return None;
                    }
                },
                Action::Done(_) => break,
                Action::Wait(wait) => {
                    let what = format!("the service does not answer now: {}; try again later", wait.reason);
                    self.failed(
                        current,
                        Found::failed(Code::ServiceUnavailable, ErrorKind::Peer, what)
                            .next("defenderauth doctor …, in some minutes"),
                    );
                    return None;
                }
                Action::Failed(error) => {
                    let found = self.of_error(&plan, current.as_ref().map_or(LOOK_UP, |(step, ..)| *step), error);
                    self.failed(current, found);
                    return None;
                }
                _ => {
                    self.failed(current, Found::skipped("this step of the plan is not examined"));
                    return None;
                }
            };
            if let Err(error) = handled {
                self.failed(current, Found::of(&Error::from(error).into()));
                return None;
            }
        }
        self.done(current);
        authenticator.into_outcome().ok()
    }

    /// Sends a request once.
    fn exchange(&self, request: &Request) -> Result<Reply, Box<Found>> {
        let (operation, host, limit) = (request.operation(), request.host(), self.network.at_most(REQUEST));
        progress::step(&format!("{operation} at {host}, for {} at most", Readable(limit)));
        let mut client = self.network.client().map_err(|failure| Box::new(Found::of(&failure)))?;
        if limit < REQUEST {
            client = client.stop_after(limit);
        }
        client.exchange(request).map_err(|error| match error {
            HttpsError::TimedOut => {
                let what = format!("{host} did not answer within {}; see --timeout", Readable(limit));
                Box::new(Found::failed(Code::NoResponse, ErrorKind::Network, what))
            }
            error => Box::new(Found::of(&self.network.failed(error))),
        })
    }

    /// Why nothing is to be asked at the HTTPS port of a host.
    fn obstacle(&self, host: &HostName) -> Option<String> {
        if self.is_good(host, HTTPS) {
            return (!self.examination.has_time()).then(|| OUT_OF_TIME.into());
        }
        Some(format!("because there is no way to {host}:{HTTPS}"))
    }

    fn done(&mut self, current: Option<(&'static str, HostName, Instant)>) {
        if let Some((step, host, begun)) = current {
            let what = if step == LOOK_UP { "the device is registered and assigned" } else { "the hub has the module" };
            self.examination.add(step, Some(host.to_string()), begun.elapsed(), Found::ok(what));
        }
    }

    fn failed(&mut self, current: Option<(&'static str, HostName, Instant)>, found: Found) {
        let (step, place, took) = current.map_or((LOOK_UP, None, Duration::ZERO), |(step, host, begun)| {
            (step, Some(host.to_string()), begun.elapsed())
        });
        self.examination.add(step, place, took, found);
    }

    /// What an answer means that ends a plan.
    fn of_error(&self, plan: &Plan, step: &str, error: &Error) -> Found {
        let is_unassigned = matches!(error.inner(), Error::Service(refused) if refused.refusal == Refusal::Unassigned);
        let next = match (plan.profile(), plan.known_device()) {
            (Some(_), _) if is_unassigned => "defenderauth authenticate … --register".into(),
            (Some(profile), _) if step == LOOK_UP => {
                format!("az iot dps enrollment show --dps-name DPS --enrollment-id {}", profile.registration_id())
            }
            (_, Some(device)) => registry(device.identity()),
            _ => "defenderauth authenticate … --connect".into(),
        };
        self.with_doubt(Found::of(&error.clone().into()).next(next))
    }

    /// With what was doubtful before, which may be the cause.
    fn with_doubt(&self, mut found: Found) -> Found {
        if let Some(doubt) = &self.doubt {
            found.text = format!("{}. Perhaps because {doubt}", found.text);
        }
        found
    }

    /// Logs in, and gets the twin over the same connection.
    pub(super) fn log_in(&mut self, mut me: Outcome, login: &Connect, keys: &mut Keys) {
        let configured = self.network.transport();
        self.reach(&login.host, &of_hub(configured, false));
        let place = Some(me.identity().to_string());
        let [https, mqtt] = [HTTPS, PORT].map(|port| self.is_good(&login.host, port));
        let transport = match configured {
            Transport::Mqtt | Transport::Auto if mqtt => Transport::Mqtt,
            _ if https => Transport::WebSocket,
            Transport::Auto => {
                let what = "there is no way to the hub by either port; see the steps tcp and tls";
                self.examination.step("login", place, || Found::failed(Code::NoResponse, ErrorKind::Network, what));
                return;
            }
            _ => {
                self.examination.skip("login", place, format!("because there is no way to {}", login.host));
                return;
            }
        };
        if !self.examination.has_time() {
            self.examination.skip("login", place, OUT_OF_TIME);
            return;
        }
        self.network.set_transport(transport);
        progress::step(&format!("login at {}, for {} at most", login.host, Readable(2 * self.network.at_most(STEP))));
        let (has_two, begun) = (me.clone().fall_back(), Instant::now());
        let answer = hub::log_in(&mut me, login, self.network, keys);
        let is_second = has_two && !me.clone().fall_back();
        let took = begun.elapsed();
        let failure = match answer {
            Ok(Ok(session)) => {
                self.examination.add("login", place, took, accepted(&me, login, transport, is_second));
                self.twin(session, &me);
                return;
            }
            Ok(Err(Refused { refusal, causes })) => {
                let causes = if self.clock_is_right { causes.without_clock() } else { causes };
                Refused { refusal, causes }.of(&me)
            }
            Err(failure) => failure,
        };
        let found = self.with_doubt(Found::of(&failure).next(registry(me.identity())));
        self.examination.add("login", place, took, found);
    }

    fn twin(&mut self, mut session: Session, me: &Outcome) {
        if *me.connection_profile() != ConnectionProfile::Classic {
            session.close();
            self.examination.skip("twin", None, "a hub with this connection profile is not asked for it");
            return;
        }
        let network = &*self.network;
        self.examination.step("twin", Some(me.identity().to_string()), || match twin::ask(&mut session) {
            Ok(Ok(twin)) => Found::ok(format!(
                "version {} desired, {} reported",
                twin.desired.version().map_or_else(|| "?".into(), |version| version.to_string()),
                twin.reported.version().map_or_else(|| "?".into(), |version| version.to_string()),
            )),
            Ok(Err(failure)) => Found::of(&failure),
            Err(error) => Found::of(&network.mqtt_failed(error)),
        });
        session.close();
    }
}

fn accepted(me: &Outcome, login: &Connect, transport: Transport, is_second: bool) -> Found {
    let port = if transport == Transport::WebSocket { HTTPS } else { PORT };
    let what = format!("the hub accepts it over MQTT {}, {}:{port}", version::of(me), login.host);
    if is_second {
        let what =
            format!("the hub rejects the primary key and accepts the secondary one; replace the primary. {what}");
        return Found::warning(what).next(registry(me.identity()));
    }
    Found::ok(what)
}

/// The command that shows what the hub knows of an identity.
fn registry(identity: &Identity) -> String {
    let hub = identity.hub().as_str().split('.').next().unwrap_or_default();
    let device = format!("--hub-name {hub} --device-id {}", identity.device_id());
    match identity.module_id() {
        Some(module) => format!("az iot hub module-identity show {device} --module-id {module}"),
        None => format!("az iot hub device-identity show {device}"),
    }
}
