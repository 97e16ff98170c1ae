//! `defenderauth login`

mod client;
mod judge;
mod pasted;
mod triple;

use super::{token::Expiry, verify_token::Holder};
use crate::{
    files::private_file,
    input::source::Source,
    login::{
        run,
        subject::{Subject, SubjectOptions},
    },
    network::{
        options::{Carrier, NetworkOptions},
        route::Network,
    },
    terminal::{clock, document::Time, failure::Failure, output},
};
use clap::Args;
use client::Client;
use judge::{Judged, Judgement, judge};
use pasted::Pasted;
use serde::Serialize;
use std::path::PathBuf;
use triple::Triple;

/// Print what another MQTT client needs to log in as an identity: host, port, client ID, user name, and password or
/// certificate. Or judge such a login that does not work, with --check.
#[derive(Args)]
#[command(mut_group("who", |group| group.required(false)))]
pub(crate) struct Login {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    expiry: Expiry,
    /// Print the settings of this client instead. They contain the password: write them to a file with --out
    #[arg(long = "for", value_name = "CLIENT", value_enum, conflicts_with = "json")]
    client: Option<Client>,
    /// Write to this file (only its owner can read it; replaced in one step) and not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Judge the login in this file, field by field, and say how a hub would answer: lines `client_id: …`, `user_name: …`,
    /// `password: …`, or JSON. Nothing is sent. With FILE|DIR, or a file with a key there, the token's signature is verified
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["client", "out", "expires_at", "ttl"])]
    check: Option<Source>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    host: &'a str,
    port: u16,
    client_id: &'a str,
    user_name: &'a str,
    /// `null` with a certificate.
    password: Option<&'a str>,
    expires_at: Option<Time>,
    cert_file: Option<String>,
    key_file: Option<String>,
    /// The topic of the identity's own messages.
    topic: &'a str,
}

#[derive(Serialize)]
struct Checked {
    fields: Vec<Judged>,
    /// The return code of the CONNACK that a hub would send.
    connack: u8,
    /// Whether the token's signature was verified with the key that was given.
    verified: bool,
}

pub(crate) fn run(arguments: &Login) -> Result<(), Failure> {
    if let Some(pasted) = &arguments.check {
        return check(arguments, pasted);
    }
    let now = clock::now();
    let Subject { plan, mut keys, gateway_roots, .. } = arguments.subject.load()?;
    let NetworkOptions { trust, endpoints, way } = &arguments.network;
    let network = Network::new(trust, endpoints, way)?.or_roots(gateway_roots);
    let is_lookup = !arguments.subject.must_register();
    let plan = plan.lookup_only(is_lookup).map_err(defender_auth::Error::from)?;
    let me = run::run(&plan, &network, Carrier::Https, &mut keys)?;
    let login = arguments.subject.login(me.identity());
    let files = arguments.subject.certificate_files();
    let triple = Triple::new(&me, login, arguments.expiry.at(now), files, trust.ca_file.clone(), &mut keys)?;
    if let Some(client) = arguments.client {
        let settings = client.settings(&triple)?;
        return match &arguments.out {
            Some(path) => private_file::replace(path, settings.expose().trim_end()),
            None => output::text(settings.expose()),
        };
    }
    print(arguments, &triple)
}

fn print(arguments: &Login, triple: &Triple) -> Result<(), Failure> {
    let [cert_file, key_file] = triple.files().map_or([None, None], |files| files.map(Some));
    if arguments.json {
        let report = Report {
            host: triple.host().as_str(),
            port: Triple::port(),
            client_id: &triple.login.client_id,
            user_name: &triple.login.user_name,
            password: triple.password(),
            expires_at: triple.expires_at().map(Time),
            cert_file,
            key_file,
            topic: &triple.topic,
        };
        return match &arguments.out {
            Some(path) => private_file::replace(path, &output::json_text(&report)?),
            None => output::json(&report),
        };
    }
    let port = Triple::port().to_string();
    let expires_at = triple.expires_at().map(|time| time.to_string());
    let rows = [
        ("host", Some(triple.host().as_str())),
        ("port", Some(&port)),
        ("client ID", Some(&triple.login.client_id)),
        ("user name", Some(&triple.login.user_name)),
        ("password", triple.password()),
        ("expires at", expires_at.as_deref()),
        ("certificate", cert_file.as_deref()),
        ("key", key_file.as_deref()),
        ("topic", Some(&triple.topic)),
    ];
    match &arguments.out {
        Some(path) => private_file::replace(path, output::rows(&rows).trim_end()),
        None => output::table(&rows),
    }
}

fn check(arguments: &Login, pasted: &Source) -> Result<(), Failure> {
    let source = arguments.subject.source();
    if matches!((pasted, source), (Source::Stdin, Some(Source::Stdin))) {
        let what = "standard input cannot be both the login and the key; give a file for one of them";
        return Err(Failure::Call(what.into()));
    }
    let holder = source.map(Holder::load).transpose()?;
    let file = pasted.text("a login", pasted::LIMIT).map_err(|error| pasted.failure(error))?;
    let pasted = Pasted::read(&file)?;
    let Judgement { fields, connack, is_verified } = judge(&pasted, holder.as_ref(), clock::now());
    if arguments.json {
        output::json(&Checked { fields, connack, verified: is_verified })?;
    } else {
        let title = |field: &'static str| match field {
            "client_id" => "client ID",
            "user_name" => "user name",
            other => other,
        };
        let rows: Vec<(&str, String)> =
            fields.iter().map(|it| (title(it.field), format!("{}: {}", it.verdict.as_str(), it.text))).collect();
        let answer = match (connack, is_verified) {
            (0, true) => "would accept it, unless the identity is disabled or has other keys now".into(),
            (0, false) => "would accept it, if the token was signed with the key of this identity".into(),
            (code, _) => format!("would refuse it (connack:{code}; `defenderauth explain connack:{code}`)"),
        };
        let answer = [("hub", answer)];
        let rows: Vec<(&str, Option<&str>)> =
            rows.iter().chain(&answer).map(|(name, text)| (*name, Some(text.as_str()))).collect();
        output::table(&rows)?;
    }
    if connack == 0 { Ok(()) } else { Err(Failure::NotValid) }
}
