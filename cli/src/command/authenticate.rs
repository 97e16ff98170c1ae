//! `defenderauth authenticate`

use crate::{
    login::{
        credential_name,
        hub::{self, Refused},
        run,
        subject::{Subject, SubjectOptions},
        version,
    },
    network::{
        options::{Carrier, NetworkOptions},
        route::{HTTPS, Network},
    },
    terminal::{colour::Verdict, failure::Failure, output},
};
use clap::Args;
use defender_auth::{
    Outcome,
    identity::{HostName, ModuleId},
    mqtt::{Connect, PORT},
    outcome::ConnectionProfile,
};
use defender_auth_mqtt::Transport;
use serde::Serialize;

#[derive(Args)]
pub(crate) struct Authenticate {
    #[command(flatten)]
    subject: SubjectOptions,
    /// Log in at the hub over MQTT and TLS; without it, the hub does not see the credential
    #[arg(long)]
    connect: bool,
    #[command(flatten)]
    network: NetworkOptions,
    /// With identity DPS: register the device; without it, its registration is looked up, as the agents do
    #[arg(long)]
    register: bool,
    /// Send this MQTT client ID instead of the identity's own, to see how the hub responds
    #[arg(long, value_name = "ID", requires = "connect")]
    client_id: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The hub's answer to the login.
enum Answer {
    NotAsked,
    Accepted,
    Refused(Refused),
}

#[derive(Serialize)]
struct Report<'a> {
    host_name: &'a str,
    device_id: &'a str,
    module_id: Option<&'a str>,
    gateway_host_name: Option<&'a str>,
    credential: &'static str,
    connection_profile: &'a str,
    mqtt: Login<'a>,
    /// `null` without --connect.
    connected: Option<bool>,
    /// The return code or the reason code with which the hub refused the login, if it did.
    connack: Option<u8>,
}

#[derive(Serialize)]
struct Login<'a> {
    /// `3.1.1` or `5`.
    version: &'static str,
    host: &'a str,
    port: u16,
    client_id: &'a str,
    /// `null` with MQTT 5, where each login has another one.
    user_name: Option<&'a str>,
}

pub(crate) fn run(arguments: &Authenticate) -> Result<(), Failure> {
    let Subject { plan, mut keys, gateway_roots, .. } = arguments.subject.load()?;
    let network = Network::new(&arguments.network.trust, &arguments.network.endpoints, &arguments.network.way)?
        .or_roots(gateway_roots);
    let plan = plan
        .lookup_only(!(arguments.register || arguments.subject.must_register()))
        .map_err(defender_auth::Error::from)?;
    let mut me = run::run(&plan, &network, Carrier::Https, &mut keys)?;
    let mut login = arguments.subject.login(me.identity());
    if let Some(client_id) = &arguments.client_id {
        if *me.connection_profile() != ConnectionProfile::Classic {
            let what = "--client-id is for MQTT 3.1.1, and the hub has another connection profile; leave it out";
            return Err(Failure::Call(what.into()));
        }
        login.client_id.clone_from(client_id);
    }
    if !arguments.connect {
        hub::check(&me, &mut keys)?;
        return report(arguments, &me, &login, network.transport(), &Answer::NotAsked);
    }
    let mut transport = network.transport();
    let answer = match hub::log_in(&mut me, &login, &network, &mut keys)? {
        Ok(session) => {
            transport = session.transport();
            session.close();
            Answer::Accepted
        }
        Err(refused) => Answer::Refused(refused),
    };
    report(arguments, &me, &login, transport, &answer)
}

/// Reports it, and fails if the hub refused the login.
fn report(
    arguments: &Authenticate,
    me: &Outcome,
    login: &Connect,
    transport: Transport,
    answer: &Answer,
) -> Result<(), Failure> {
    let port = if transport == Transport::WebSocket { HTTPS } else { PORT };
    let identity = me.identity();
    let credential = credential_name::of(me.credential());
    let (version, is_classic) = (version::of(me), *me.connection_profile() == ConnectionProfile::Classic);
    let user_name = is_classic.then_some(login.user_name.as_str());
    let (connected, refused) = match answer {
        Answer::NotAsked => (None, None),
        Answer::Accepted => (Some(true), None),
        Answer::Refused(refused) => (Some(false), Some(refused)),
    };
    let ended = refused.map_or(Ok(()), |refused| Err(refused.of(me)));
    if arguments.json {
        let report = Report {
            host_name: identity.hub().as_str(),
            device_id: identity.device_id().as_str(),
            module_id: identity.module_id().map(ModuleId::as_str),
            gateway_host_name: identity.gateway().map(HostName::as_str),
            credential,
            connection_profile: me.connection_profile().as_str(),
            mqtt: Login { version, host: login.host.as_str(), port, client_id: &login.client_id, user_name },
            connected,
            connack: refused.map(|refused| refused.refusal.code()),
        };
        return output::json_ended(&report, ended);
    }
    let hub = match connected {
        Some(true) => "accepted",
        Some(false) => "refused",
        None => "not contacted; add --connect to test whether it accepts this credential",
    };
    output::table(&[
        ("identity", Some(&identity.to_string())),
        ("credential", Some(&credential.replace('_', " "))),
        ("MQTT", (!is_classic).then_some("5, connection profile mqttV5")),
        ("MQTT host", Some(&format!("{}:{port}", login.host))),
        ("client ID", Some(&login.client_id)),
        ("user name", user_name),
    ])?;
    let verdict = |verdict| output::verdict("hub", hub, verdict);
    match connected {
        Some(true) => verdict(Verdict::Good),
        Some(false) => verdict(Verdict::Bad),
        None => output::table(&[("hub", Some(hub))]),
    }?;
    ended
}
