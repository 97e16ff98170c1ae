//! The CA that signs, read from its files.

use super::{arguments::Signer, mistake};
use crate::{clock, failure::Failure, output};
use defender_auth::{
    UnixTime, agent,
    x509::{Certificate, Chain, Finding, PrivateKey, Purpose, check},
};
use rcgen::{Issuer, KeyPair};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// A CA with its key.
pub(super) struct Authority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    /// Its name as it is encoded: the issuer of what it signs must be the same, byte by byte.
    pub(super) subject: Vec<u8>,
    /// The intermediates of a certificate that it signs: itself and the CAs above it, without the root.
    pub(super) chain: String,
    /// The last second of its validity.
    pub(super) not_after: UnixTime,
    /// Whether it may sign other CAs.
    pub(super) may_sign_authorities: bool,
}

impl Authority {
    pub(super) fn load(signer: &Signer) -> Result<Self, Failure> {
        let place = signer.ca.display();
        let wrong = |what: String| mistake(&place, what);
        let (key, findings) = agent::private_key_file(&signer.ca_key, signer.unlock.passphrase()?.as_ref())?;
        output::warn(&findings);
        let chain = agent::chain_file(&signer.ca)?.for_key(&key).ok_or_else(|| {
            let what = format!("it is not the key of a certificate in {place}; give the key of the CA that signs");
            mistake(signer.ca_key.display(), what)
        })?;
        let now = clock::now();
        links(&chain, &key, now).map_err(wrong)?;
        let Some(first) = chain.linked().first() else { return Err(wrong("there is no certificate in it".into())) };
        // The library checks what services check; signing requires more.
        let (_, ca) = X509Certificate::from_der(first.der())
            .map_err(|_| wrong("its first certificate cannot be read; have it issued again".into()))?;
        signs(first, &ca, now).map_err(wrong)?;
        let constraints = ca.basic_constraints().ok().flatten();
        let above: Vec<_> = chain.linked().iter().filter(|it| !it.is_self_signed()).map(Certificate::to_pem).collect();
        let kind = key.algorithm();
        let key = KeyPair::try_from(key.expose_pkcs8())
            .map_err(|_| mistake(signer.ca_key.display(), format!("a key of kind {kind} cannot sign here")))?;
        Ok(Self {
            subject: ca.subject().as_raw().to_vec(),
            chain: above.concat(),
            not_after: first.not_after(),
            may_sign_authorities: constraints.and_then(|it| it.value.path_len_constraint) != Some(0),
            issuer: Issuer::from_ca_cert_der(&first.der().into(), key)
                .map_err(|error| wrong(format!("{error}; use a CA with a plain name")))?,
        })
    }
}

/// Whether each certificate was signed by the next.
fn links(chain: &Chain, key: &PrivateKey, now: UnixTime) -> Result<(), String> {
    let found = check(chain, Some(key), Purpose::Any, now);
    let is_broken = |finding: &&Finding| {
        matches!(finding, Finding::BrokenLink { .. } | Finding::NotCa { .. } | Finding::NoCertSign { .. })
    };
    let broken = found.iter().find(is_broken);
    broken.map_or(Ok(()), |finding| Err(finding.to_string()))
}

/// Whether it is a CA that may sign now.
fn signs(first: &Certificate, ca: &X509Certificate<'_>, now: UnixTime) -> Result<(), String> {
    if !first.is_ca() {
        return Err("the certificate of this key is not a CA's (basicConstraints); give a CA that signs".into());
    }
    if ca.key_usage().ok().flatten().is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("the CA's key usage does not allow it to sign certificates (keyCertSign); use another CA".into());
    }
    if ca.subject().iter().any(|part| part.iter().count() != 1) {
        return Err("the CA's name has several values in one part; use a CA with a plain name".into());
    }
    let (begin, end) = (clock::readable(first.not_before()), clock::readable(first.not_after()));
    if first.not_after() <= now {
        return Err(format!("the CA expired at {end}; create a new one, or check this clock"));
    }
    if first.not_before() > now {
        return Err(format!("the CA is not valid before {begin}; check this clock"));
    }
    Ok(())
}
