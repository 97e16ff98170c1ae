use super::{Thumbprint, ThumbprintKind};
use crate::journal::Refusal;
use ring::digest;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// The content of a certificate, as far as the emulator needs it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) common_name: Option<String>,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) serial: String,
    pub(crate) version: u32,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    /// Its basic constraints' `cA`.
    pub(crate) is_ca: bool,
    /// Its basic constraints' `pathLenConstraint`.
    pub(super) path_length: Option<u32>,
    /// `keyCertSign`, or no `keyUsage`.
    pub(crate) may_sign_certificates: bool,
    /// `clientAuth` or `anyExtendedKeyUsage`, or no extended key usage.
    pub(super) may_authenticate_clients: bool,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
}

impl Facts {
    pub(crate) fn read(der: &[u8]) -> Result<Self, Refusal> {
        let fault = |error: &dyn std::fmt::Display| Refusal::Chain { fault: error.to_string() };
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| fault(&error))?;
        let constraints = certificate.basic_constraints().map_err(|error| fault(&error))?;
        let usage = certificate.key_usage().map_err(|error| fault(&error))?;
        let extended = certificate.extended_key_usage().map_err(|error| fault(&error))?;
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
            is_ca: constraints.as_ref().is_some_and(|it| it.value.ca),
            path_length: constraints.and_then(|it| it.value.path_len_constraint),
            may_sign_certificates: usage.is_none_or(|it| it.value.key_cert_sign()),
            may_authenticate_clients: extended.is_none_or(|it| it.value.client_auth || it.value.any),
            sha1: hex(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: hex(&digest::SHA256),
        })
    }

    /// Whether it is valid at this time.
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
        // By the digest of the registered ones, so that they can be compared.
        let presented = known.into_iter().flatten().next().map_or(&self.sha256, own);
        Err(Refusal::Thumbprint { presented: presented.clone() })
    }
}
