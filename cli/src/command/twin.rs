//! `defenderauth twin`

use crate::{
    login::{hub, run, subject::SubjectOptions},
    network::{
        options::{Carrier, NetworkOptions},
        route::Network,
    },
    terminal::{failure::Failure, output, stderr},
    tpm::keys::Keys,
};
use clap::Args;
use defender_auth::{
    Outcome,
    identity::ModuleId,
    mqtt::Connect,
    twin::{self, Agent, Incoming, MicroAgentSettings, PropertyError, SecurityConfiguration},
};
use defender_auth_mqtt::Session;
use serde_json::{Value, json};

/// The request ID of this command's only request.
const RID: u32 = 1;

#[derive(Args)]
pub(crate) struct Twin {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Twin) -> Result<(), Failure> {
    let mut subject = arguments.subject.load()?;
    let network = Network::new(&arguments.network.trust, &arguments.network.endpoints, &arguments.network.way)?;
    let network = network.or_roots(subject.gateway_roots.take());
    let mut me = run::run(&subject.plan, &network, Carrier::Https, &mut subject.keys)?;
    let Some(module) = me.identity().module_id().cloned() else {
        let what =
            "this is a device, whose twin has no security configuration; give its security module's connection string";
        return Err(Failure::Call(what.into()));
    };
    let login = arguments.subject.login(me.identity());
    let twin = fetch(&login, &mut me, &network, &mut subject.keys)?;
    let (configuration, mistakes) = match defaults(subject.defaults, &module) {
        Some(defaults) => in_force(defaults, &twin),
        None => micro_in_force(&twin),
    };
    for mistake in &mistakes {
        stderr::warning(format_args!("{mistake}; the previous value stays in force"));
    }
    let document = json!({
        "desired_version": twin.desired.version(),
        "reported_version": twin.reported.version(),
        "configuration": configuration,
        "mistakes": mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if arguments.json { output::json(&document) } else { print(&document) }
}

/// The twin of this identity.
fn fetch(login: &Connect, me: &mut Outcome, network: &Network, keys: &mut Keys) -> Result<twin::Twin, Failure> {
    let mut session = hub::log_in(me, login, network, keys)?.map_err(|refused| refused.of(me))?;
    let document = ask(&mut session).map_err(|error| network.mqtt_failed(error));
    session.close();
    document?
}

/// The twin, or the hub's refusal; or what is wrong with the connection.
pub(super) fn ask(session: &mut Session) -> Result<Result<twin::Twin, Failure>, defender_auth_mqtt::Error> {
    let [answers, _] = twin::SUBSCRIPTIONS;
    session.subscribe(answers)?;
    session.publish(&twin::get_topic(RID), b"")?;
    loop {
        let message = session.next_message()?;
        match Incoming::of(&message.topic) {
            Some(Incoming::Answer(answer)) if answer.rid == RID && answer.is_success() => {
                return Ok(twin::Twin::parse(&message.payload).map_err(Failure::from));
            }
            Some(Incoming::Answer(answer)) if answer.rid == RID => {
                let what = format!("the hub answered {} to the request for the twin; try again later", answer.status);
                return Ok(Err(Failure::Service { what, fault: "the hub" }));
            }
            _ => {}
        }
    }
}

/// The twin applied to an agent's defaults, and the properties that could not be applied.
fn in_force(defaults: SecurityConfiguration, twin: &twin::Twin) -> (Value, Vec<PropertyError>) {
    let mut configuration = defaults;
    let mistakes = configuration.apply(&twin.desired);
    (serde_json::from_str(&configuration.reported().to_string()).unwrap_or_default(), mistakes)
}

/// The same for a micro agent, whose defaults are not documented.
fn micro_in_force(twin: &twin::Twin) -> (Value, Vec<PropertyError>) {
    let mut settings = MicroAgentSettings::default();
    let mistakes = settings.apply(&twin.desired);
    (settings.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(), mistakes)
}

/// The defaults of the module's agent. A connection string does not name its agent, but the module's name does.
fn defaults(given: Option<SecurityConfiguration>, module: &ModuleId) -> Option<SecurityConfiguration> {
    given.or_else(|| (*module == ModuleId::azureiotsecurity()).then(|| SecurityConfiguration::default_for(Agent::C)))
}

/// A line for each property, without the objects that wrap it in the message.
fn print(document: &Value) -> Result<(), Failure> {
    let version = document["desired_version"].to_string();
    output::line(&format!("desired version {version}"))?;
    let mut properties = &document["configuration"];
    // A security agent's properties are in an object of their own; a micro agent's are never objects.
    if let Some(inner) = properties.as_object().and_then(|all| all.values().find(|value| value.is_object())) {
        properties = inner;
    }
    for (name, value) in properties.as_object().into_iter().flatten() {
        let value = value.get("value").unwrap_or(value);
        let text = value.as_str().map_or_else(|| value.to_string(), String::from);
        output::line(&format!("{name:<42}{text}"))?;
    }
    Ok(())
}
