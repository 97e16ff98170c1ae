//! Whether certificates that a service has issued are what was requested.

use super::{
    certificate::Certificate, chain::Chain, check::check, names::Purpose, severity::Severity, signature::Signature,
    verify::verify,
};
use crate::{
    base::time::{ClockSkew, UnixTime},
    credential::{CertificateRequest, IssuedChain},
    error::IssuedChainError as Refused,
};
use alloc::{borrow::ToOwned as _, string::ToString as _, vec::Vec};
use x509_parser::{prelude::FromDer as _, x509::SubjectPublicKeyInfo};

/// The most certificates that peers take.
const LIMIT: usize = 6;

/// Judges certificates that a service has issued, before they are kept: at most 6, each signed by the next, all valid at the
/// time `now`, the leaf for the key and the common name of the request, and nothing that [`check`] finds to be refused. With a root the chain
/// also leads to that. A certificate may become valid up to five minutes after `now`, because clocks differ.
///
/// ```
/// use defender_auth::{UnixTime, credential::{IssuedChain, CertificateRequest}, x509::judge};
///
/// # fn f(issued: IssuedChain, request: CertificateRequest, now: UnixTime) -> Result<(), Box<dyn std::error::Error>> {
/// let chain = judge(&issued, &request, None, now)?;
/// println!("valid until {}", chain.certificates()[0].not_after());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The first rule that the certificates break.
pub fn judge(
    issued: &IssuedChain,
    request: &CertificateRequest,
    root: Option<&Certificate>,
    now: UnixTime,
) -> Result<Chain, Refused> {
    let count = issued.certificates().len();
    if count > LIMIT {
        return Err(Refused::TooMany { count });
    }
    let read = |(number, der): (usize, &Vec<u8>)| {
        let certificate = Certificate::from_der(der).ok().filter(|certificate| certificate.der() == der);
        certificate.ok_or(Refused::Unreadable { number })
    };
    let certificates = (1..).zip(issued.certificates()).map(read).collect::<Result<Vec<_>, _>>()?;
    for (number, pair) in (1..).zip(certificates.windows(2)) {
        if let [below, above] = pair {
            link(number, below, above)?;
        }
    }
    is_of(request, &certificates)?;
    for (number, certificate) in (1..).zip(&certificates) {
        dates(number, certificate, now)?;
    }
    // What is not valid for some minutes yet is judged as of then.
    let now = certificates.iter().map(Certificate::not_before).fold(now, UnixTime::max);
    let chain = Chain::new(certificates).ok_or(Refused::Key)?;
    let found = check(&chain, None, Purpose::Any, now);
    if let Some(rule) = found.iter().find(|finding| finding.severity() == Severity::Refused) {
        return Err(Refused::Rule { rule: rule.to_string() });
    }
    root.map_or(Ok(()), |root| verify(&chain, root, now)).map_err(Refused::Root)?;
    Ok(chain)
}

/// Whether one certificate has issued the one before it.
fn link(number: usize, below: &Certificate, above: &Certificate) -> Result<(), Refused> {
    let subject = || below.subject().to_owned();
    if !above.may_have_issued(below) {
        return Err(Refused::Order { number, subject: subject(), issuer: below.issuer().to_owned() });
    }
    match below.signed_by(above) {
        Signature::Good => Ok(()),
        Signature::Bad | Signature::Unknown => Err(Refused::Signature { number, subject: subject() }),
    }
}

/// Whether the leaf is for the key and the name of the request.
fn is_of(request: &CertificateRequest, certificates: &[Certificate]) -> Result<(), Refused> {
    let Some(leaf) = certificates.first() else { return Err(Refused::Key) };
    let requested = SubjectPublicKeyInfo::from_der(request.public_key()).map_err(|_| Refused::Key)?.1;
    if *requested.subject_public_key.data != *leaf.public_key() {
        return Err(Refused::Key);
    }
    let (expected, found) = (request.common_name(), leaf.common_name());
    if expected.is_none() || expected != found {
        return Err(Refused::CommonName { expected: expected.map(Into::into), found: found.map(Into::into) });
    }
    Ok(())
}

fn dates(number: usize, certificate: &Certificate, now: UnixTime) -> Result<(), Refused> {
    let subject = || certificate.subject().to_owned();
    if now + ClockSkew::TOLERATED < certificate.not_before() {
        return Err(Refused::NotYetValid { number, subject: subject(), at: certificate.not_before() });
    }
    if certificate.not_after() < now {
        return Err(Refused::Expired { number, subject: subject(), at: certificate.not_after() });
    }
    Ok(())
}
