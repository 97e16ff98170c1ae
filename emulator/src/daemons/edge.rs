//! The certificates that IoT Edge issues for its modules, below the emulator's root.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};
use std::time::{Duration, SystemTime};

/// How long a certificate is valid.
const LIFE: Duration = Duration::from_secs(30 * 86_400);

/// The authority of one device.
pub(super) struct Edge {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a certificate is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Client,
    Server,
}

/// A certificate, as the workload API tells it.
pub(super) struct Issued {
    pub(super) key: String,
    /// The leaf, and the authority above it.
    pub(super) chain: String,
    pub(super) expiration: String,
}

impl Edge {
    pub(super) fn new((issuer, pem): (Issuer<'static, KeyPair>, String)) -> Self {
        Self { issuer, pem }
    }

    /// With these DNS names, and this URI unless it is empty. `None` for names that no certificate has.
    pub(super) fn issue(&self, common_name: &str, names: &[&str], uri: &str, purpose: Purpose) -> Option<Issued> {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).into()).collect::<Vec<String>>()).ok()?;
        if !uri.is_empty() {
            params.subject_alt_names.push(SanType::URI(uri.try_into().ok()?));
        }
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match purpose {
            Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        // Without the fraction of a second, which a certificate has not.
        let ends = date_time_ymd(1970, 1, 1) + Duration::from_secs(now.as_secs()) + LIFE;
        (params.not_before, params.not_after) = (date_time_ymd(1970, 1, 1) + now - Duration::from_secs(86_400), ends);
        let key = KeyPair::generate().ok()?;
        let leaf = params.signed_by(&key, &self.issuer).ok()?.pem();
        let (date, time) = (ends.date(), ends.time());
        let expiration = format!("{date}T{:02}:{:02}:{:02}+00:00", time.hour(), time.minute(), time.second());
        Some(Issued { key: key.serialize_pem(), chain: leaf + &self.pem, expiration })
    }
}
