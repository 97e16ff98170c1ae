//! The root of the emulator's servers, which may outlive it in files.

use super::ConfigError;
use crate::chain::Facts;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use std::{
    fmt,
    time::{Duration, SystemTime},
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

const DAY: Duration = Duration::from_secs(86_400);

/// How long a root is valid that is kept in files.
const KEPT: Duration = Duration::from_secs(3650 * 86_400);

/// A root certificate and its key, which a [world](crate::World::root) keeps from one start to the next.
#[derive(Clone)]
pub struct Root {
    certificate: String,
    key: String,
}

impl Root {
    /// A new root, which is valid for ten years.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn generate() -> Result<Self, ConfigError> {
        let now = SystemTime::now();
        let made = || {
            let mut params = root_params()?;
            let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            params.not_before = date_time_ymd(1970, 1, 1) + since(now - DAY);
            params.not_after = date_time_ymd(1970, 1, 1) + since(now + KEPT);
            let key = KeyPair::generate()?;
            let certificate = params.self_signed(&key)?.pem();
            Ok(Self { certificate, key: key.serialize_pem() })
        };
        made().map_err(|error: rcgen::Error| ConfigError::Root(error.to_string()))
    }

    /// The root of these PEM texts, as [`certificate_pem`](Self::certificate_pem) and [`key_pem`](Self::key_pem) have it.
    ///
    /// # Errors
    /// When the certificate has expired, or they are no root of an emulator.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, ConfigError> {
        let wrong = |fault: &str| ConfigError::Root(fault.into());
        let pair = KeyPair::from_pem(key).map_err(|_| wrong("the key is not one in PEM"))?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        let der = der.map_err(|_| wrong("the certificate is not one in PEM"))?;
        let facts = Facts::read(&der).map_err(|_| wrong("the certificate cannot be read"))?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| wrong("the certificate cannot be read"))?;
        if parsed.public_key().raw != pair.subject_public_key_info() {
            return Err(wrong("the key is another one than that of the certificate"));
        }
        if facts.common_name.as_deref() != Some(NAME) || !facts.is_ca {
            return Err(wrong("the certificate is not a root of an emulator"));
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        facts.check_dates(now.as_secs()).map_err(|reason| wrong(&reason.to_string()))?;
        Ok(Self { certificate: certificate.into(), key: key.into() })
    }

    /// The certificate, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The key, in PEM.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    pub(crate) fn issuer(&self) -> Result<Issuer<'static, KeyPair>, rcgen::Error> {
        Ok(Issuer::new(root_params()?, KeyPair::from_pem(&self.key)?))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Root(..)")
    }
}

/// The common name of every root.
const NAME: &str = "defender-auth emulator root, for tests only";

/// What a root says of itself, without its validity.
pub(crate) fn root_params() -> Result<CertificateParams, rcgen::Error> {
    let mut root = CertificateParams::new(Vec::new())?;
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root.distinguished_name.push(DnType::CommonName, NAME);
    Ok(root)
}
