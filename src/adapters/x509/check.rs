//! Everything about a certificate that can be known before a service is asked.

use super::{
    certificate::Certificate,
    chain::Chain,
    finding::Finding,
    findings::Findings,
    key::PrivateKey,
    names::{Purpose, names},
    severity::Severity,
    signature::Signature,
    tls_problem::tls_problem,
    verify::{verify, verify_path},
};
use crate::base::time::UnixTime;
use alloc::{borrow::ToOwned as _, vec::Vec};

const DAY: u64 = 86_400;

/// A certificate with its place in the chain.
type Numbered<'a> = (usize, &'a Certificate);

/// Judges a chain, and the key where there is one, as the services and the TLS stack of this library will at the time
/// `now`. Of several ways from the leaf to a root the best one is judged: [`Chain::path`].
#[must_use]
pub fn check(chain: &Chain, key: Option<&PrivateKey>, purpose: Purpose<'_>, now: UnixTime) -> Findings {
    let path = chain.path(now);
    let mut found = all(chain, &path, key, purpose, now);
    // A CA says what may be below it; whether it is followed is known when nothing else is wrong.
    if found.iter().all(|finding| finding.severity() < Severity::Unchecked) {
        found.extend(verify_path(&path, now).err().map(Finding::Chain));
    }
    Findings::new(found)
}

/// The same for a device of an enrollment group, whose certificate is `enrolled`: the way that leads there is judged,
/// and whether it does.
#[must_use]
pub fn check_for_group(
    chain: &Chain,
    key: Option<&PrivateKey>,
    purpose: Purpose<'_>,
    enrolled: &Certificate,
    now: UnixTime,
) -> Findings {
    let mut found = all(chain, &chain.path_to(enrolled, now), key, purpose, now);
    found.extend(verify(chain, enrolled, now).err().map(Finding::Chain));
    Findings::new(found)
}

/// Compares the names in the certificate with the ID that it is for, and nothing else: what can be known without the
/// time.
#[must_use]
pub fn check_names(chain: &Chain, purpose: Purpose<'_>) -> Findings {
    Findings::new(chain.leaf().map(|leaf| names(leaf, purpose)).unwrap_or_default())
}

fn all(
    chain: &Chain,
    path: &[Numbered<'_>],
    key: Option<&PrivateKey>,
    purpose: Purpose<'_>,
    now: UnixTime,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(leaf) = chain.leaf() {
        if key.is_some_and(|key| key.public_key() != leaf.public_key()) {
            found.push(Finding::KeyMismatch);
        }
        found.extend(tls_problem(leaf).map(|reason| Finding::UnusableByTls { reason }));
        found.extend(usage(leaf));
        found.extend(names(leaf, purpose));
    }
    found.extend(links(path));
    found.extend(issuers(path));
    found.extend(others(chain, path, now));
    found.extend(dates(path, now));
    found.extend(strength(path));
    found
}

fn usage(leaf: &Certificate) -> Vec<Finding> {
    let mut found = Vec::new();
    if leaf.client_auth == Some(false) {
        found.push(Finding::NotForClients);
    }
    if leaf.digital_signature == Some(false) {
        found.push(Finding::NotForSignatures);
    }
    if leaf.is_ca() {
        let severity = if leaf.is_self_signed() { Severity::Warning } else { Severity::Refused };
        found.push(Finding::CaAsLeaf { subject: leaf.subject().to_owned(), severity });
    }
    found.push(if leaf.is_self_signed() {
        Finding::SelfSigned
    } else {
        Finding::CaSigned { issuer: leaf.issuer().to_owned() }
    });
    found
}

fn links(path: &[Numbered<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((number, below), (_, above)) in path.iter().zip(path.iter().skip(1)) {
        let (number, subject) = (*number, below.subject().to_owned());
        match below.signed_by(above) {
            Signature::Bad => found.push(Finding::BrokenLink { number, subject }),
            // What is broken is reported as such, and the size of a key likewise.
            Signature::Unknown if below.weak_hash.is_none() && above.rsa_bits.is_none_or(|bits| bits >= 2048) => {
                found.push(Finding::UncheckedSignature { number, subject });
            }
            Signature::Unknown | Signature::Good => {}
        }
    }
    if let Some((number, last)) = path.last() {
        if !last.is_self_signed() {
            found.push(Finding::IssuerAbsent { number: *number, issuer: last.issuer().to_owned() });
        } else if path.len() > 1 {
            found.push(Finding::RootIncluded);
        }
    }
    found
}

/// What each issuer of a path may do.
fn issuers(path: &[Numbered<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (below, (number, issuer)) in path.iter().skip(1).enumerate() {
        let (number, subject) = (*number, || issuer.subject().to_owned());
        if !issuer.is_ca() {
            found.push(Finding::NotCa { number, subject: subject() });
        } else if issuer.cert_sign == Some(false) {
            found.push(Finding::NoCertSign { number, subject: subject() });
        }
        if issuer.client_auth == Some(false) {
            found.push(Finding::IssuerNotForClients { number, subject: subject() });
        }
        if !issuer.allows_below(below) {
            found.push(Finding::PathLength { number, subject: subject() });
        }
    }
    found
}

/// What was given and is not on the path.
fn others(chain: &Chain, path: &[Numbered<'_>], now: UnixTime) -> Vec<Finding> {
    let mut found = Vec::new();
    if chain.was_reordered() {
        found.push(Finding::Reordered);
    }
    for (number, other) in (1..).zip(chain.linked()) {
        if path.iter().any(|(on_path, _)| *on_path == number) {
            continue;
        }
        let subject = other.subject().to_owned();
        found.push(if now < other.not_before() || other.not_after() < now {
            Finding::Replaced { number, subject }
        } else {
            Finding::Alternative { number, subject }
        });
    }
    let unrelated = (chain.linked().len() + 1..).zip(chain.unrelated());
    found.extend(unrelated.map(|(number, other)| Finding::Unrelated { number, subject: other.subject().to_owned() }));
    found
}

/// Whether it is sent without need: a service has its own roots.
fn is_root(place: usize, certificate: &Certificate) -> bool {
    place > 0 && certificate.is_self_signed()
}

fn dates(path: &[Numbered<'_>], now: UnixTime) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut first_end: Option<UnixTime> = None;
    for (place, (number, certificate)) in path.iter().enumerate() {
        let (number, subject, at) = (*number, certificate.subject().to_owned(), certificate.not_after());
        let days = at.since(now).as_secs() / DAY;
        if now < certificate.not_before() {
            found.push(Finding::NotYetValid { number, subject, at: certificate.not_before() });
        } else if is_root(place, certificate) {
            found.extend((at < now).then_some(Finding::RootExpired { number, subject, at }));
            continue;
        } else if at < now {
            found.push(Finding::Expired { number, subject, at });
        } else if is_soon(certificate, now) {
            found.push(Finding::ExpiresSoon { number, subject, days, at });
        }
        first_end = Some(first_end.map_or(at, |first| first.min(at)));
    }
    let is_dated = |finding: &Finding| !matches!(finding, Finding::RootExpired { .. });
    if let Some(at) = first_end.filter(|_| !found.iter().any(is_dated)) {
        found.push(Finding::DaysLeft { days: at.since(now).as_secs() / DAY, at });
    }
    found
}

/// Whether less than a fifth of its lifetime is left, and not a month or more.
fn is_soon(certificate: &Certificate, now: UnixTime) -> bool {
    let lifetime = certificate.not_after().since(certificate.not_before()).as_secs();
    let left = certificate.not_after().since(now).as_secs();
    left < Finding::SOON * DAY && left < lifetime / 5
}

fn strength(path: &[Numbered<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, (number, certificate)) in path.iter().enumerate() {
        let (number, is_leaf) = (*number, place == 0);
        let subject = || certificate.subject().to_owned();
        // The signature of a root is not checked.
        if let Some(hash) = certificate.weak_hash.filter(|_| !is_root(place, certificate)) {
            let severity = if certificate.is_self_signed() { Severity::Warning } else { Severity::Refused };
            found.push(Finding::WeakSignature { number, subject: subject(), hash, severity });
        }
        if let Some(kind) = &certificate.odd_key {
            let severity = if is_leaf { Severity::Refused } else { Severity::Unchecked };
            found.push(Finding::KeyKind { number, subject: subject(), kind: kind.clone(), severity });
        }
        // The TLS stack signs with keys of up to 4096 bits, and checks signatures of up to 8192.
        let most = if is_leaf { 4096 } else { 8192 };
        if let Some(bits) = certificate.rsa_bits.filter(|bits| !(2048..=most).contains(bits)) {
            found.push(Finding::RsaSize { number, subject: subject(), bits });
        } else if let Some(what) = certificate.rsa_form.filter(|_| is_leaf) {
            found.push(Finding::UnusableByTls { reason: alloc::format!("an RSA key with {what}") });
        }
    }
    found
}
