//! A chain against the certificate that an enrollment group holds, offline, as the service does it.

use super::{
    certificate::{Certificate, Signature},
    chain::Chain,
};
use crate::{
    base::time::UnixTime,
    error::{ChainError, ChainProblem as Problem},
};
use alloc::{borrow::ToOwned as _, string::ToString as _, vec::Vec};
use core::time::Duration;
use rustls_pki_types::{CertificateDer, UnixTime as At};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// Whether the leaf leads to the enrolled certificate, a root or an intermediate, over the certificates that are sent
/// with it, and may authenticate a client at the time `now`.
///
/// # Errors
/// The certificate at which it fails, and why.
pub fn verify(chain: &Chain, enrolled: &Certificate, now: UnixTime) -> Result<(), ChainError> {
    let Some(leaf) = chain.leaf() else { return Ok(()) };
    let of_leaf = |problem| error(1, leaf, problem);
    anchor_is_fit(enrolled, now)?;
    if leaf.is_ca() {
        return Err(of_leaf(Problem::CaAsLeaf));
    }
    let anchor = CertificateDer::from(enrolled.der());
    let anchors = [anchor_from_trusted_cert(&anchor).map_err(|reason| error(0, enrolled, other(&reason)))?];
    let end = CertificateDer::from(leaf.der());
    let end = EndEntityCert::try_from(&end).map_err(|reason| of_leaf(other(&reason)))?;
    let above: Vec<_> = chain.certificates().iter().skip(1).map(|above| CertificateDer::from(above.der())).collect();
    let at = At::since_unix_epoch(Duration::from_secs(now.as_secs()));
    let path = end
        .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &above, at, KeyUsage::client_auth(), None, None)
        .map_err(|reason| explain(chain, enrolled, now, &reason))?;
    let between = path.intermediate_certificates().count();
    if enrolled.allows_below(between) { Ok(()) } else { Err(error(0, enrolled, Problem::PathLength)) }
}

/// The verifier takes the anchor as it is; the service does not.
fn anchor_is_fit(enrolled: &Certificate, now: UnixTime) -> Result<(), ChainError> {
    let problem = if enrolled.is_ca() { dates(enrolled, now) } else { Some(Problem::NotCa) };
    problem.map_or(Ok(()), |problem| Err(error(0, enrolled, problem)))
}

fn dates(certificate: &Certificate, now: UnixTime) -> Option<Problem> {
    if now < certificate.not_before() {
        Some(Problem::NotYetValid { at: certificate.not_before() })
    } else {
        (certificate.not_after() < now).then_some(Problem::Expired { at: certificate.not_after() })
    }
}

/// The verifier says what is wrong and not with which certificate: that is looked for here.
fn explain(chain: &Chain, enrolled: &Certificate, now: UnixTime, reason: &Error) -> ChainError {
    let path = path(chain, enrolled);
    let all = || (1..).zip(path.iter().copied());
    let first = path.first().copied().unwrap_or(enrolled);
    let last = all().last().unwrap_or((0, enrolled));
    let found = match reason {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } | Error::InvalidCertValidity => {
            all().find_map(|(number, one)| dates(one, now).map(|problem| error(number, one, problem)))
        }
        Error::RequiredEkuNotFoundContext(_) => {
            let unfit = all().find(|(_, one)| one.client_auth == Some(false));
            unfit.map(|(number, one)| error(number, one, Problem::Usage))
        }
        Error::EndEntityUsedAsCa => {
            all().skip(1).find(|(_, one)| !one.is_ca()).map(|(number, one)| error(number, one, Problem::NotCa))
        }
        Error::PathLenConstraintViolated => {
            let strict = (0..).zip(all().skip(1)).find(|(below, (_, one))| !one.allows_below(*below));
            strict.map(|(_, (number, one))| error(number, one, Problem::PathLength))
        }
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
            let above = path.iter().copied().skip(1).chain([enrolled]);
            let broken = all()
                .zip(above)
                .find(|((_, one), above)| above.may_have_issued(one) && one.signed_by(above) == Signature::Bad);
            let broken = broken.map(|((number, one), _)| error(number, one, Problem::Signature));
            let unknown = || error(last.0, last.1, Problem::UnknownIssuer { issuer: last.1.issuer().to_owned() });
            Some(broken.unwrap_or_else(unknown))
        }
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            let weak = all().find(|(_, one)| one.weak_hash.is_some()).unwrap_or(last);
            Some(error(weak.0, weak.1, Problem::Algorithm))
        }
        // It is in one that cannot be read alone either.
        _ => all()
            .find(|(_, one)| EndEntityCert::try_from(&CertificateDer::from(one.der())).is_err())
            .map(|(number, one)| error(number, one, other(reason))),
    };
    found.unwrap_or_else(|| error(1, first, other(reason)))
}

/// From the leaf up to the enrolled certificate, which may itself be among those that are sent.
fn path<'a>(chain: &'a Chain, enrolled: &Certificate) -> Vec<&'a Certificate> {
    chain.linked().iter().take_while(|one| one.der() != enrolled.der()).collect()
}

fn other(reason: &Error) -> Problem {
    Problem::Other { reason: reason.to_string() }
}

fn error(number: usize, certificate: &Certificate, problem: Problem) -> ChainError {
    ChainError { number, subject: certificate.subject().to_owned(), problem }
}
