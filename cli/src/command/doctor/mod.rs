//! `defenderauth doctor`: finds out why a device does not get in, without changing anything.
//!
//! Each file examines one thing, in the order in which a login needs it; a step that depends on one that failed is skipped,
//! and all others are done.

mod certificate;
mod clock;
mod command;
mod examination;
mod files;
mod holders;
mod hosts;
mod ports;
mod proxies;
mod report;
mod rights;
mod roots;
mod service;
mod state;
mod step;
mod tls;

use crate::{
    input::source::Source,
    login::{
        credential_name,
        subject::{Subject, SubjectOptions},
    },
    network::{options::NetworkOptions, proxy, route::Network},
    system,
    terminal::{failure::Failure, output},
};
use clap::Args;
use defender_auth::{Plan, UnixTime, dps::Attestation};
use examination::Examination;
use ports::Port;
use report::Report;
use serde::Serialize;
use service::Services;
use std::path::PathBuf;
use step::{Found, Status, Step};

#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// The folder in which the agent keeps its state: whether it can be written to, which is not tried
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Do not log in at the hub, which closes the connection that an agent with the same identity has
    #[arg(long)]
    no_login: bool,
    /// Write what is printed to this new file too, for a ticket; it has no secret
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// In the report, write hashes in place of host names and IDs
    #[arg(long, requires = "report")]
    hash_ids: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The result as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    /// `ok`, `warning` or `failed`.
    verdict: Status,
    summary: String,
    /// The name of the first step that failed.
    first_failure: Option<&'static str>,
    steps: &'a [Step],
}

pub(crate) fn run(arguments: &Doctor) -> Result<(), Failure> {
    arguments.check()?;
    let report = arguments.report.as_deref().map(Report::create).transpose()?;
    let mut examination = Examination::new(!arguments.json);
    arguments.examine(&mut examination);
    if let Some(report) = report {
        report.write(&examination, arguments.hash_ids)?;
    }
    if arguments.json {
        output::json(&Shown {
            verdict: examination.verdict(),
            summary: examination.summary(),
            first_failure: examination.first_failure().map(|step| step.name),
            steps: &examination.steps,
        })?;
    }
    examination.end()
}

impl Doctor {
    /// Refuses options that would change something.
    fn check(&self) -> Result<(), Failure> {
        let option = match self {
            _ if self.subject.create_module => "--create-module",
            _ if self.subject.tpm.persists_keys() => "--persist-keys",
            _ => return Ok(()),
        };
        Err(Failure::Call(format!("doctor changes nothing, and {option} would; leave it out")))
    }

    fn examine(&self, examination: &mut Examination) {
        self.subject.names().into_iter().for_each(|name| examination.know(name));
        let subject = self.load(examination);
        match &self.state_dir {
            Some(folder) => {
                examination.step("state", Some(folder.display().to_string()), || state::examine(folder));
            }
            None => examination.skip("state", None, "no --state-dir is given"),
        }
        let Some((mut network, subject)) = self.network(examination, subject) else { return };
        let addresses_given = !self.network.endpoints.is_empty();
        examination.step("proxy", None, || proxies::examine(network.proxies(), addresses_given));
        let Some(mut subject) = subject else {
            self.examine_host(examination, &network);
            return;
        };
        let is_asked = subject.plan.target().is_some();
        let (host, wanted) = hosts::first(&subject.plan, network.transport(), is_asked);
        let mut ports = host.map_or_else(Vec::new, |host| ports::reach(examination, &network, &host, &wanted));
        tls::ask(&mut ports, &network, 0);
        let offset = Self::clock(examination, &mut ports, &network);
        let doubt = self.certificate(examination, &subject.plan, offset.unwrap_or_default());
        tls::report(examination, &ports, &network);
        if offset.is_none_or(|offset| offset != 0) {
            examination.skip("login", None, "because step clock failed");
            return;
        }
        let Ok(doubt) = doubt else {
            examination.skip("login", None, "because step certificate failed");
            return;
        };
        let mut services =
            Services { examination, network: &mut network, clock_is_right: clock::was_compared(&ports), ports, doubt };
        let me = match subject.plan.outcome() {
            Some(me) => Some(me.clone()),
            None => services.authenticate(&subject.plan, &mut subject.keys),
        };
        let Some(me) = me else {
            services.examination.skip("login", None, "because it is not known who the device is");
            return;
        };
        hosts::know_identity(services.examination, me.identity());
        if self.no_login {
            services.examination.skip("login", None, "--no-login is given");
            return;
        }
        let login = self.subject.login(me.identity());
        services.log_in(me, &login, &mut subject.keys);
    }

    /// What the device has.
    fn load(&self, examination: &mut Examination) -> Option<Subject> {
        let are_there = examination.step("files", None, || files::examine(&self.subject));
        let missing = if are_there { holders::examine(examination, &self.subject) } else { Some("files") };
        if let Some(step) = missing {
            examination.skip("credential", None, format!("because step {step} failed"));
            return None;
        }
        let mut loaded = None;
        examination.step("credential", None, || match self.subject.read() {
            Ok(mut subject) => {
                let mut found = Found::ok(described(&subject.plan));
                for finding in subject.findings.drain(..) {
                    if finding.is_warning && found.status == Status::Ok {
                        found = Found { notes: vec![found.text], ..Found::warning(finding.text) };
                    } else {
                        found = found.note(finding.text);
                    }
                }
                loaded = Some(subject);
                found
            }
            Err(failure) => {
                let found = Found::of(&failure);
                match self.subject.source.as_ref().and_then(Source::path) {
                    Some(path) => found.next(format!("defenderauth inspect {}", path.display())),
                    None => found,
                }
            }
        });
        if let Some(subject) = &loaded {
            hosts::know_plan(examination, &subject.plan);
        }
        loaded
    }

    /// The trust anchors, and the network with them.
    fn network(&self, examination: &mut Examination, subject: Option<Subject>) -> Option<(Network, Option<Subject>)> {
        let (mut subject, mut made) = (subject, None);
        let gateway_roots = subject.as_mut().and_then(|subject| subject.gateway_roots.take());
        let options = &self.network;
        // Else it would be taken for a failure of the trust anchors.
        if let Some(Err(failure)) = options.way.proxy_login_file.as_deref().map(proxy::login) {
            examination.step("proxy", None, || Found::of(&failure));
            examination.skip("login", None, "because step proxy failed");
            return None;
        }
        let can_be_used =
            examination.step("roots", None, || match Network::new(&options.trust, &options.endpoints, &options.way) {
                Ok(network) => {
                    let network = network.or_roots(gateway_roots);
                    let found = roots::examine(&options.trust, &network);
                    made = Some(network);
                    found
                }
                Err(failure) => Found::of(&failure),
            });
        if !can_be_used {
            examination.skip("login", None, "because step roots failed");
            return None;
        }
        made.map(|network| (network, subject))
    }

    /// Examines the way to the host of a connection string that is wrong elsewhere.
    fn examine_host(&self, examination: &mut Examination, network: &Network) {
        if let Some(host) = self.subject.source.as_ref().and_then(hosts::of_text) {
            examination.know(host.to_string());
            let wanted = service::of_hub(network.transport(), false);
            let mut ports = ports::reach(examination, network, &host, &wanted);
            tls::ask(&mut ports, network, 0);
            let _ = Self::clock(examination, &mut ports, network);
            tls::report(examination, &ports, network);
        } else {
            examination.step("clock", None, || clock::judge(&[], network).found);
            examination.skip("dns", None, "because no host is known without the credential");
        }
        examination.skip("login", None, "because there is no credential");
    }

    /// The clock, and with another one the servers again. What has to be added to it, if it did not fail or that is known.
    fn clock(examination: &mut Examination, ports: &mut [Port], network: &Network) -> Option<i64> {
        let mut offset = 0;
        let is_right = examination.step("clock", None, || {
            let judged = clock::judge(ports, network);
            offset = judged.offset;
            judged.found
        });
        if offset != 0 {
            tls::ask(ports, network, offset);
        }
        (is_right || offset != 0).then_some(offset)
    }

    /// The client certificate; what is doubtful about it, or an error if it cannot be used.
    fn certificate(&self, examination: &mut Examination, plan: &Plan, offset: i64) -> Result<Option<String>, ()> {
        let Some(certificate) = certificate::of(plan) else { return Ok(None) };
        let now = UnixTime::from_secs(system::clock::now().as_secs().saturating_add_signed(offset));
        let mut absent = None;
        let file = self.subject.cert_file.as_deref();
        let can_be_used = examination.step("certificate", None, || {
            let (found, issuer) = certificate::examine(plan, certificate, file, now);
            absent = issuer;
            found
        });
        if can_be_used { Ok(absent) } else { Err(()) }
    }
}

/// What a plan begins with.
fn described(plan: &Plan) -> String {
    if let Some(profile) = plan.profile() {
        let credential = match plan.attestation() {
            Some(Attestation::Certificate(_)) => "a certificate",
            Some(Attestation::SymmetricKey(_)) => "a shared access key",
            _ => "a TPM",
        };
        let (scope, id) = (profile.id_scope(), profile.registration_id());
        return format!("{credential} for the registration {id} in the ID scope {scope}");
    }
    let of_device = plan.known_device().map(|device| (device.identity(), device.credential()));
    let known = plan.outcome().map(|me| (me.identity(), me.credential())).or(of_device);
    known.map_or_else(String::new, |(identity, credential)| {
        format!("{} for {identity}", credential_name::of(credential).replace('_', " "))
    })
}
