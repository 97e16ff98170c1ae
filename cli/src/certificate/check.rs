//! Says of a certificate what can be known before a service is asked.

use super::arguments::Check;
use crate::{clock, failure::Failure, output};
use defender_auth::{
    Error, UnixTime, agent,
    x509::{Certificate, Chain, EnrollmentGroups, PrivateKey, Purpose, Severity, check, verify},
};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Report {
    certificates: Vec<Shown>,
    findings: Vec<Said>,
    /// Whether no finding is a refusal.
    usable: bool,
}

/// A certificate, the leaf first. Times are in seconds since 1970.
#[derive(Serialize)]
struct Shown {
    subject: String,
    issuer: String,
    sha1: String,
    sha256: String,
    not_before: u64,
    not_after: u64,
}

#[derive(Serialize)]
struct Said {
    severity: String,
    text: String,
}

pub(super) fn run(arguments: &Check) -> Result<(), Failure> {
    let now = arguments.now.unwrap_or_else(clock::now);
    let (chain, key) = load(arguments)?;
    // The key says which certificate is the leaf, unless it belongs to none.
    let chain = key.as_ref().and_then(|key| chain.for_key(key)).unwrap_or(chain);
    let purpose = match (&arguments.device_id, &arguments.registration_id) {
        (Some(id), _) if arguments.central => Purpose::CentralIndividual(id),
        (Some(id), _) => Purpose::Hub(id),
        (None, Some(id)) => Purpose::Provisioning(id),
        (None, None) => Purpose::Any,
    };
    let found = check(&chain, key.as_ref(), purpose, now);
    let said = |severity: Severity, text: String| Said { severity: severity.to_string(), text };
    let mut findings: Vec<_> = found.iter().map(|finding| said(finding.severity(), finding.to_string())).collect();
    let mut usable = found.is_usable();
    match group(&arguments.group_ca, &chain, now)? {
        None => {}
        Some(Ok(group)) => findings.push(said(Severity::Note, format!("the device comes into the group of {group}"))),
        Some(Err(reasons)) => {
            usable = false;
            findings.splice(..0, reasons.into_iter().map(|reason| said(Severity::Refused, reason)));
        }
    }
    let report = Report { certificates: chain.certificates().iter().map(Shown::of).collect(), findings, usable };
    let printed = if arguments.json { output::json(&report) } else { report.print() };
    printed?;
    if usable { Ok(()) } else { Err(Failure::DoesNotHold) }
}

/// The certificates, and the key if it is given.
fn load(arguments: &Check) -> Result<(Chain, Option<PrivateKey>), Failure> {
    if agent::is_pkcs12(&arguments.chain) {
        if let Some(key) = &arguments.key {
            return Err(super::mistake(key.display(), "the key is in the .pfx already; leave out --key"));
        }
        let (both, findings) = agent::identity_file(&arguments.chain, None)?;
        output::warn(&findings);
        return Ok((both.chain().clone(), Some(both.key().clone())));
    }
    let chain = agent::chain_file(&arguments.chain)?;
    let Some(path) = &arguments.key else { return Ok((chain, None)) };
    let (key, findings) = agent::private_key_file(path, arguments.unlock.passphrase()?.as_ref())?;
    output::warn(&findings);
    Ok((chain, Some(key)))
}

/// The group that the chain leads to, or why it leads to none of them. `None` when there are none.
fn group(files: &[PathBuf], chain: &Chain, now: UnixTime) -> Result<Option<Result<String, Vec<String>>>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let (mut groups, mut known) = (EnrollmentGroups::new(), Vec::new());
    for path in files {
        let (place, enrolled) = (path.display().to_string(), enrolled(path)?);
        groups.add(place.as_str(), enrolled.clone()).map_err(|error| Error::from(error).at(place.as_str()))?;
        known.push((place, enrolled));
    }
    if let Some(group) = groups.find(chain, now) {
        return Ok(Some(Ok(group.into())));
    }
    // One of one needs no name.
    let name = |place: &str| if files.len() > 1 { format!("{place}: ") } else { String::new() };
    let reasons = known.iter().filter_map(|(place, enrolled)| {
        verify(chain, enrolled, now).err().map(|reason| format!("{}{reason}", name(place)))
    });
    Ok(Some(Err(reasons.collect())))
}

/// The certificate of an enrollment group: the only one of its file, or the first.
fn enrolled(path: &Path) -> Result<Certificate, Failure> {
    let chain = agent::chain_file(path)?;
    let first = chain.certificates().first().cloned();
    first.ok_or_else(|| super::mistake(path.display(), "there is no certificate in it; give the group's"))
}

impl Shown {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            sha1: certificate.sha1().to_string(),
            sha256: certificate.sha256().to_string(),
            not_before: certificate.not_before().as_secs(),
            not_after: certificate.not_after().as_secs(),
        }
    }
}

impl Report {
    fn print(&self) -> Result<(), Failure> {
        for shown in &self.certificates {
            let until = clock::readable(defender_auth::UnixTime::from_secs(shown.not_after));
            output::table(&[
                ("subject", Some(&shown.subject)),
                ("issuer", Some(&shown.issuer)),
                ("SHA-1", Some(&shown.sha1)),
                ("SHA-256", Some(&shown.sha256)),
                ("good until", Some(&until)),
            ])?;
        }
        for said in &self.findings {
            output::line(&format!("{:<14}{}", said.severity, said.text))?;
        }
        output::line(&format!("{:<14}{}", "verdict", if self.usable { "usable" } else { "it will be refused" }))
    }
}
