//! `defenderauth certificate check`: whether the services will accept a certificate, as far as that is known without
//! them.

use crate::{
    input::{finding, passphrase::PassphraseFile, time},
    system::clock,
    terminal::{failure::Failure, output},
};
use clap::Args;
use defender_auth::{
    Error, UnixTime, agent,
    identity::{DeviceId, RegistrationId},
    x509::{Certificate, Chain, EnrollmentGroups, PrivateKey, Purpose, Severity, check, verify},
};
use serde::Serialize;
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

#[derive(Args)]
pub(crate) struct Check {
    /// The certificate chain in PEM: leaf first, then intermediates; or a .pfx without a password that holds chain and key
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// The private key in PEM, to check whether it is the leaf's
    #[arg(long, value_name = "PEM")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseFile,
    /// The root or intermediate of an enrollment group in PEM, to check whether the chain leads to it. Repeat it for
    /// each group, to find the group that the chain leads to
    #[arg(long, value_name = "PEM")]
    group_ca: Vec<PathBuf>,
    /// The ID of the device at the hub that will use the certificate
    #[arg(long, value_name = "ID", conflicts_with = "registration_id")]
    device_id: Option<DeviceId>,
    /// The registration ID that will use the certificate
    #[arg(long, value_name = "ID")]
    registration_id: Option<RegistrationId>,
    /// It is for an individual enrollment of IoT Central, which has its own rules
    #[arg(long, requires = "device_id")]
    central: bool,
    /// The time of the check, in seconds since 1970 [default: the system clock]
    #[arg(long, value_name = "UNIX", value_parser = time::unix_time)]
    now: Option<UnixTime>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

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

pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let now = arguments.now.unwrap_or_else(clock::now);
    let (chain, key) = load(arguments)?;
    // The key determines which certificate is the leaf, unless it belongs to none.
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
        Some(Ok(group)) => {
            findings.push(said(Severity::Note, format!("the device belongs to the enrollment group of {group}")));
        }
        Some(Err(reasons)) => {
            usable = false;
            findings.splice(..0, reasons.into_iter().map(|reason| said(Severity::Refused, reason)));
        }
    }
    let report = Report { certificates: chain.certificates().iter().map(Shown::of).collect(), findings, usable };
    let printed = if arguments.json { output::json(&report) } else { report.print() };
    printed?;
    if usable { Ok(()) } else { Err(Failure::NotValid) }
}

/// The certificates, and the key if it is given.
fn load(arguments: &Check) -> Result<(Chain, Option<PrivateKey>), Failure> {
    if is_pkcs12(&arguments.chain) {
        if let Some(key) = &arguments.key {
            return Err(Failure::at(key.display(), "the .pfx contains the key; leave out --key"));
        }
        let (both, findings) = agent::identity_file(&arguments.chain, None)?;
        finding::warn(findings);
        return Ok((both.chain().clone(), Some(both.key().clone())));
    }
    let chain = agent::chain_file(&arguments.chain)?;
    let Some(path) = &arguments.key else { return Ok((chain, None)) };
    let (key, findings) = agent::private_key_file(path, arguments.passphrase.read()?.as_ref())?;
    finding::warn(findings);
    Ok((chain, Some(key)))
}

/// Whether a name is that of a PKCS#12 file.
fn is_pkcs12(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The group that the chain leads to, or why it leads to none of them. `None` if no group is given.
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
    // A single group needs no name.
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
    first.ok_or_else(|| Failure::at(path.display(), "there is no certificate in it; give the group's"))
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
            let until = clock::readable(UnixTime::from_secs(shown.not_after));
            output::table(&[
                ("subject", Some(&shown.subject)),
                ("issuer", Some(&shown.issuer)),
                ("SHA-1", Some(&shown.sha1)),
                ("SHA-256", Some(&shown.sha256)),
                ("not after", Some(&until)),
            ])?;
        }
        for said in &self.findings {
            output::line(&format!("{:<14}{}", said.severity, said.text))?;
        }
        output::line(&format!("{:<14}{}", "verdict", if self.usable { "usable" } else { "it will be refused" }))
    }
}
