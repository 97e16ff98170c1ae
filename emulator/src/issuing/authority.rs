//! The authority: a root and as many intermediates below it as a policy asks for.

use super::request::Request;
use crate::{
    base::Moment,
    chain::Facts,
    config::{Issued, Issuing},
    fault::ChainFault,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, Error, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use std::time::{Duration, SystemTime};

/// The authority. Its certificates are made when they are needed.
#[derive(Default)]
pub(crate) struct Authority {
    /// The root, then each intermediate below the one before it.
    levels: Vec<Level>,
}

struct Level {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The root.
    pub(crate) fn root(&mut self) -> Result<CertificateDer<'static>, String> {
        self.level(0).map(|level| level.certificate.clone()).map_err(|error| error.to_string())
    }

    /// Issues a certificate. Returns its record, and the chain as base64 texts.
    pub(crate) fn issue(
        &mut self,
        request: &Request,
        policy: &Issuing,
        now: Moment,
        fault: Option<ChainFault>,
    ) -> Result<(Issued, Vec<String>), String> {
        self.certify(request, policy, now, fault).map_err(|error| format!("the authority failed: {error}"))
    }

    fn certify(
        &mut self,
        request: &Request,
        policy: &Issuing,
        now: Moment,
        fault: Option<ChainFault>,
    ) -> Result<(Issued, Vec<String>), Error> {
        let depth = if fault == Some(ChainFault::TooLong) { 7 } else { policy.depth };
        let name = if fault == Some(ChainFault::AnotherName) { "another-name" } else { &request.common_name };
        let mut params = params(name);
        let life = u64::from(policy.days) * 86_400;
        let [from, to] = match fault {
            Some(ChainFault::Expired) => [now.seconds().saturating_sub(life), now.seconds().saturating_sub(3600)],
            _ => [now.seconds(), now.seconds().saturating_add(life)],
        };
        params.not_before = time(from).into();
        params.not_after = time(to).into();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let other;
        let leaf = if fault == Some(ChainFault::AnotherKey) {
            other = KeyPair::generate()?;
            self.sign(&params, &other, depth - 2)?
        } else {
            self.sign(&params, request, depth - 2)?
        };
        let root = self.level(0)?.certificate.clone();
        let facts = Facts::read(&leaf).map_err(|_| Error::CouldNotParseCertificate)?;
        let common_name = request.common_name.clone();
        let issued = Issued { common_name, sha256: facts.sha256, root, revoked: false };
        let above = self.levels.iter().take(depth - 1).rev().map(|level| level.certificate.clone());
        let mut chain: Vec<Vec<u8>> = std::iter::once(leaf).chain(above).map(|der| der.to_vec()).collect();
        match fault {
            Some(ChainFault::Reversed) => chain.reverse(),
            Some(ChainFault::BadSignature) => {
                chain.iter_mut().take(1).filter_map(|leaf| leaf.last_mut()).for_each(|byte| *byte ^= 1);
            }
            _ => {}
        }
        let mut texts: Vec<String> = chain.iter().map(|der| data_encoding::BASE64.encode(der)).collect();
        match fault {
            Some(ChainFault::NotBase64) => texts.iter_mut().take(1).for_each(|text| text.insert(0, '!')),
            Some(ChainFault::Absent) => texts.clear(),
            _ => {}
        }
        Ok((issued, texts))
    }

    fn sign(
        &mut self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
        level: usize,
    ) -> Result<CertificateDer<'static>, Error> {
        let issuer = &self.level(level)?.issuer;
        params.signed_by(key, issuer).map(|certificate| certificate.der().clone())
    }

    /// The root is level 0.
    fn level(&mut self, level: usize) -> Result<&Level, Error> {
        while self.levels.len() <= level {
            let mut params =
                params(&format!("defender-auth emulator issuing CA {}, for tests only", self.levels.len()));
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2100, 1, 1));
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            let key = KeyPair::generate()?;
            let certificate = match self.levels.last() {
                Some(above) => params.signed_by(&key, &above.issuer)?,
                None => params.self_signed(&key)?,
            };
            self.levels.push(Level { certificate: certificate.der().clone(), issuer: Issuer::new(params, key) });
        }
        self.levels.get(level).ok_or(Error::CouldNotParseCertificate)
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params
}

fn time(seconds: u64) -> SystemTime {
    // The last second of the year 9999, which is the last one of a certificate.
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(253_402_300_799))
}
