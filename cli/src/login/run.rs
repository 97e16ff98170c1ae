//! Runs a plan: like the library's own driver, with progress messages, and with MQTT as a second carrier.

use super::{refusal::Refusal, retry};
use crate::{
    network::{
        options::Carrier,
        route::{HTTPS, Network},
    },
    system::clock,
    terminal::{failure::Failure, problem::Problem, progress, stderr},
    tpm::keys::Keys,
};
use defender_auth::{
    Action, Authenticator, Error, Event, Now, Outcome, Plan,
    error::ErrorKind,
    http::{OperationId, Request, Response},
    https::{Client, Reply},
    key::KeyUse,
    mqtt::ConnectRefused,
};
use defender_auth_mqtt::{self as mqtt, Answer, Provisioner};
use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::Instant,
};

/// Runs a plan to its end. A plan that needs no network request is done immediately.
pub(crate) fn run(plan: &Plan, network: &Network, carrier: Carrier, keys: &mut Keys) -> Result<Outcome, Failure> {
    run_noting(plan, network, carrier, keys, |_| {})
}

/// The same, with what is called before each request with the operation of a registration that is under way.
pub(crate) fn run_noting(
    plan: &Plan,
    network: &Network,
    carrier: Carrier,
    keys: &mut Keys,
    mut note: impl FnMut(&OperationId),
) -> Result<Outcome, Failure> {
    let reason = |result: &Result<Outcome, Failure>| result.as_ref().err().and_then(retry::passing);
    retry::repeating(network.retries(), reason, || attempt(plan, network, carrier, keys, &mut note))
}

fn attempt(
    plan: &Plan,
    network: &Network,
    carrier: Carrier,
    keys: &mut Keys,
    note: &mut impl FnMut(&OperationId),
) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let now = || Now { wall: clock::now(), monotonic: start.elapsed() };
    let mut authenticator = Authenticator::new(plan, now(), network.attempt());
    if let Action::Done(_) | Action::Failed(_) = authenticator.poll() {
        return Ok(authenticator.into_outcome()?);
    }
    let mut link = match carrier {
        Carrier::Https => Link::Https(network.https()?),
        Carrier::Mqtt => Link::Mqtt(None),
    };
    loop {
        match authenticator.poll() {
            Action::Send(request) => {
                progress::step(&format!("{} at {}", request.operation(), request.host()));
                // Addresses of other hosts only are reported before anything is sent.
                match carrier {
                    Carrier::Https => network.address(request.host(), HTTPS).map(drop)?,
                    Carrier::Mqtt => network.mqtt_addresses(request.host()).map(drop)?,
                }
                let what = format!("{} {}", request.method(), request.target());
                stderr::detail(format_args!("{what}; {}", network.described(request.host(), HTTPS)));
                let answer = progress::during("waiting for the answer", || link.exchange(request, network))?;
                let response = answer.as_ref().and_then(Answered::as_response);
                if let Some(response) = &response {
                    stderr::detail(format_args!("answered with status {}", response.status()));
                }
                authenticator.handle(now(), response.map_or(Event::Unanswered, Event::Answered))
            }
            Action::Wait(wait) => {
                progress::wait(wait, random());
                authenticator.handle(now(), Event::Elapsed)
            }
            Action::Activate(blob) => {
                progress::step(match blob.key_use() {
                    KeyUse::Registration => "importing the registration key into the TPM",
                    KeyUse::Hub => "importing the hub's key into the TPM",
                });
                keys.activate(blob)?;
                authenticator.handle(now(), Event::Activated)
            }
            Action::Sign(key_use, string) => {
                progress::step("signing with the TPM");
                let signature = keys.sign(key_use, string)?;
                authenticator.handle(now(), Event::Signed(signature))
            }
            Action::Done(_) | Action::Failed(_) => return Ok(authenticator.into_outcome()?),
            _ => return Err(Failure::NotSupported("this step of the plan")),
        }
        .map_err(Error::from)?;
        if let Some(operation) = authenticator.pending_operation() {
            note(operation);
        }
    }
}

/// The provisioning service refused the login over MQTT.
fn login_refused(refused: ConnectRefused, request: &Request) -> Failure {
    let refusal = Refusal::Code(refused);
    let what = format!(
        "the provisioning service refused the login: {refused}; check ID scope, registration ID, key and the API version {}",
        request.api_version()
    );
    let problem = Problem::new(refusal.diagnosis().as_i32(), ErrorKind::Service, &ErrorKind::Service.to_string(), what);
    Failure::service(problem.caused_by([refusal.into()]))
}

enum Link {
    Https(Client),
    Mqtt(Option<Box<Provisioner>>),
}

/// A response, over either.
enum Answered {
    Https(Reply),
    Mqtt(Answer),
}

impl Answered {
    fn as_response(&self) -> Option<Response<'_>> {
        match self {
            Self::Https(reply) => Some(reply.as_response()),
            Self::Mqtt(answer) => answer.as_response(),
        }
    }
}

impl Link {
    /// `None` if there was no complete response.
    fn exchange(&mut self, request: &Request, network: &Network) -> Result<Option<Answered>, Failure> {
        match self {
            Self::Https(client) => match client.exchange(request) {
                Ok(reply) => Ok(Some(Answered::Https(reply))),
                Err(error) if error.is_transient() => {
                    progress::step(&error.to_string());
                    Ok(None)
                }
                Err(error) => Err(network.failed(error)),
            },
            Self::Mqtt(open) => match over_mqtt(open, request, network) {
                Ok(answer) => Ok(Some(Answered::Mqtt(answer))),
                Err(error) if error.is_transient() => {
                    progress::step(&error.to_string());
                    // The next request opens a new connection.
                    *open = None;
                    Ok(None)
                }
                Err(mqtt::Error::Refused(refused)) => Err(login_refused(refused, request)),
                Err(error) => Err(network.mqtt_failed(error)),
            },
        }
    }
}

fn over_mqtt(open: &mut Option<Box<Provisioner>>, request: &Request, network: &Network) -> Result<Answer, mqtt::Error> {
    if open.is_none() {
        let dial = network.dial(request.host()).map_err(|_| mqtt::Error::NotCarried)?;
        let provisioner = Provisioner::open(request, &dial, network.roots())?;
        network.report(request.host(), provisioner.transport());
        *open = Some(Box::new(provisioner));
    }
    open.as_mut().ok_or(mqtt::Error::NotCarried)?.exchange(request)
}

/// Random enough for jitter: the standard library's seed of its hash maps.
pub(crate) fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
