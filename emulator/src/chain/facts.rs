use crate::{
    Refusal,
    config::{Thumbprint, ThumbprintKind},
};
use ring::digest;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// What a certificate says.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) common_name: Option<String>,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) serial: String,
    pub(crate) version: u32,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    /// Whether it may sign others.
    pub(crate) is_ca: bool,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
}

impl Facts {
    pub(crate) fn read(der: &[u8]) -> Result<Self, Refusal> {
        let read = X509Certificate::from_der(der);
        let (_, certificate) = read.map_err(|error| Refusal::Chain { fault: error.to_string() })?;
        let common_name = certificate.subject().iter_common_name().find_map(|name| name.as_str().ok());
        let hex = |algorithm| data_encoding::HEXUPPER.encode(digest::digest(algorithm, der).as_ref());
        Ok(Self {
            common_name: common_name.map(Into::into),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: data_encoding::HEXUPPER.encode(certificate.raw_serial()),
            version: certificate.version().0.saturating_add(1),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            is_ca: certificate.is_ca(),
            sha1: hex(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: hex(&digest::SHA256),
        })
    }

    /// Whether it is in force at this time.
    pub(crate) fn check_dates(&self, now: u64) -> Result<(), Refusal> {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let subject = || self.subject.clone();
        if now < self.not_before {
            return Err(Refusal::CertificateNotYetValid { subject: subject(), seconds: self.not_before.abs_diff(now) });
        }
        if now > self.not_after {
            return Err(Refusal::CertificateExpired { subject: subject(), seconds: now.abs_diff(self.not_after) });
        }
        Ok(())
    }

    /// Whether it has this common name.
    pub(crate) fn check_common_name(&self, expected: &str, is_same: fn(&str, &str) -> bool) -> Result<(), Refusal> {
        match &self.common_name {
            Some(name) if is_same(name, expected) => Ok(()),
            found => Err(Refusal::CommonName { expected: expected.into(), found: found.clone() }),
        }
    }

    /// Whether one of these is its thumbprint.
    pub(crate) fn check_thumbprints(&self, known: [Option<&Thumbprint>; 2]) -> Result<(), Refusal> {
        let own = |thumbprint: &Thumbprint| match thumbprint.kind() {
            Some(ThumbprintKind::Sha1) => &self.sha1,
            _ => &self.sha256,
        };
        if known.into_iter().flatten().any(|thumbprint| thumbprint.is(own(thumbprint))) {
            return Ok(());
        }
        // In the kind that it is known by, so that the two can be compared.
        let presented = known.into_iter().flatten().next().map_or(&self.sha256, own);
        Err(Refusal::Thumbprint { presented: presented.clone() })
    }
}
