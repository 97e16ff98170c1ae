//! A chain against the certificate that an enrollment group holds, offline, as the service does it.

use super::{
    certificate::{Certificate, Constraints},
    chain::Chain,
    signature::Signature,
    tls_problem::tls_problem,
};
use crate::{
    base::time::UnixTime,
    error::{ChainError, ChainProblem as Problem},
};
use alloc::{borrow::ToOwned as _, string::ToString as _, vec::Vec};
use core::{fmt::Display, time::Duration};
use rustls_pki_types::{CertificateDer, UnixTime as At};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// A certificate with its place in the chain; 0 is the enrolled certificate.
type Numbered<'a> = (usize, &'a Certificate);

/// Whether the leaf leads to the enrolled certificate, a root or an intermediate, over the certificates that are sent
/// with it, and may authenticate a client at the time `now`. All ways are tried, with a bound on the work.
///
/// # Errors
/// The certificate at which it fails, and why. With [`Problem::Unchecked`] it is this library that cannot check it.
pub fn verify(chain: &Chain, enrolled: &Certificate, now: UnixTime) -> Result<(), ChainError> {
    let Some(leaf) = chain.leaf() else { return Ok(()) };
    anchor_is_fit(enrolled, now)?;
    if leaf.is_ca() {
        return Err(error((1, leaf), Problem::CaAsLeaf));
    }
    let sent: Vec<_> = chain.linked().iter().skip(1).collect();
    attempt(leaf, &sent, enrolled, now).map_err(|reason| {
        let path = chain.path_to(enrolled, now);
        let fault = fault(&path, enrolled, now);
        fault.unwrap_or_else(|| explain(&path, (0, enrolled), &reason))
    })
}

/// Whether the CAs of a path allow what is below them, as far as the path goes: its last certificate is the anchor.
pub(super) fn verify_path(path: &[Numbered<'_>], now: UnixTime) -> Result<(), ChainError> {
    let [(_, leaf), between @ .., top] = path else { return Ok(()) };
    // An issuer that is not a CA is a finding of its own.
    if !top.1.is_ca() {
        return Ok(());
    }
    let sent: Vec<_> = between.iter().map(|(_, one)| *one).collect();
    attempt(leaf, &sent, top.1, now).map_err(|reason| {
        let below = path.split_last().map(|(_, below)| below).unwrap_or_default();
        explain(below, *top, &reason)
    })
}

/// Asks the verifier of the TLS stack, which tries all ways.
fn attempt(leaf: &Certificate, sent: &[&Certificate], anchor: &Certificate, now: UnixTime) -> Result<(), Error> {
    let top = CertificateDer::from(anchor.der());
    let anchors = [anchor_from_trusted_cert(&top)?];
    let end = CertificateDer::from(leaf.der());
    let end = EndEntityCert::try_from(&end)?;
    // It does not look at the key usage of a CA (RFC 5280, section 4.2.1.3).
    let may_sign = sent.iter().filter(|above| above.cert_sign != Some(false));
    let above: Vec<_> = may_sign.map(|above| CertificateDer::from(above.der())).collect();
    let at = At::since_unix_epoch(Duration::from_secs(now.as_secs()));
    // It takes the anchor as it is; the service does not.
    let path_length = |path: &webpki::VerifiedPath<'_>| {
        let between = path.intermediate_certificates().count();
        if anchor.allows_below(between) { Ok(()) } else { Err(Error::PathLenConstraintViolated) }
    };
    end.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        &above,
        at,
        KeyUsage::client_auth(),
        None,
        Some(&path_length),
    )?;
    Ok(())
}

/// The verifier takes the anchor as it is; the service does not.
fn anchor_is_fit(enrolled: &Certificate, now: UnixTime) -> Result<(), ChainError> {
    issuer_problem(enrolled)
        .or_else(|| dates(enrolled, now))
        .map_or(Ok(()), |problem| Err(error((0, enrolled), problem)))
}

fn issuer_problem(issuer: &Certificate) -> Option<Problem> {
    match issuer {
        issuer if !issuer.is_ca() => Some(Problem::NotCa),
        issuer if issuer.cert_sign == Some(false) => Some(Problem::KeyCertSign),
        issuer if issuer.client_auth == Some(false) => Some(Problem::Usage),
        _ => None,
    }
}

fn dates(certificate: &Certificate, now: UnixTime) -> Option<Problem> {
    if now < certificate.not_before() {
        Some(Problem::NotYetValid { at: certificate.not_before() })
    } else {
        (certificate.not_after() < now).then_some(Problem::Expired { at: certificate.not_after() })
    }
}

/// The verifier says what is wrong and not with which certificate: the best path is looked through for that.
fn fault(path: &[Numbered<'_>], enrolled: &Certificate, now: UnixTime) -> Option<ChainError> {
    let above = path.iter().map(|(_, one)| *one).skip(1).chain([enrolled]);
    for ((place, one), above) in path.iter().enumerate().zip(above) {
        let (_, certificate) = *one;
        let below = place.checked_sub(1);
        let problem = dates(certificate, now)
            .or_else(|| certificate.weak_hash.map(|_| Problem::Algorithm))
            .or_else(|| (certificate.client_auth == Some(false)).then_some(Problem::Usage))
            .or_else(|| below.and_then(|_| issuer_problem(certificate)))
            .or_else(|| below.filter(|below| !certificate.allows_below(*below)).map(|_| Problem::PathLength))
            .or_else(|| (!above.may_have_issued(certificate)).then(|| unknown_issuer(certificate)))
            .or_else(|| (certificate.signed_by(above) == Signature::Bad).then_some(Problem::Signature));
        if let Some(problem) = problem {
            return Some(error(*one, problem));
        }
    }
    let between = path.len().saturating_sub(1);
    (!enrolled.allows_below(between)).then(|| error((0, enrolled), Problem::PathLength))
}

fn unknown_issuer(certificate: &Certificate) -> Problem {
    Problem::UnknownIssuer { issuer: certificate.issuer().to_owned() }
}

/// What the verifier's reason means for a path below an anchor.
fn explain(path: &[Numbered<'_>], anchor: Numbered<'_>, reason: &Error) -> ChainError {
    let first = path.first().copied().unwrap_or(anchor);
    let all = || path.iter().copied().chain([anchor]);
    match reason {
        Error::NameConstraintViolation | Error::MalformedNameConstraint | Error::UnsupportedNameType => {
            let (place, problem) = match all().find(|(_, one)| one.name_constraints == Constraints::Unsupported) {
                Some(place) => (place, unchecked(&"its name constraints are not only for DNS names and addresses")),
                None => (
                    all().find(|(_, one)| one.name_constraints != Constraints::None).unwrap_or(first),
                    Problem::NameConstraints,
                ),
            };
            error(place, problem)
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::UnknownIssuer
        | Error::InvalidSignatureForPublicKey => {
            let links = path.iter().zip(all().skip(1));
            let mut unknown = links.filter(|((_, one), (_, above))| one.signed_by(above) == Signature::Unknown);
            error(unknown.next().map_or(first, |(one, _)| *one), unchecked(reason))
        }
        Error::MaximumPathDepthExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => error(first, unchecked(reason)),
        // It is in one that cannot be read alone either.
        _ => {
            let unreadable = |(_, one): &Numbered<'_>| tls_problem(one).is_some();
            let place = all().find(unreadable).unwrap_or(first);
            let problem = match reason {
                Error::UnsupportedCriticalExtension if place.1.has_critical_policies => unchecked(reason),
                _ => Problem::Other { reason: reason.to_string() },
            };
            error(place, problem)
        }
    }
}

fn unchecked(reason: &impl Display) -> Problem {
    Problem::Unchecked { reason: reason.to_string() }
}

fn error((number, certificate): Numbered<'_>, problem: Problem) -> ChainError {
    ChainError { number, subject: certificate.subject().to_owned(), problem }
}
