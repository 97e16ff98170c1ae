//! How a client at a hub authenticates: by a token, a self-signed certificate, or a CA-signed certificate.

use super::token::check_token;
use crate::{
    chain::{Certificates, Facts, lead},
    config::{Hub, Issued, Permission, Proof},
    journal::Refusal,
    sas::Token,
};

/// The identity that a client claims.
pub(crate) struct Claimant<'a> {
    /// `devices/id…`, which a token's resource has to cover.
    pub(crate) path: &'a str,
    /// `device` or `device/module`, the common name of a CA-signed certificate.
    pub(crate) name: &'a str,
    pub(crate) proof: Proof<'a>,
    /// The certificates that were issued for it.
    pub(crate) issued: &'a [Issued],
}

/// Whether a client proves the identity that it claims: with a token or with certificates, but not with both. It is not
/// documented which of the two a hub would use. A certificate that was issued for it proves a device whatever it
/// authenticates with otherwise. Returns when the token expires; certificates are not checked again.
pub(crate) fn prove(
    hub: &Hub,
    now: u64,
    claimant: &Claimant<'_>,
    token: Option<&[u8]>,
    chain: &Certificates,
) -> Result<Option<u64>, Refusal> {
    if let Some(issued) = issued(claimant, chain)?.filter(|_| token.is_none_or(<[u8]>::is_empty)) {
        if issued.revoked {
            return Err(Refusal::Revoked);
        }
        return lead(chain, [(issued.root.clone(), ())], now).map(|()| None);
    }
    let token = match (token.filter(|token| !token.is_empty()), claimant.proof) {
        (Some(_), _) if !chain.is_empty() => return Err(Refusal::TwoCredentials),
        (None, Proof::Keys(_)) if chain.is_empty() => return Err(Refusal::NoPassword),
        (None, Proof::Keys(_)) => return Err(Refusal::NotByCertificate),
        (None, Proof::Nothing) if !chain.is_empty() => return Err(Refusal::NotByCertificate),
        (_, Proof::Nothing) | (Some(_), Proof::Thumbprints(_) | Proof::Authority) => return Err(Refusal::NotByKey),
        (None, Proof::Thumbprints(_) | Proof::Authority) => None,
        (Some(token), Proof::Keys(keys)) => Some((token, keys)),
    };
    if let Some((token, keys)) = token {
        let token = std::str::from_utf8(token).ok().and_then(Token::parse).ok_or(Refusal::NoToken)?;
        return check_token(hub, now, &token, claimant.path, keys, Permission::DeviceConnect).map(Some);
    }
    let leaf = Facts::read(chain.first().ok_or(Refusal::NoCertificate)?)?;
    if let Proof::Thumbprints(known) = claimant.proof {
        leaf.check_thumbprints(known)?;
        return leaf.check_dates(now).map(|()| None);
    }
    trusts(hub, now, chain)?;
    leaf.check_common_name(claimant.name, |name, expected| name == expected)?;
    Ok(None)
}

/// The record of the client's certificate, if it was issued for the identity that it claims.
fn issued<'a>(claimant: &Claimant<'a>, chain: &Certificates) -> Result<Option<&'a Issued>, Refusal> {
    if claimant.issued.is_empty() {
        return Ok(None);
    }
    let Some(leaf) = chain.first() else { return Ok(None) };
    let leaf = Facts::read(leaf)?;
    Ok(claimant.issued.iter().find(|issued| issued.sha256 == leaf.sha256))
}

/// Whether a chain leads to a CA of the hub, possession of whose key was proved.
pub(crate) fn trusts(hub: &Hub, now: u64, chain: &Certificates) -> Result<(), Refusal> {
    let these = |verified| hub.authorities.iter().filter(move |authority| authority.verified == verified);
    // The verified ones first: one CA may be registered twice.
    let known = these(true).chain(these(false));
    let authority = lead(chain, known.filter_map(|known| Some((known.certificate.der()?, known))), now)?;
    if authority.verified {
        return Ok(());
    }
    Err(Refusal::UnverifiedAuthority { name: authority.name().unwrap_or_default() })
}
