//! The registration ID that a client claims, and the enrollment that proves it.

use super::{
    challenge::{self, Challenges},
    request::{self, Asked},
    token,
};
use crate::{
    base::{Moment, PROFILE_VERSION},
    chain::{Certificates, Facts, lead},
    config::{Certificate, Dps, Enrollment, Key},
    journal::Refusal,
    sas,
    tpm::Tpm,
};

/// The result of checking a claim that is not refused.
pub(crate) enum Checked<'a> {
    Proved(Claim<'a>),
    /// The request names the enrolled TPM, which has yet to prove itself.
    Unproved(Tpm),
}

/// A registration ID that was proved.
pub(crate) struct Claim<'a> {
    pub(crate) registration_id: &'a str,
    pub(crate) enrollment: &'a Enrollment,
    /// The enrollment group.
    pub(crate) group: Option<&'a str>,
    pub(crate) credential: Credential<'a>,
    /// Whether the answers have the connection profile of the hub.
    pub(crate) tells_profile: bool,
}

/// The credential of the device.
pub(crate) enum Credential<'a> {
    /// Its keys, as base64.
    Keys(Vec<String>),
    Certificate {
        chain: &'a Certificates,
        leaf: Box<Facts>,
        /// The CA of the enrollment.
        signer: Option<Box<Facts>>,
    },
    /// A TPM, which has signed with the key of its challenge.
    Tpm(Tpm),
}

impl Claim<'_> {
    pub(crate) fn device_id(&self) -> &str {
        self.enrollment.device_id.as_deref().unwrap_or(self.registration_id)
    }
}

/// Checks the scope, the enrollment and the credential, in this order. An individual enrollment takes precedence over
/// every group.
pub(crate) fn check<'a>(
    dps: &'a Dps,
    challenges: &Challenges,
    now: Moment,
    asked: &Asked<'a>,
) -> Result<Checked<'a>, Refusal> {
    if dps.id_scope != asked.scope {
        return Err(Refusal::UnknownScope);
    }
    let own = dps.enrollments.iter().find(|enrollment| enrollment.id.eq_ignore_ascii_case(asked.registration_id));
    let known: Vec<Known<'a>> = if let Some(enrollment) = own {
        vec![Known { enrollment, group: None }]
    } else {
        let groups = dps.groups.iter().map(|group| &group.enrollment);
        groups.map(|group| Known { enrollment: group, group: Some(&group.id) }).collect()
    };
    if known.is_empty() {
        return Err(Refusal::UnknownEnrollment);
    }
    let token = asked.token.filter(|token| !token.is_empty());
    if token.is_some() && !asked.chain.is_empty() {
        return Err(Refusal::TwoCredentials);
    }
    if let [own] = known.as_slice()
        && let Some(enrolled) = own.enrollment.attestation.endorsement_key()
    {
        challenge::check_way(asked)?;
        let Some(token) = token else { return challenge::named(asked, &enrolled).map(Checked::Unproved) };
        let tpm = challenge::proved(dps, challenges, now, asked, token)?;
        return Ok(Checked::Proved(own.claim(asked, Credential::Tpm(tpm))));
    }
    let by_certificate = |known: &&Known<'_>| known.enrollment.attestation.is_by_certificate();
    let claim = match token {
        Some(_) if known.iter().all(|known| by_certificate(&known)) => Err(Refusal::NotByKey),
        Some(token) => by_token(dps, now, asked, &known, token),
        None if asked.chain.is_empty() && names_tpm(asked) => Err(Refusal::NotByTpm),
        None if asked.chain.is_empty() && known.iter().all(|known| by_certificate(&known)) => {
            Err(Refusal::NoCertificate)
        }
        None if asked.chain.is_empty() => Err(Refusal::NoToken),
        None => certified(now, asked, known.iter().filter(by_certificate)),
    };
    claim.map(Checked::Proved)
}

/// Whether the body names a TPM.
fn names_tpm(asked: &Asked<'_>) -> bool {
    request::body(asked).is_ok_and(|body| body.tpm.is_some())
}

/// An enrollment that the registration ID may belong to.
#[derive(Clone, Copy)]
struct Known<'a> {
    enrollment: &'a Enrollment,
    group: Option<&'a str>,
}

impl<'a> Known<'a> {
    /// The keys of the device: those of a group are derived.
    fn keys(self, registration_id: &str) -> Vec<String> {
        let keys = self.enrollment.attestation.keys().into_iter().flatten();
        if self.group.is_none() {
            return keys.map(|key| key.text().to_owned()).collect();
        }
        keys.filter_map(Key::decode).map(|key| sas::derive(&key, registration_id)).collect()
    }

    fn claim(self, asked: &Asked<'a>, credential: Credential<'a>) -> Claim<'a> {
        let tells_profile = asked.api_version >= PROFILE_VERSION;
        let Self { enrollment, group } = self;
        Claim { registration_id: asked.registration_id, enrollment, group, credential, tells_profile }
    }
}

fn by_token<'a>(
    dps: &Dps,
    now: Moment,
    asked: &Asked<'a>,
    known: &[Known<'a>],
    token: &str,
) -> Result<Claim<'a>, Refusal> {
    let registration_id = asked.registration_id;
    let token = token::read(dps, asked, token)?;
    let signed = |key: &String| Key::from(key.as_str()).decode().is_some_and(|key| token.is_signed_with(&key));
    let mut all = known.iter().map(|known| (known, known.keys(registration_id)));
    let (known, keys) = all.find(|(_, keys)| keys.iter().any(signed)).ok_or(Refusal::Signature)?;
    token.check_expiry(now.seconds())?;
    Ok(known.claim(asked, Credential::Keys(keys)))
}

fn certified<'a, 'k>(
    now: Moment,
    asked: &Asked<'a>,
    known: impl Iterator<Item = &'k Known<'a>>,
) -> Result<Claim<'a>, Refusal>
where
    'a: 'k,
{
    let chain = asked.chain;
    let leaf = Facts::read(chain.first().ok_or(Refusal::NoCertificate)?)?;
    let known: Vec<Known<'a>> = known.copied().collect();
    let own = known.iter().find(|known| known.group.is_none() && is_enrolled(known.enrollment, chain, &leaf));
    let (known, signer) = match own {
        Some(own) => {
            leaf.check_dates(now.seconds())?;
            (*own, None)
        }
        None => led(&known, chain, &leaf, now)?,
    };
    leaf.check_common_name(asked.registration_id, str::eq_ignore_ascii_case)?;
    Ok(known.claim(asked, Credential::Certificate { chain, leaf: Box::new(leaf), signer }))
}

/// Whether exactly this certificate is enrolled.
fn is_enrolled(enrollment: &Enrollment, chain: &Certificates, leaf: &Facts) -> bool {
    let certificates = enrollment.attestation.certificates().into_iter().flatten().filter_map(Certificate::der);
    leaf.check_thumbprints(enrollment.attestation.thumbprints()).is_ok()
        || certificates.into_iter().any(|der| chain.first() == Some(&der))
}

/// The enrollment, and its CA, that a chain leads to.
fn led<'a>(
    known: &[Known<'a>],
    chain: &Certificates,
    leaf: &Facts,
    now: Moment,
) -> Result<(Known<'a>, Option<Box<Facts>>), Refusal> {
    let Some(first) = known.first() else { return Err(Refusal::NotByCertificate) };
    let mut authorities = Vec::new();
    for known in known {
        for certificate in known.enrollment.attestation.certificates().into_iter().flatten() {
            if let (Some(der), Some(facts)) = (certificate.der(), certificate.facts().filter(|facts| facts.is_ca)) {
                authorities.push((der, (*known, Some(Box::new(facts)))));
            }
        }
    }
    if authorities.is_empty() {
        // The enrolled certificate is another one.
        leaf.check_thumbprints(first.enrollment.attestation.thumbprints())?;
    }
    lead(chain, authorities, now.seconds())
}
