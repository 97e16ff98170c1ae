use crate::{
    arguments::{Authenticate, Endpoint},
    clock,
    failure::Failure,
    inspect, output,
};
use defender_auth::{
    Error, Outcome, UnixTime,
    agent::TextFile,
    credential::Credential,
    identity::{HostName, ModuleId},
    mqtt::{Connect, PORT},
    sas::SasToken,
    tls::Roots,
};
use defender_auth_mqtt::{self as mqtt, Dial, Refusal, Session};
use serde::Serialize;
use std::time::Duration;

/// The life of the token that proves the identity: long enough for a slow network, no longer.
const TOKEN_LIFE: Duration = Duration::from_secs(600);

/// The largest file of root certificates that is read, in bytes: a whole system's are 250 KB.
const ROOTS_LIMIT: usize = 1024 * 1024;

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
    let me = loaded.plan.outcome().ok_or_else(|| Failure::Call("this plan asks the network".into()))?;
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
    let answer = match connect(arguments, &login, &token)? {
        Ok(()) => Answer::Accepted,
        Err(refusal) => Answer::Refused { refusal, cause: cause(arguments, me, &token, now, refusal) },
    };
    report(arguments, me, &login, &answer)?;
    match answer {
        Answer::Refused { refusal, cause } => Err(Failure::Service {
            what: format!("the hub refused {}: {refusal}. {cause}", me.identity()),
            fault: "the credential, or the hub's registry",
        }),
        Answer::Accepted | Answer::NotAsked => Ok(()),
    }
}

/// The hub's answer, yes or no.
fn connect(arguments: &Authenticate, login: &Connect, token: &SasToken) -> Result<Result<(), Refusal>, Failure> {
    let roots = arguments.ca_file.as_ref().map(|path| TextFile::open(path, ROOTS_LIMIT)).transpose()?;
    let place = roots.as_ref().map(TextFile::place);
    let roots = roots.as_ref().map_or(Roots::Platform, |file| Roots::Pem(file.text().as_bytes()));
    let dial = dial(&arguments.endpoints, &login.host)?;
    match Session::open(login, Some(token), &dial, roots) {
        Ok(session) => {
            session.close();
            Ok(Ok(()))
        }
        Err(mqtt::Error::Refused(refusal)) => Ok(Err(refusal)),
        Err(mqtt::Error::Tls(error)) => {
            let error = Error::from(error);
            Err(place.map_or(error.clone(), |place| error.at(place)).into())
        }
        Err(error @ mqtt::Error::Unsendable { .. }) => Err(Failure::Call(error.to_string())),
        Err(error) => {
            let fault = match error {
                mqtt::Error::Untrusted { .. } => "the server's certificate, or the root certificates here",
                _ => "the way to the hub",
            };
            Err(Failure::Service { what: error.to_string(), fault })
        }
    }
}

/// Where to connect to. Endpoints that are given and do not fit are a mistake: the host itself is not what was meant.
fn dial(endpoints: &[Endpoint], host: &HostName) -> Result<Dial, Failure> {
    let fits = |endpoint: &&Endpoint| endpoint.host.as_str().eq_ignore_ascii_case(host.as_str());
    match (endpoints.iter().find(fits), endpoints.first()) {
        (Some(endpoint), _) => Ok(Dial::at(endpoint.address)),
        (None, None) => Ok(Dial::host(host)),
        (None, Some(other)) => {
            Err(Failure::Call(format!("--endpoint is for {}, but the host here is {host}; name that one", other.host)))
        }
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
fn cause(arguments: &Authenticate, me: &Outcome, token: &SasToken, now: UnixTime, refusal: Refusal) -> String {
    if refusal.code() == 3 {
        return "Cause: the hub is busy or down; try again later".into();
    }
    if arguments.client_id.is_some() {
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
