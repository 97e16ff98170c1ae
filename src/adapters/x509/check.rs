//! Everything about a certificate that can be known before a service is asked.

use super::{
    certificate::{Certificate, Signature},
    chain::Chain,
    finding::{Compared, Finding, Findings, Severity},
    key::PrivateKey,
};
use crate::{
    base::time::UnixTime,
    identity::{DeviceId, RegistrationId},
};
use alloc::{borrow::ToOwned as _, vec::Vec};

const DAY: u64 = 86_400;

/// What the certificate is for, and with it the id that it has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose<'a> {
    /// Not known: no id is compared.
    Any,
    /// A device of a hub.
    Hub(&'a DeviceId),
    /// A registration with the provisioning service, individual or with a group.
    Provisioning(&'a RegistrationId),
    /// An individual enrollment of IoT Central.
    CentralIndividual(&'a DeviceId),
}

/// Looks at a chain, and at the key where there is one, as the services will at the time `now`.
#[must_use]
pub fn check(chain: &Chain, key: Option<&PrivateKey>, purpose: Purpose<'_>, now: UnixTime) -> Findings {
    let mut found = Vec::new();
    if let Some(leaf) = chain.leaf() {
        if key.is_some_and(|key| key.public_key() != leaf.public_key()) {
            found.push(Finding::KeyMismatch);
        }
        found.extend(usage(leaf));
        found.extend(names(leaf, purpose));
    }
    found.extend(links(chain));
    found.extend(dates(chain, now));
    found.extend(strength(chain));
    Findings::new(found)
}

/// The certificates that are sent, counted.
fn counted(chain: &Chain) -> impl Iterator<Item = (usize, &Certificate)> {
    (1..).zip(chain.linked())
}

fn usage(leaf: &Certificate) -> Vec<Finding> {
    let mut found = Vec::new();
    if leaf.client_auth == Some(false) {
        found.push(Finding::NotForClients);
    }
    if leaf.digital_signature == Some(false) {
        found.push(Finding::NotForSignatures);
    }
    if leaf.is_ca {
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

fn names(leaf: &Certificate, purpose: Purpose<'_>) -> Vec<Finding> {
    let (compared, id) = match purpose {
        Purpose::Any => return Vec::new(),
        Purpose::Hub(id) | Purpose::CentralIndividual(id) => (Compared::DeviceId, id.as_str()),
        Purpose::Provisioning(id) => (Compared::RegistrationId, id.as_str()),
    };
    // A hub knows a self-signed certificate by its thumbprint and does not read its name.
    let by_thumbprint = matches!(purpose, Purpose::Hub(_)) && leaf.is_self_signed();
    let expected = || id.to_owned();
    let mut found = Vec::new();
    match leaf.common_name() {
        Some(name) if name == id => {}
        None | Some("") if by_thumbprint => {}
        None | Some("") => found.push(Finding::CommonNameAbsent { compared, expected: expected() }),
        Some(name) => {
            // Registration ids are the same in either case; the device that comes of them is not.
            let case = matches!(purpose, Purpose::Provisioning(_)) && name.eq_ignore_ascii_case(id);
            let severity = if by_thumbprint || case { Severity::Warning } else { Severity::Refused };
            found.push(Finding::CommonNameDiffers { compared, expected: expected(), found: printable(name), severity });
        }
    }
    if matches!(purpose, Purpose::CentralIndividual(_)) {
        let issuer = leaf.issuer_common_name().unwrap_or_default();
        if issuer != id {
            found.push(Finding::CentralIssuer { expected: expected(), found: printable(issuer) });
        }
        if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            found.push(Finding::CentralId { id: expected() });
        }
    }
    found
}

/// A name from a file, as it may be printed.
fn printable(name: &str) -> alloc::string::String {
    name.chars().filter(|c| !c.is_control()).take(128).collect()
}

fn links(chain: &Chain) -> Vec<Finding> {
    let mut found = Vec::new();
    if chain.was_reordered() {
        found.push(Finding::Reordered);
    }
    for ((number, below), (above_number, above)) in counted(chain).zip(counted(chain).skip(1)) {
        if below.signed_by(above) == Signature::Bad {
            found.push(Finding::BrokenLink { number, subject: below.subject().to_owned() });
        }
        if !above.is_ca {
            found.push(Finding::NotCa { number: above_number, subject: above.subject().to_owned() });
        }
    }
    if let Some((number, last)) = counted(chain).last() {
        if !last.is_self_signed() {
            found.push(Finding::IssuerAbsent { number, issuer: last.issuer().to_owned() });
        } else if number > 1 {
            found.push(Finding::RootIncluded);
        }
    }
    let unrelated = (chain.linked().len() + 1..).zip(chain.unrelated());
    found.extend(unrelated.map(|(number, other)| Finding::Unrelated { number, subject: other.subject().to_owned() }));
    found
}

fn dates(chain: &Chain, now: UnixTime) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, certificate) in counted(chain) {
        let (subject, at) = (certificate.subject().to_owned(), certificate.not_after());
        let days = at.since(now).as_secs() / DAY;
        if now < certificate.not_before() {
            found.push(Finding::NotYetValid { number, subject, at: certificate.not_before() });
        } else if at < now {
            found.push(Finding::Expired { number, subject, at });
        } else if days < Finding::SOON {
            found.push(Finding::ExpiresSoon { number, subject, days, at });
        }
    }
    if found.is_empty()
        && let Some(at) = counted(chain).map(|(_, certificate)| certificate.not_after()).min()
    {
        found.push(Finding::DaysLeft { days: at.since(now).as_secs() / DAY, at });
    }
    found
}

fn strength(chain: &Chain) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, certificate) in counted(chain) {
        let subject = certificate.subject();
        let own = certificate.is_self_signed();
        // Nobody looks at the signature of a root.
        if let Some(hash) = certificate.weak_hash.filter(|_| !own || number == 1) {
            let severity = if own { Severity::Warning } else { Severity::Refused };
            found.push(Finding::WeakSignature { number, subject: subject.to_owned(), hash, severity });
        }
        if let Some(kind) = &certificate.odd_key {
            found.push(Finding::KeyKind { number, subject: subject.to_owned(), kind: kind.clone() });
        }
        if let Some(bits) = certificate.rsa_bits.filter(|bits| !(2048..=4096).contains(bits)) {
            found.push(Finding::RsaSize { number, subject: subject.to_owned(), bits });
        }
    }
    found
}
