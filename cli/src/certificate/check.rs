//! Says of a certificate what can be known before a service is asked.

use super::arguments::Check;
use crate::{clock, failure::Failure, output};
use defender_auth::{
    Error,
    agent::TextFile,
    x509::{Certificate, Chain, PrivateKey, Purpose, SIZE_LIMIT, Severity, check, verify},
};
use serde::Serialize;
use std::path::Path;

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
    let chain = read(&arguments.chain, Chain::from_pem)?;
    let key = arguments.key.as_deref().map(|path| read(path, |text| PrivateKey::from_pem(text, None))).transpose()?;
    // The key says which certificate is the leaf, unless it belongs to none.
    let chain = key.as_ref().and_then(|key| chain.for_key(key)).unwrap_or(chain);
    let purpose = match (&arguments.device_id, &arguments.registration_id) {
        (Some(id), _) => Purpose::Hub(id),
        (None, Some(id)) => Purpose::Provisioning(id),
        (None, None) => Purpose::Any,
    };
    let found = check(&chain, key.as_ref(), purpose, now);
    let said = |severity: Severity, text: String| Said { severity: severity.to_string(), text };
    let mut findings: Vec<_> = found.iter().map(|finding| said(finding.severity(), finding.to_string())).collect();
    let mut usable = found.is_usable();
    if let Some(path) = &arguments.group_ca {
        let enrolled = enrolled(path)?;
        if let Err(error) = verify(&chain, &enrolled, now) {
            usable = false;
            findings.insert(0, said(Severity::Refused, error.to_string()));
        }
    }
    let report = Report { certificates: chain.certificates().iter().map(Shown::of).collect(), findings, usable };
    let printed = if arguments.json { output::json(&report) } else { report.print() };
    printed?;
    if usable { Ok(()) } else { Err(Failure::DoesNotHold) }
}

/// The certificate of an enrollment group: the only one of its file, or the first.
fn enrolled(path: &Path) -> Result<Certificate, Failure> {
    let chain = read(path, Chain::from_pem)?;
    let first = chain.certificates().first().cloned();
    first.ok_or_else(|| super::mistake(path.display(), "there is no certificate in it; give the group's"))
}

fn read<T, E: Into<Error>>(path: &Path, parse: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, Failure> {
    let file = TextFile::open(path, SIZE_LIMIT)?;
    Ok(parse(file.text().as_bytes()).map_err(|error| error.into().at(file.place()))?)
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
