use crate::{
    arguments::{Authenticate, Carrier},
    clock,
    failure::Failure,
    inspect,
    network::Network,
    output, run,
};
use defender_auth::{
    Error, Outcome, UnixTime,
    credential::Credential,
    identity::{HostName, ModuleId},
    mqtt::{Connect, PORT},
    sas::SasToken,
};
use defender_auth_mqtt::Refusal;
use serde::Serialize;
use std::time::Duration;

/// The life of the token that proves the identity: long enough for a slow network, no longer.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(600);

/// What the hub said.
enum Answer {
    NotAsked,
    Accepted,
    Refused { refusal: Refusal, cause: String },
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
    let loaded = arguments.source.load()?;
    output::warn(&loaded.findings);
    let network = Network::new(arguments.network.ca_file.as_deref(), &arguments.network.endpoints)?;
    let plan = loaded.plan.lookup_only(!arguments.register);
    let me = &run::run(&plan, &network, Carrier::Https)?;
    let now = clock::now();
    let Some(token) = me.password(now + TOKEN_LIFE).into_token() else {
        return Err(Error::NotSupported { what: "authentication with a certificate (`x509=true`)" }.into());
    };
    let mut login = Connect::hub(me.identity(), None);
    if let Some(client_id) = &arguments.client_id {
        login.client_id.clone_from(client_id);
    }
    if !arguments.connect {
        return report(arguments, me, &login, &Answer::NotAsked);
    }
    if let Some(doubt) = doubt(me, &token, now) {
        eprintln!("warning: {doubt}; the hub is asked all the same");
    }
    let answer = match network.log_in(&login, &token)? {
        Ok(session) => {
            session.close();
            Answer::Accepted
        }
        Err(refusal) => {
            Answer::Refused { refusal, cause: cause(arguments.client_id.is_some(), me, &token, now, refusal) }
        }
    };
    report(arguments, me, &login, &answer)?;
    match answer {
        Answer::Refused { refusal, cause } => Err(refused(me, refusal, &cause)),
        Answer::Accepted | Answer::NotAsked => Ok(()),
    }
}

/// The hub said no.
pub(crate) fn refused(me: &Outcome, refusal: Refusal, cause: &str) -> Failure {
    Failure::Service {
        what: format!("the hub refused {}: {refusal}. {cause}", me.identity()),
        fault: "the credential, or the hub's registry",
    }
}

/// What can be known to be wrong with a token before anybody is asked.
fn doubt(me: &Outcome, token: &SasToken, now: UnixTime) -> Option<String> {
    if token.expires_at() <= now {
        let ago = clock::span(now.since(token.expires_at()));
        return Some(format!("the SAS token ended {ago} ago, at {}", clock::readable(token.expires_at())));
    }
    let good_for = token.plain_resource().unwrap_or_else(|| token.resource().into());
    (!token.is_good_for(me.identity()))
        .then(|| format!("the SAS token is good for {good_for}, not for {}", me.identity()))
}

/// Why the hub said no: what is known, else what is likely.
pub(crate) fn cause(other_client_id: bool, me: &Outcome, token: &SasToken, now: UnixTime, refusal: Refusal) -> String {
    if refusal.code() == 3 {
        return "Cause: the hub is busy or down; try again later".into();
    }
    if other_client_id {
        return "Cause: the client id is not the identity's own; leave out --client-id".into();
    }
    if let Some(doubt) = doubt(me, token, now) {
        return format!("Cause: {doubt}; have a new token made for this identity");
    }
    let what = if me.identity().module_id().is_some() { "device or module" } else { "device" };
    let credential = match me.credential() {
        Credential::Token(_) => "the token was signed with another key than the hub has for it",
        Credential::PolicyKey(_) => "the policy is unknown, has another key, or may not connect devices",
        _ => "the hub has other keys for it",
    };
    format!(
        "Cause, one of: {credential}; the hub knows no such {what}, or it is disabled; this clock ({}) is wrong, so \
         that the token is over. Compare ID and key with the portal, then the clock",
        clock::readable(now)
    )
}

fn report(arguments: &Authenticate, me: &Outcome, login: &Connect, answer: &Answer) -> Result<(), Failure> {
    let identity = me.identity();
    let credential = inspect::credential(me.credential());
    let (connected, refused) = match answer {
        Answer::NotAsked => (None, None),
        Answer::Accepted => (Some(true), None),
        Answer::Refused { refusal, cause } => (Some(false), Some((refusal.code(), cause.as_str()))),
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
