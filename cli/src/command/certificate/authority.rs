//! The CA that signs, read from its files.

use super::{
    ca_key::CaKey,
    issue::{Issuer, Term},
    options::Signer,
};
use crate::{
    system::clock,
    terminal::{failure::Failure, stderr},
};
use defender_auth::{
    UnixTime, agent,
    x509::{Certificate, Chain, Finding, PrivateKey, Purpose, check},
};
use rcgen::{Issuer as RcgenIssuer, KeyPair};
use std::sync::Arc;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// A CA with its key.
pub(super) struct Authority {
    pub(super) issuer: Issuer,
    pub(super) not_after: UnixTime,
    /// Whether it may sign other CAs.
    pub(super) may_sign_authorities: bool,
}

impl Authority {
    pub(super) fn load(signer: &Signer) -> Result<Self, Failure> {
        let place = signer.sign_with.display();
        let wrong = |what: String| Failure::at(&place, what);
        let opened = signer.unlock.read(Some(&signer.sign_key))?.open(&signer.sign_key)?;
        let given = agent::chain_file(&signer.sign_with)?;
        let in_memory = opened.in_memory_of_process().cloned();
        let elsewhere = if in_memory.is_none() { Some(opened.into_private_key()?) } else { None };
        let chain = match (&in_memory, &elsewhere) {
            (Some(key), _) => given.for_key(key),
            (None, Some(key)) => given.with_private_key(Arc::clone(key)).ok().and_then(|both| Chain::of(&both)),
            (None, None) => None,
        };
        let chain = chain.ok_or_else(|| {
            let what = format!("it is not the key of a certificate in {place}; give the key of the CA that signs");
            Failure::at(&signer.sign_key, what)
        })?;
        let now = clock::now();
        links(&chain, in_memory.as_ref(), now).map_err(wrong)?;
        let Some(first) = chain.linked().first() else { return Err(wrong("there is no certificate in it".into())) };
        // The library checks what services check; a signer has to check more.
        let (_, ca) = X509Certificate::from_der(first.der())
            .map_err(|_| wrong("its first certificate cannot be read; get it issued again".into()))?;
        signs(first, &ca, now).map_err(wrong)?;
        let constraints = ca.basic_constraints().ok().flatten();
        let above: Vec<_> = chain.linked().iter().filter(|it| !it.is_self_signed()).map(Certificate::to_pem).collect();
        let key = match in_memory {
            Some(key) => KeyPair::try_from(key.expose_pkcs8()).ok().map(CaKey::Memory),
            None => elsewhere.and_then(CaKey::elsewhere),
        };
        let key = key.ok_or_else(|| {
            Failure::at(&signer.sign_key, "a key of this kind cannot sign certificates here; use an EC key")
        })?;
        Ok(Self {
            not_after: first.not_after(),
            may_sign_authorities: constraints.and_then(|it| it.value.path_len_constraint) != Some(0),
            issuer: Issuer {
                signer: RcgenIssuer::from_ca_cert_der(&first.der().into(), key)
                    .map_err(|error| wrong(format!("{error}; use a CA with a plain name")))?,
                subject: ca.subject().as_raw().to_vec(),
                chain: above.concat(),
            },
        })
    }
}

/// Whether each certificate was signed by the next.
fn links(chain: &Chain, key: Option<&PrivateKey>, now: UnixTime) -> Result<(), String> {
    let found = check(chain, key, Purpose::Any, now);
    let is_broken = |finding: &&Finding| {
        matches!(finding, Finding::BrokenLink { .. } | Finding::NotCa { .. } | Finding::NoCertSign { .. })
    };
    let broken = found.iter().find(is_broken);
    broken.map_or(Ok(()), |finding| Err(finding.to_string()))
}

/// Whether it is a CA that may sign now.
fn signs(first: &Certificate, ca: &X509Certificate<'_>, now: UnixTime) -> Result<(), String> {
    if !first.is_ca() {
        return Err("the certificate of this key is not a CA certificate (basicConstraints); give a CA".into());
    }
    if ca.key_usage().ok().flatten().is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("the CA's key usage does not allow it to sign certificates (keyCertSign); use another CA".into());
    }
    if ca.subject().iter().any(|part| part.iter().count() != 1) {
        return Err(
            "a relative distinguished name of the CA's subject has several values; use a CA with a plain name".into()
        );
    }
    let (begin, end) = (first.not_before(), first.not_after());
    if first.not_after() <= now {
        return Err(format!("the CA expired at {end}; make a new one, or check this system's clock"));
    }
    if first.not_before() > now {
        return Err(format!("the CA is not valid before {begin}; check this system's clock"));
    }
    Ok(())
}

/// A chain is valid only while all of it is.
pub(super) fn warn_of_early_expiry(ca: &Authority, term: Term, place: impl std::fmt::Display) {
    if ca.not_after < term.not_after {
        let end = ca.not_after;
        stderr::warning(format_args!(
            "{place}: the CA expires at {end}, before the certificate that it signs; services reject both from then on"
        ));
    }
}
