//! The CA of one emulator, and the server's certificates.

use super::{
    tls_versions::Offered,
    verifier::{AnyCertificate, Verdict},
};
use crate::config::{Root, TlsVersions, root_params};
#[cfg(target_os = "linux")]
use rcgen::{BasicConstraints, IsCa, KeyUsagePurpose};
use rcgen::{CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{
    error::Error,
    sync::{Arc, PoisonError, RwLock},
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
    validity: Validity,
    issuer: Issuer<'static, KeyPair>,
    root_pem: String,
    versions: TlsVersions,
    served: RwLock<Served>,
}

/// The names of the server, and its certificate for them.
struct Served {
    names: Vec<String>,
    server: Arc<Server>,
}

impl Authority {
    /// With a new root of the same validity, unless there is one.
    pub(super) fn new(
        names: Vec<String>,
        validity: Validity,
        versions: TlsVersions,
        root: Option<&Root>,
    ) -> Result<Self, Failure> {
        let (issuer, root_pem) = if let Some(root) = root {
            (root.issuer()?, root.certificate_pem().to_owned())
        } else {
            let mut root = root_params()?;
            set_validity(&mut root, validity)?;
            let key = KeyPair::generate()?;
            let root_pem = root.self_signed(&key)?.pem();
            (Issuer::new(root, key), root_pem)
        };
        let server = Arc::new(Server::new(&issuer, names.clone(), validity)?);
        Ok(Self { validity, issuer, root_pem, versions, served: RwLock::new(Served { names, server }) })
    }

    /// Has a certificate for these names from now on.
    pub(super) fn rename(&self, names: Vec<String>) -> Result<(), Failure> {
        let server = Arc::new(Server::new(&self.issuer, names.clone(), self.validity)?);
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Served { names, server };
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).names.clone()
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

    /// The versions of TLS for a client that names this server, or none.
    pub(super) fn offered(&self, name: Option<&str>) -> Offered {
        Offered::to(self.versions, name)
    }

    /// The server without a fault.
    pub(super) fn server(&self) -> Arc<Server> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner).server)
    }

    /// One whose certificate expired a day ago.
    pub(super) fn expired(&self) -> Result<Server, Failure> {
        let now = SystemTime::now();
        Server::new(&self.issuer, self.names(), [now - 2 * DAY, now - DAY])
    }

    /// One whose certificate is valid from tomorrow on.
    pub(super) fn not_yet_valid(&self) -> Result<Server, Failure> {
        let now = SystemTime::now();
        Server::new(&self.issuer, self.names(), [now + DAY, now + 2 * DAY])
    }

    /// One whose certificate is for another host name.
    pub(super) fn wrong_host(&self) -> Result<Server, Failure> {
        Server::new(&self.issuer, vec!["another-host.invalid".into()], self.validity)
    }

    /// One whose certificate has another root.
    pub(super) fn untrusted(&self) -> Result<Arc<Server>, Failure> {
        Ok(Self::new(self.names(), self.validity, self.versions, None)?.server())
    }
}

/// A certificate and its key.
pub(super) struct Server {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    /// Its configurations without a fault, which remember their sessions.
    usual: [Arc<ServerConfig>; 3],
}

impl Server {
    /// With a new certificate.
    fn new(issuer: &Issuer<'static, KeyPair>, names: Vec<String>, validity: Validity) -> Result<Self, Failure> {
        let mut leaf = CertificateParams::new(names)?;
        set_validity(&mut leaf, validity)?;
        leaf.distinguished_name.push(DnType::CommonName, "defender-auth emulator");
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, issuer)?.der().clone();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = |offered| configured(&certificate, &key, offered, Verdict::Accept);
        let usual = [config(Offered::All)?, config(Offered::Tls12)?, config(Offered::Tls13)?];
        Ok(Self { certificate, key, usual })
    }

    /// Its configuration for these versions of TLS.
    pub(super) fn config(&self, offered: Offered) -> Arc<ServerConfig> {
        let [all, tls12, tls13] = &self.usual;
        Arc::clone(match offered {
            Offered::All => all,
            Offered::Tls12 => tls12,
            Offered::Tls13 => tls13,
        })
    }

    /// The same with this verdict on the client's certificate.
    pub(super) fn with_verdict(&self, offered: Offered, verdict: Verdict) -> Result<Arc<ServerConfig>, Failure> {
        configured(&self.certificate, &self.key, offered, verdict)
    }
}

fn configured(
    certificate: &CertificateDer<'static>,
    key: &PrivatePkcs8KeyDer<'static>,
    offered: Offered,
    verdict: Verdict,
) -> Result<Arc<ServerConfig>, Failure> {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(offered.versions())?
        .with_client_cert_verifier(Arc::new(AnyCertificate { provider, verdict }))
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::from(key.clone_key()))?;
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
