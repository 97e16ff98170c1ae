//! The CA of one emulator, and the server's certificate.

use super::verifier::AnyCertificate;
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

/// The validity unless configured: from yesterday, for clients whose clock is behind, to 90 days from now.
pub(super) fn validity(now: SystemTime) -> [SystemTime; 2] {
    [now - DAY, now + 90 * DAY]
}

/// A TLS configuration with a certificate for `names`, and the root to trust in PEM. Both certificates have this validity:
/// not before, not after.
pub(super) fn server(names: Vec<String>, validity: [SystemTime; 2]) -> Result<(Arc<ServerConfig>, String), Failure> {
    let set_validity = |params: &mut CertificateParams| -> Result<(), Failure> {
        let time = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH);
        let [from, to] = validity;
        let (from, to) = (time(from)?, time(to)?);
        if to < from || to > LATEST {
            return Err("the validity ends before it begins, or after the year 9999".into());
        }
        (params.not_before, params.not_after) = (date_time_ymd(1970, 1, 1) + from, date_time_ymd(1970, 1, 1) + to);
        Ok(())
    };
    let mut root = CertificateParams::new(Vec::new())?;
    set_validity(&mut root)?;
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root.distinguished_name.push(DnType::CommonName, "defender-auth emulator root, for tests only");
    let root_key = KeyPair::generate()?;
    let root_pem = root.self_signed(&root_key)?.pem();
    let issuer = Issuer::new(root, root_key);

    let mut leaf = CertificateParams::new(names)?;
    set_validity(&mut leaf)?;
    leaf.distinguished_name.push(DnType::CommonName, "defender-auth emulator");
    leaf.use_authority_key_identifier_extension = true;
    let leaf_key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&leaf_key, &issuer)?.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));

    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(AnyCertificate(provider)))
        .with_single_cert(vec![certificate], key)?;
    Ok((Arc::new(config), root_pem))
}
