use crate::{
    arguments::{Carrier, Twin},
    failure::Failure,
    login,
    network::Network,
    output, run,
};
use defender_auth::{
    Outcome,
    identity::ModuleId,
    mqtt::Connect,
    twin::{self, Agent, Incoming, MicroAgentSettings, PropertyError, SecurityConfiguration},
};
use defender_auth_mqtt::Session;
use serde_json::{Value, json};

/// The only request of this command.
const RID: u32 = 1;

pub(crate) fn run(arguments: &Twin) -> Result<(), Failure> {
    let loaded = arguments.source.load()?;
    output::warn(&loaded.findings);
    let network = Network::new(arguments.network.ca_file.as_deref(), &arguments.network.endpoints)?;
    let mut me = run::run(&loaded.plan, &network, Carrier::Https)?;
    let twin = fetch(&mut me, &network)?;
    let (configuration, mistakes) = in_force(&me, &twin);
    for mistake in &mistakes {
        eprintln!("warning: {mistake}; what held before stays in force");
    }
    let document = json!({
        "desired_version": twin.desired.version(),
        "reported_version": twin.reported.version(),
        "configuration": configuration,
        "mistakes": mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if arguments.json { output::json(&document) } else { print(&document) }
}

/// The twin of this very identity.
fn fetch(me: &mut Outcome, network: &Network) -> Result<twin::Twin, Failure> {
    let login = Connect::hub(me.identity(), None);
    let mut session = login::log_in(me, &login, network)?.map_err(|refused| refused.of(me))?;
    let document = ask(&mut session).map_err(|error| network.mqtt_failed(error));
    session.close();
    document?
}

/// The twin, or what the hub says instead; or what is wrong with the connection.
fn ask(session: &mut Session) -> Result<Result<twin::Twin, Failure>, defender_auth_mqtt::Error> {
    let [answers, _] = twin::SUBSCRIPTIONS;
    session.subscribe(answers)?;
    session.publish(&twin::get(RID), b"")?;
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

/// What the twin makes of the defaults of its agent, and what it could not.
fn in_force(me: &Outcome, twin: &twin::Twin) -> (Value, Vec<PropertyError>) {
    let micro_agent = me.identity().module_id() == Some(&ModuleId::defender_iot_micro_agent());
    let (reported, mistakes) = if micro_agent {
        let mut settings = MicroAgentSettings::default();
        let mistakes = settings.apply(&twin.desired);
        (settings.reported(), mistakes)
    } else {
        let mut configuration = SecurityConfiguration::default_for(Agent::C);
        let mistakes = configuration.apply(&twin.desired);
        (configuration.reported(), mistakes)
    };
    (serde_json::from_str(&reported.to_string()).unwrap_or_default(), mistakes)
}

/// A line for each property, without the wrapping that the wire has.
fn print(document: &Value) -> Result<(), Failure> {
    let version = document["desired_version"].to_string();
    output::line(&format!("desired version {version}"))?;
    let configuration = &document["configuration"];
    let properties = configuration.get(SecurityConfiguration::OBJECT).unwrap_or(configuration);
    for (name, value) in properties.as_object().into_iter().flatten() {
        let value = value.get("value").unwrap_or(value);
        let text = value.as_str().map_or_else(|| value.to_string(), String::from);
        output::line(&format!("{name:<42}{text}"))?;
    }
    Ok(())
}
