//! A renewal through the hub: the machine of the library over an MQTT session.

use crate::{
    login::{hub, refusal::Refusal, run::random},
    network::route::Network,
    system::clock,
    terminal::{failure::Failure, problem::Problem, progress},
    tpm::keys::Keys,
};
use defender_auth::{
    Error, Now, Outcome,
    credential::IssuedChain,
    error::ErrorKind,
    http::ApiVersion,
    mqtt::{Connect, ConnectRefused},
    renewal::{Action, Event, Pending, Renewal},
    session::Diagnosis,
};
use defender_auth_mqtt::{self as mqtt, Message, Session};
use std::time::{Duration, Instant};

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(3600);

/// How often a lost connection is opened again.
const RECONNECTIONS: u8 = 6;

/// Has the pending request answered. It stays pending until the certificates are kept, so that another run continues.
pub(crate) fn renew(me: &mut Outcome, pending: &Pending, network: &Network) -> Result<IssuedChain, Failure> {
    let start = Instant::now();
    let now = || Now { wall: clock::now(), monotonic: start.elapsed() };
    let id = me.identity().device_id();
    let mut renewal = Renewal::start(id, pending.request.clone(), pending.rid.clone(), now(), LIMIT);
    let mut session = connect(me, network)?;
    let mut lost = 0;
    let mut is_accepted = false;
    loop {
        let mut received = None;
        let event = match renewal.poll() {
            Action::Subscribe(filter) => session.subscribe(filter).map(|()| Event::Subscribed),
            Action::Publish { topic, body } => {
                progress::step(&format!("requesting a certificate at {}", me.identity().hub()));
                session.publish(topic, body.as_bytes()).map(|()| Event::Published)
            }
            Action::Listen { until } => match session.next_message() {
                Ok(message) => {
                    let Message { topic, payload } = received.insert(message);
                    Ok(Event::Message { topic, payload })
                }
                Err(mqtt::Error::Silent { .. }) if start.elapsed() < until => continue,
                Err(mqtt::Error::Silent { .. }) => Ok(Event::Elapsed),
                Err(error) => Err(error),
            },
            Action::Wait(wait) => {
                progress::wait(wait, random());
                Ok(Event::Elapsed)
            }
            Action::Done(_) | Action::Failed(_) => {
                session.close();
                return Ok(renewal.into_chain()?);
            }
            _ => return Err(Failure::NotSupported("this step of a renewal")),
        };
        let event = match event {
            Ok(event) => event,
            Err(mqtt::Error::NotSubscribed { .. }) => Event::SubscriptionRefused,
            Err(error) if lost == RECONNECTIONS => return Err(network.mqtt_failed(error)),
            Err(error) => {
                lost += 1;
                progress::step(&format!("{error}; connecting again"));
                session = connect(me, network)?;
                Event::Dropped
            }
        };
        renewal.handle(now(), event).map_err(Error::from)?;
        if !is_accepted && renewal.accepted().is_some() {
            is_accepted = true;
            progress::step("the hub has accepted the request");
        }
    }
}

/// Logs in with the version of the hub's interface that has renewals.
pub(crate) fn connect(me: &mut Outcome, network: &Network) -> Result<Session, Failure> {
    let login = Connect::hub_at(me.identity(), None, &ApiVersion::certificate_renewal());
    hub::log_in(me, &login, network, &mut Keys::none())?.map_err(|refused| match refused.refusal {
        Refusal::Code(ConnectRefused::ProtocolVersion) => {
            let what = format!(
                "{} does not support MQTT 3.1.1: it has the connection profile `mqttV5`, which has no renewal of \
                 certificates. Request one with a registration (`defenderauth provision --request-certificate`)",
                me.identity().hub()
            );
            let why = Diagnosis::RenewalUnsupported.as_i32();
            Failure::service(Problem::new(why, ErrorKind::Registry, "the hub's connection profile", what))
        }
        _ => refused.of(me),
    })
}
