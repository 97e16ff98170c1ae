//! The CA of one emulator, and the server's certificates.

use super::verifier::{AnyCertificate, Verdict};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};

type Failure = Box<dyn Error + Send + Sync>;

/// The last second of the year 9999, which is the last one of a certificate.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

const DAY: Duration = Duration::from_secs(86_400);

/// An authority below the root, and its certificate in PEM.
#[cfg(target_os = "linux")]
pub(crate) type Below = (Issuer<'static, KeyPair>, String);

/// The times of a certificate: not before, not after.
type Validity = [SystemTime; 2];

/// The validity unless configured: from yesterday, for clients whose clock is behind, to 90 days from now.
pub(super) fn validity(now: SystemTime) -> Validity {
    [now - DAY, now + 90 * DAY]
}

/// A root, and the certificate for a server with these names.
pub(super) struct Authority {
    names: Vec<String>,
    validity: Validity,
    issuer: Issuer<'static, KeyPair>,
    root_pem: String,
    config: Arc<ServerConfig>,
}

impl Authority {
    /// Both certificates have this validity.
    pub(super) fn new(names: Vec<String>, validity: Validity) -> Result<Self, Failure> {
        let mut root = CertificateParams::new(Vec::new())?;
        set_validity(&mut root, validity)?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        root.distinguished_name.push(DnType::CommonName, "defender-auth emulator root, for tests only");
        let key = KeyPair::generate()?;
        let root_pem = root.self_signed(&key)?.pem();
        let issuer = Issuer::new(root, key);
        let config = server(&issuer, names.clone(), validity, Verdict::Accept)?;
        Ok(Self { names, validity, issuer, root_pem, config })
    }

    /// The root to trust, in PEM.
    pub(super) fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// An authority below the root, and its certificate in PEM.
    #[cfg(target_os = "linux")]
    pub(super) fn below(&self, name: &str) -> Result<Below, Failure> {
        let mut params = CertificateParams::new(Vec::new())?;
        set_validity(&mut params, self.validity)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok((Issuer::new(params, key), pem))
    }

    /// The configuration without a fault.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// A server certificate that expired a day ago.
    pub(super) fn expired(&self) -> Result<Arc<ServerConfig>, Failure> {
        let now = SystemTime::now();
        server(&self.issuer, self.names.clone(), [now - 2 * DAY, now - DAY], Verdict::Accept)
    }

    /// A server certificate that is valid from tomorrow on.
    pub(super) fn not_yet_valid(&self) -> Result<Arc<ServerConfig>, Failure> {
        let now = SystemTime::now();
        server(&self.issuer, self.names.clone(), [now + DAY, now + 2 * DAY], Verdict::Accept)
    }

    /// A server certificate for another host name.
    pub(super) fn wrong_host(&self) -> Result<Arc<ServerConfig>, Failure> {
        server(&self.issuer, vec!["another-host.invalid".into()], self.validity, Verdict::Accept)
    }

    /// A server certificate of another root.
    pub(super) fn untrusted(&self) -> Result<Arc<ServerConfig>, Failure> {
        Ok(Self::new(self.names.clone(), self.validity)?.config)
    }

    /// The usual server certificate, and this verdict on the client's.
    pub(super) fn with_verdict(&self, verdict: Verdict) -> Result<Arc<ServerConfig>, Failure> {
        server(&self.issuer, self.names.clone(), self.validity, verdict)
    }
}

/// A TLS configuration with a new certificate.
fn server(
    issuer: &Issuer<'static, KeyPair>,
    names: Vec<String>,
    validity: Validity,
    verdict: Verdict,
) -> Result<Arc<ServerConfig>, Failure> {
    let mut leaf = CertificateParams::new(names)?;
    set_validity(&mut leaf, validity)?;
    leaf.distinguished_name.push(DnType::CommonName, "defender-auth emulator");
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, issuer)?.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));

    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(AnyCertificate { provider, verdict }))
        .with_single_cert(vec![certificate], key)?;
    Ok(Arc::new(config))
}

fn set_validity(params: &mut CertificateParams, validity: Validity) -> Result<(), Failure> {
    let [from, to] = validity;
    let from = from.duration_since(SystemTime::UNIX_EPOCH)?;
    let to = to.duration_since(SystemTime::UNIX_EPOCH)?;
    if to < from || to > LATEST {
        return Err("the validity ends before it begins, or after the year 9999".into());
    }
    (params.not_before, params.not_after) = (date_time_ymd(1970, 1, 1) + from, date_time_ymd(1970, 1, 1) + to);
    Ok(())
}
