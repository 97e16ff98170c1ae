//! The client certificate, as the TLS stack that will use it and the services judge it.

use super::{hosts::identity, step::Found};
use crate::terminal::shell::quoted;
use defender_auth::{
    Device, Outcome, Plan, UnixTime,
    credential::{ClientCertificate, Credential},
    dps::Attestation,
    error::{Code, ErrorKind},
    x509::{Chain, Finding, Purpose, Severity, check},
};
use std::{cmp::Reverse, path::Path};

/// The certificate that a plan begins with.
pub(super) fn of(plan: &Plan) -> Option<&ClientCertificate> {
    let of_device = || plan.known_device().map(Device::credential);
    let credential = || plan.outcome().map(Outcome::credential).or_else(of_device);
    plan.attestation().and_then(Attestation::certificate).or_else(|| credential().and_then(Credential::certificate))
}

/// What it is for.
fn purpose(plan: &Plan) -> Purpose<'_> {
    match (plan.profile(), identity(plan)) {
        (Some(profile), _) => Purpose::Provisioning(profile.registration_id()),
        (None, Some(identity)) => match identity.module_id() {
            Some(module) => Purpose::Module(identity.device_id(), module),
            None => Purpose::Hub(identity.device_id()),
        },
        (None, None) => Purpose::Any,
    }
}

/// Examines it at a time, and says which issuer is not in its file.
pub(super) fn examine(
    plan: &Plan,
    certificate: &ClientCertificate,
    file: Option<&Path>,
    now: UnixTime,
) -> (Found, Option<String>) {
    if !certificate.has_key() {
        let what = "the certificate or its private key is not there; give --cert-file and --key-file";
        return (Found::failed(Code::CertificateRule, ErrorKind::Input, what), None);
    }
    let Some(chain) = Chain::of(certificate) else {
        return (Found::ok("it is not in memory, and cannot be judged"), None);
    };
    let mut findings: Vec<_> = check(&chain, None, purpose(plan), now).iter().cloned().collect();
    let absent = findings.iter().find_map(|finding| match finding {
        Finding::IssuerAbsent { .. } => Some(finding.to_string()),
        _ => None,
    });
    findings.sort_by_key(|finding| Reverse(finding.severity()));
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    let worst = findings.first().map(Finding::severity);
    let (first, rest) = texts.split_first().map_or((String::new(), &[][..]), |(first, rest)| (first.clone(), rest));
    let name = file.map_or_else(|| "FILE".to_owned(), |file| quoted(&file.display().to_string()));
    let next = format!("defenderauth certificate check --cert-file {name}");
    let mut found = match worst {
        Some(Severity::Refused) => Found::failed(Code::CertificateRule, ErrorKind::Input, first).next(next),
        Some(Severity::Warning | Severity::Unchecked) => Found::warning(first).next(next),
        _ if first.is_empty() => Found::ok("nothing is wrong with it"),
        _ => Found::ok(first),
    };
    found.notes.extend(rest.iter().cloned());
    (found, absent)
}
