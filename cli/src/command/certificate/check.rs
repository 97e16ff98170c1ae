//! `defenderauth certificate check`: whether the services will accept a certificate, as far as that is known without
//! them.

use crate::{
    certificates::described::Described,
    input::{finding, time},
    private_key::{name, options::Unlock},
    terminal::{clock, colour::Verdict, failure::Failure, one_line::one_line, output, said::Said},
};
use clap::Args;
use defender_auth::{
    Error, UnixTime, agent,
    error::CertificateError,
    identity::{DeviceId, ModuleId, RegistrationId},
    private_key::Location,
    x509::{
        Certificate, Chain, EnrollmentGroups, Finding, PrivateKey, Purpose, Severity, check, check_for_group, verify,
    },
};
use serde::Serialize;
use std::{
    cmp::Reverse,
    ffi::OsStr,
    path::{Path, PathBuf},
};

#[derive(Args)]
pub(crate) struct Check {
    /// The certificate chain in PEM: leaf first, then intermediates; or a .pfx that holds chain and key
    #[arg(long, alias = "chain", value_name = "PEM")]
    cert_file: PathBuf,
    /// The private key, to check whether it is the leaf's: a file (PEM, also of a TPM), tpm:file=PATH,
    /// tpm:handle=0x81000005, keyd:id=KEY, pkcs11:… or unix:SOCKET
    #[arg(long, alias = "key", value_name = "FILE|URI", value_parser = name::parser())]
    key_file: Option<Location>,
    #[command(flatten)]
    unlock: Unlock,
    /// The root or intermediate of an enrollment group in PEM, to check whether the chain leads to it. Repeat it for
    /// each group, to find the group that the chain leads to
    #[arg(long, value_name = "PEM")]
    group_ca: Vec<PathBuf>,
    /// The ID of the device at the hub that will use the certificate
    #[arg(long, value_name = "ID", conflicts_with = "registration_id")]
    device_id: Option<DeviceId>,
    /// The ID of the device's module that will use the certificate: its common name is DEVICE/MODULE
    #[arg(long, value_name = "ID", requires = "device_id", conflicts_with = "central")]
    module_id: Option<ModuleId>,
    /// The registration ID that will use the certificate
    #[arg(long, value_name = "ID")]
    registration_id: Option<RegistrationId>,
    /// It is for an individual enrollment of IoT Central, which has its own rules
    #[arg(long, requires = "device_id")]
    central: bool,
    /// The time of the check: RFC 3339, or seconds since 1970 [default: the system clock]
    #[arg(long, value_name = "TIME", value_parser = time::time)]
    now: Option<UnixTime>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    /// The leaf first.
    certificates: Vec<Described>,
    findings: Vec<Said>,
    /// What was not checked because it was not given, and how to give it.
    not_checked: Vec<&'static str>,
    /// Whether no finding is a refusal.
    usable: bool,
}

/// What was not given, and so not checked.
fn not_checked(arguments: &Check, has_key: bool, is_signed: bool) -> Vec<&'static str> {
    let has_name = arguments.device_id.is_some() || arguments.registration_id.is_some();
    let all = [
        (has_key, "whether the private key belongs to the certificate; give --key-file"),
        (has_name, "the common name; give --device-id, with --module-id for a module, or --registration-id"),
        (
            !is_signed || !arguments.group_ca.is_empty(),
            "whether the chain leads to the certificate that is enrolled; give --group-ca",
        ),
    ];
    all.into_iter().filter(|(was_checked, _)| !was_checked).map(|(_, what)| what).collect()
}

pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let now = arguments.now.unwrap_or_else(clock::now);
    let Loaded { chain, key, elsewhere } = load(arguments)?;
    // The key determines which certificate is the leaf, unless it belongs to none.
    let chain = key.as_ref().and_then(|key| chain.for_key(key)).unwrap_or(chain);
    let purpose = match (&arguments.device_id, &arguments.module_id, &arguments.registration_id) {
        (Some(id), ..) if arguments.central => Purpose::CentralIndividual(id),
        (Some(id), Some(module), _) => Purpose::Module(id, module),
        (Some(id), None, _) => Purpose::Hub(id),
        (None, _, Some(id)) => Purpose::Provisioning(id),
        (None, _, None) => Purpose::Any,
    };
    let (found, reasons) = match group(&arguments.group_ca, &chain, now)? {
        Group::None => (check(&chain, key.as_ref(), purpose, now), Vec::new()),
        Group::Found(name, enrolled) => {
            let found = check_for_group(&chain, key.as_ref(), purpose, &enrolled, now);
            let text = format!("the device belongs to the enrollment group of {name}");
            (found, vec![Said::new(Severity::Note, text)])
        }
        Group::NotFound(reasons) => (check(&chain, key.as_ref(), purpose, now), reasons),
    };
    let findings = found.iter().map(|finding| Said::new(finding.severity(), finding.to_string()));
    let mismatch = elsewhere.as_ref().and_then(|key| key.as_ref().err());
    let mismatch = mismatch.map(|error| Said::new(Severity::Refused, error.to_string()));
    let mut findings: Vec<_> = reasons.into_iter().chain(mismatch).chain(findings).collect();
    findings.sort_by_key(|said| Reverse(said.severity));
    let usable = findings.iter().all(|said| said.severity < Severity::Refused);
    let is_signed = found.iter().any(|finding| matches!(finding, Finding::CaSigned { .. }));
    let report = Report {
        certificates: chain.certificates().iter().map(Described::from).collect(),
        not_checked: not_checked(arguments, key.is_some() || elsewhere.is_some(), is_signed),
        findings,
        usable,
    };
    let printed = if arguments.json { output::json(&report) } else { report.print() };
    printed?;
    if usable { Ok(()) } else { Err(Failure::NotValid) }
}

/// The certificates, and the key if it is given.
struct Loaded {
    chain: Chain,
    key: Option<PrivateKey>,
    /// Whether a key that is not in memory belongs to the chain.
    elsewhere: Option<Result<(), CertificateError>>,
}

fn load(arguments: &Check) -> Result<Loaded, Failure> {
    if is_pkcs12(&arguments.cert_file) {
        if let Some(key) = &arguments.key_file {
            return Err(Failure::at(key, "the .pfx contains the key; leave out --key-file"));
        }
        let (both, findings) = agent::identity_file(&arguments.cert_file, arguments.unlock.read(None)?.passphrase())?;
        finding::warn(findings);
        return Ok(Loaded { chain: both.chain().clone(), key: Some(both.key().clone()), elsewhere: None });
    }
    let chain = agent::chain_file(&arguments.cert_file)?;
    let Some(location) = &arguments.key_file else { return Ok(Loaded { chain, key: None, elsewhere: None }) };
    let opened = arguments.unlock.read(Some(location))?.open(location)?;
    if let Some(key) = opened.in_memory_of_process() {
        return Ok(Loaded { chain, key: Some(key.clone()), elsewhere: None });
    }
    // The certificate of the key becomes the leaf.
    let joined = opened.into_private_key().and_then(|key| chain.with_private_key(key));
    let chain = joined.as_ref().ok().and_then(Chain::of).unwrap_or(chain);
    Ok(Loaded { chain, key: None, elsewhere: Some(joined.map(drop)) })
}

/// Whether a name is that of a PKCS#12 file.
fn is_pkcs12(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The enrollment group that a chain leads to.
enum Group {
    /// None was given.
    None,
    /// Its file, and its certificate.
    Found(String, Box<Certificate>),
    /// Why the chain leads to none of those that were given.
    NotFound(Vec<Said>),
}

fn group(files: &[PathBuf], chain: &Chain, now: UnixTime) -> Result<Group, Failure> {
    if files.is_empty() {
        return Ok(Group::None);
    }
    let (mut groups, mut known) = (EnrollmentGroups::new(), Vec::new());
    for path in files {
        let (place, enrolled) = (path.display().to_string(), enrolled(path)?);
        groups.add(place.as_str(), enrolled.clone()).map_err(|error| Error::from(error).at(place.as_str()))?;
        known.push((place, enrolled));
    }
    if let Some(group) = groups.find(chain, now)
        && let Some((place, enrolled)) = known.iter().find(|(place, _)| place == group)
    {
        return Ok(Group::Found(place.clone(), Box::new(enrolled.clone())));
    }
    // A single group needs no name.
    let name = |place: &str| if files.len() > 1 { format!("{place}: ") } else { String::new() };
    let reasons: Vec<_> = known
        .iter()
        .filter_map(|(place, enrolled)| verify(chain, enrolled, now).err().map(|reason| (name(place), reason)))
        .collect();
    // As long as one of several groups could not be checked, it is not known that the device belongs to none.
    let is_unchecked = reasons.iter().any(|(_, reason)| reason.problem.is_unchecked());
    let severity = if is_unchecked { Severity::Unchecked } else { Severity::Refused };
    let said = reasons.into_iter().map(|(name, reason)| Said::new(severity, format!("{name}{reason}")));
    Ok(Group::NotFound(said.collect()))
}

/// The certificate of an enrollment group: the only one of its file, or the first.
fn enrolled(path: &Path) -> Result<Certificate, Failure> {
    let chain = agent::chain_file(path)?;
    let first = chain.certificates().first().cloned();
    first.ok_or_else(|| Failure::at(path.display(), "there is no certificate in it; give the group's"))
}

impl Report {
    fn print(&self) -> Result<(), Failure> {
        for shown in &self.certificates {
            let until = shown.not_after.0.to_string();
            output::table(&[
                ("subject", Some(&shown.subject)),
                ("issuer", Some(&shown.issuer)),
                ("SHA-1", Some(&shown.sha1)),
                ("SHA-256", Some(&shown.sha256)),
                ("not after", Some(&until)),
            ])?;
        }
        for said in &self.findings {
            output::line(&format!("{:<14}{}", said.severity.to_string(), one_line(&said.text)))?;
        }
        for what in &self.not_checked {
            output::line(&format!("{:<14}{}", "not checked", one_line(what)))?;
        }
        let is_unchecked = self.findings.iter().any(|said| said.severity == Severity::Unchecked);
        let (text, verdict) = match self.usable {
            true if is_unchecked => ("usable, as far as it could be checked here", Verdict::Doubtful),
            true => ("usable", Verdict::Good),
            false => ("it will be refused", Verdict::Bad),
        };
        output::verdict("verdict", text, verdict)
    }
}
