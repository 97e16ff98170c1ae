use crate::{
    arguments::{Authenticate, Carrier},
    failure::Failure,
    inspect,
    login::{self, Refused},
    network::Network,
    output, run,
    who::Subject,
};
use defender_auth::{
    Outcome,
    identity::{HostName, ModuleId},
    mqtt::{Connect, PORT},
};
use serde::Serialize;

/// What the hub said.
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
    mqtt: Login<'a>,
    /// `null` without --connect.
    connected: Option<bool>,
    /// The return code of the hub's CONNACK, if it said no.
    connack: Option<u8>,
    /// Why it said no, as far as that can be known from here.
    cause: Option<&'a str>,
}

#[derive(Serialize)]
struct Login<'a> {
    host: &'a str,
    port: u16,
    client_id: &'a str,
    user_name: &'a str,
}

pub(crate) fn run(arguments: &Authenticate) -> Result<(), Failure> {
    let Subject { plan, mut keys, .. } = arguments.who.load()?;
    let network = Network::new(&arguments.network.trust, &arguments.network.endpoints)?;
    let plan =
        plan.lookup_only(!(arguments.register || arguments.who.must_register())).map_err(defender_auth::Error::from)?;
    let mut me = run::run(&plan, &network, Carrier::Https, &mut keys)?;
    let mut login = Connect::hub(me.identity(), None);
    if let Some(client_id) = &arguments.client_id {
        login.client_id.clone_from(client_id);
    }
    if !arguments.connect {
        login::check(&me, &mut keys)?;
        return report(arguments, &me, &login, &Answer::NotAsked);
    }
    let answer = match login::log_in(&mut me, &login, &network, &mut keys)? {
        Ok(session) => {
            session.close();
            Answer::Accepted
        }
        Err(refused) => Answer::Refused(refused),
    };
    report(arguments, &me, &login, &answer)?;
    match answer {
        Answer::Refused(refused) => Err(refused.of(&me)),
        Answer::Accepted | Answer::NotAsked => Ok(()),
    }
}

fn report(arguments: &Authenticate, me: &Outcome, login: &Connect, answer: &Answer) -> Result<(), Failure> {
    let identity = me.identity();
    let credential = inspect::credential(me.credential());
    let (connected, refused) = match answer {
        Answer::NotAsked => (None, None),
        Answer::Accepted => (Some(true), None),
        Answer::Refused(refused) => (Some(false), Some((refused.refusal.code(), refused.cause.as_str()))),
    };
    if arguments.json {
        return output::json(&Report {
            host_name: identity.hub().as_str(),
            device_id: identity.device_id().as_str(),
            module_id: identity.module_id().map(ModuleId::as_str),
            gateway_host_name: identity.gateway().map(HostName::as_str),
            credential,
            mqtt: Login {
                host: login.host.as_str(),
                port: PORT,
                client_id: &login.client_id,
                user_name: &login.user_name,
            },
            connected,
            connack: refused.map(|(code, _)| code),
            cause: refused.map(|(_, cause)| cause),
        });
    }
    output::table(&[
        ("identity", Some(&identity.to_string())),
        ("credential", Some(&credential.replace('_', " "))),
        ("MQTT host", Some(&format!("{}:{PORT}", login.host))),
        ("client id", Some(&login.client_id)),
        ("user name", Some(&login.user_name)),
        ("hub", connected.map(|yes| if yes { "accepted" } else { "refused" })),
    ])
}
