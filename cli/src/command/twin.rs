//! `defenderauth twin`

use crate::{
    login::{hub, run, subject::SubjectOptions},
    network::{
        options::{Carrier, NetworkOptions},
        route::Network,
    },
    terminal::{failure::Failure, output, problem::Problem, said::Said, stderr},
    tpm::keys::Keys,
};
use clap::Args;
use defender_auth::{
    Outcome,
    error::ErrorKind,
    identity::ModuleId,
    mqtt::Connect,
    session::{Diagnosis, Rejection},
    twin::{self, Agent, Incoming, MicroAgentSettings, PropertyError, SecurityConfiguration},
    x509::Severity,
};
use defender_auth_mqtt::Session;
use serde::Serialize;
use serde_json::{Map, Value};

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

#[derive(Serialize)]
struct Report {
    desired_version: Option<u64>,
    reported_version: Option<u64>,
    /// A member for each property that is in force, by its name.
    configuration: Map<String, Value>,
    /// Properties that could not be applied.
    findings: Vec<Said>,
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
    let report = Report {
        desired_version: twin.desired.version(),
        reported_version: twin.reported.version(),
        configuration,
        findings: mistakes.iter().map(|mistake| Said::new(Severity::Warning, mistake.to_string())).collect(),
    };
    if arguments.json { output::json(&report) } else { report.print() }
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
                let problem = Problem::new(
                    Diagnosis::of_rejection(Rejection::Http(answer.status)).as_i32(),
                    ErrorKind::Peer,
                    "the hub",
                    what,
                );
                return Ok(Err(Failure::service(problem.retryable(true))));
            }
            _ => {}
        }
    }
}

/// The twin applied to an agent's defaults, and the properties that could not be applied.
fn in_force(defaults: SecurityConfiguration, twin: &twin::Twin) -> (Map<String, Value>, Vec<PropertyError>) {
    let mut configuration = defaults;
    let mistakes = configuration.apply(&twin.desired);
    let reported: Map<String, Value> = serde_json::from_str(&configuration.reported().to_string()).unwrap_or_default();
    // In the message the properties are in an object of their own, and each value in another.
    let properties = reported.into_iter().find_map(|(_, value)| match value {
        Value::Object(properties) => Some(properties),
        _ => None,
    });
    let plain = |(name, mut value): (String, Value)| {
        let inner = value.get_mut("value").map(Value::take);
        (name, inner.unwrap_or(value))
    };
    (properties.into_iter().flatten().map(plain).collect(), mistakes)
}

/// The same for a micro agent, whose defaults are not documented.
fn micro_in_force(twin: &twin::Twin) -> (Map<String, Value>, Vec<PropertyError>) {
    let mut settings = MicroAgentSettings::default();
    let mistakes = settings.apply(&twin.desired);
    (settings.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(), mistakes)
}

/// The defaults of the module's agent. A connection string does not name its agent, but the module's name does.
fn defaults(given: Option<SecurityConfiguration>, module: &ModuleId) -> Option<SecurityConfiguration> {
    given.or_else(|| (*module == ModuleId::azureiotsecurity()).then(|| SecurityConfiguration::default_for(Agent::C)))
}

impl Report {
    /// Prints a line for each property.
    fn print(&self) -> Result<(), Failure> {
        let version = self.desired_version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
        output::line(&format!("desired version {version}"))?;
        self.configuration.iter().try_for_each(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), String::from);
            output::line(&format!("{name:<42}{text}"))
        })
    }
}
