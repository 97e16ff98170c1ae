//! How somebody at a hub proves who it is: by a token, by a certificate of its own, or by one of an authority.

use crate::{
    Refusal,
    chain::{Certificates, Facts, lead},
    config::{Authentication, Hub, Key, Thumbprint},
    login::check_token,
    sas::Token,
};

/// What a hub knows somebody by.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    Keys([Option<&'a Key>; 2]),
    Thumbprints([Option<&'a Thumbprint>; 2]),
    Authority,
    Nothing,
}

impl<'a> Proof<'a> {
    pub(crate) const fn of(
        authentication: Authentication,
        keys: [Option<&'a Key>; 2],
        thumbprints: [Option<&'a Thumbprint>; 2],
    ) -> Self {
        match authentication {
            Authentication::Sas => Self::Keys(keys),
            Authentication::SelfSigned => Self::Thumbprints(thumbprints),
            Authentication::CertificateAuthority => Self::Authority,
            Authentication::None => Self::Nothing,
        }
    }
}

/// Who it is to be.
pub(crate) struct Claimant<'a> {
    /// `hub/devices/id…`, which a token has to be good for.
    pub(crate) path: &'a str,
    /// `device` or `device/module`, which is the common name of an authority's certificate.
    pub(crate) name: &'a str,
    pub(crate) proof: Proof<'a>,
}

/// Whether what a client has given proves that it is who it says: a token, or certificates, but not both. Hubs do not say
/// which of the two would count.
pub(crate) fn check(
    hub: &Hub,
    now: u64,
    claimant: &Claimant<'_>,
    token: Option<&[u8]>,
    chain: &Certificates,
) -> Result<(), Refusal> {
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
        return check_token(hub, now, &token, claimant.path, keys);
    }
    let leaf = Facts::read(chain.first().ok_or(Refusal::NoCertificate)?)?;
    if let Proof::Thumbprints(known) = claimant.proof {
        leaf.check_thumbprints(known)?;
        return leaf.check_dates(now);
    }
    trusts(hub, now, chain)?;
    leaf.check_common_name(claimant.name, |name, expected| name == expected)
}

/// Whether certificates lead to an authority of the hub whose key somebody has proved to have.
pub(crate) fn trusts(hub: &Hub, now: u64, chain: &Certificates) -> Result<(), Refusal> {
    let these = |verified| hub.authorities.iter().filter(move |authority| authority.verified == verified);
    // Those with a proof first: the same authority may be there twice.
    let known = these(true).chain(these(false));
    let authority = lead(chain, known.filter_map(|known| Some((known.certificate.der()?, known))), now)?;
    if authority.verified {
        return Ok(());
    }
    Err(Refusal::UnverifiedAuthority { name: authority.name().unwrap_or_default() })
}
