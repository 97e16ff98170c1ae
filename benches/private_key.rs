//! What a key that signs where it is adds to a TLS handshake: `cargo bench --bench private_key --features private-key,tls`.
//!
//! Client and server are in one process and exchange bytes in memory. The handshake with a software key of the same kind,
//! that with the key, and the key's signature alone are measured in turn, so that all meet the same machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a bench that cannot go on has failed")]

#[cfg(all(feature = "tpm", unix))]
#[path = "../tests/support/scratch.rs"]
mod scratch;
#[path = "measure/softhsm.rs"]
mod softhsm;
#[cfg(all(feature = "tpm", unix))]
#[allow(dead_code, clippy::panic, reason = "the tests of the TPM need all of it")]
#[path = "../tests/tpm/swtpm.rs"]
mod swtpm;

use defender_auth::{
    credential::{ClientCertificate, Issuer},
    key::{PrivateKey, PrivateKeyError, SignatureScheme},
    private_key::MemoryKey,
    tls::{Roots, client_config_with},
    x509::{self, Curve},
};
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use std::{
    hint::black_box,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use x509_parser::{prelude::FromDer as _, x509::SubjectPublicKeyInfo};

const HOST: &str = "contoso.azure-devices.net";
/// Handshakes of each kind.
const ROUNDS: usize = 101;

type Key = Arc<dyn PrivateKey>;

/// The keys to measure, each with a name. A key in hardware is added here, when the machine has it.
fn keys() -> Vec<(&'static str, Key)> {
    let memory = |kind| MemoryKey::new(&software(kind)).unwrap();
    let slow = |kind, millis| Arc::new(Slow { key: memory(kind), time: Duration::from_millis(millis) });
    let mut keys: Vec<(_, Key)> = vec![
        ("P-256 in memory: what the trait adds", Arc::new(memory(SignatureScheme::EcdsaP256Sha256))),
        ("P-256 that takes 1 ms", slow(SignatureScheme::EcdsaP256Sha256, 1)),
        ("P-256 that takes 20 ms", slow(SignatureScheme::EcdsaP256Sha256, 20)),
        ("P-384 that takes 3 ms", slow(SignatureScheme::EcdsaP384Sha384, 3)),
        ("RSA-2048 that takes 3 ms", slow(SignatureScheme::RsaPssSha256, 3)),
    ];
    keys.extend(softhsm::keys());
    keys
}

/// Keys in a TPM in software, if the machine has one. It ends with this program.
#[cfg(all(feature = "tpm", unix))]
fn keys_in_a_tpm(swtpm: &swtpm::Swtpm) -> Vec<(&'static str, Key)> {
    use defender_auth::{
        error::TpmKeyKind,
        private_key::TpmKey,
        tpm::{Parent, SharedTpm},
    };
    let tpm = SharedTpm::new(swtpm.client());
    let kinds = [
        ("P-256 in a TPM", TpmKeyKind::P256),
        ("P-384 in a TPM", TpmKeyKind::P384),
        ("RSA-2048 in a TPM", TpmKeyKind::Rsa { bits: 2048 }),
    ];
    let opened = kinds.map(|(name, kind)| -> (&'static str, Key) {
        let file = tpm.lock().create_key(kind, Parent::StorageRoot, None).unwrap();
        (name, Arc::new(TpmKey::open(&tpm, &file, None).unwrap()))
    });
    opened.into()
}

/// A key in memory of the kind that this scheme is for.
fn software(scheme: SignatureScheme) -> x509::PrivateKey {
    const RSA: &[u8] = include_bytes!("../tests/x509/data/rsa2048.pkcs8.pem");
    match scheme {
        SignatureScheme::EcdsaP256Sha256 => x509::PrivateKey::generate(Curve::P256),
        SignatureScheme::EcdsaP384Sha384 => x509::PrivateKey::generate(Curve::P384),
        _ => x509::PrivateKey::from_pem(RSA, None),
    }
    .unwrap()
}

/// A key whose holder needs this time more.
#[derive(Debug)]
struct Slow {
    key: MemoryKey,
    time: Duration,
}

impl PrivateKey for Slow {
    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        self.key.schemes()
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        thread::sleep(self.time);
        self.key.sign(scheme, message)
    }
}

/// The authority of client and server.
struct Authority {
    issuer: rcgen::Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    pem: String,
}

/// The public half of a key, to be certified.
struct Certified<'a>(SubjectPublicKeyInfo<'a>);

impl PublicKeyData for Certified<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.0.subject_public_key.data
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.0.subject_public_key.data.len() {
            65 => &PKCS_ECDSA_P256_SHA256,
            97 => &PKCS_ECDSA_P384_SHA384,
            _ => &PKCS_RSA_SHA256,
        }
    }
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        Self { root: root.der().clone(), pem: root.pem(), issuer: rcgen::Issuer::new(params, key) }
    }

    /// A chain for this public key.
    fn chain(&self, public: &[u8]) -> Vec<Vec<u8>> {
        let public = Certified(SubjectPublicKeyInfo::from_der(public).unwrap().1);
        vec![CertificateParams::default().signed_by(&public, &self.issuer).unwrap().der().to_vec()]
    }

    fn client(&self, certificate: &ClientCertificate, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
        let made = client_config_with(Roots::Pem(self.pem.as_bytes()), certificate).unwrap();
        // The same for one version.
        let mut config = ClientConfig::builder_with_provider(Arc::clone(made.crypto_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(self.roots())
            .with_client_cert_resolver(Arc::clone(&made.client_auth_cert_resolver));
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        roots
    }

    fn server(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new([HOST.into()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(self.roots().into(), Arc::clone(&provider));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.send_tls13_tickets = 0;
        Arc::new(config)
    }
}

/// A handshake to its end on both sides.
fn handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> Duration {
    let begin = Instant::now();
    let mut client = ClientConnection::new(Arc::clone(client), HOST.try_into().unwrap()).unwrap();
    let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut bytes = wire.as_slice();
        while !bytes.is_empty() {
            server.read_tls(&mut bytes).unwrap();
            server.process_new_packets().unwrap();
        }
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut bytes = wire.as_slice();
        while !bytes.is_empty() {
            client.read_tls(&mut bytes).unwrap();
            client.process_new_packets().unwrap();
        }
    }
    assert!(server.peer_certificates().is_some_and(|chain| !chain.is_empty()));
    begin.elapsed()
}

/// A signature by itself, of a message as long as that of TLS 1.3.
fn signature(key: &Key) -> Duration {
    let begin = Instant::now();
    black_box(key.sign(key.schemes()[0], black_box(&[7; 130])).unwrap());
    begin.elapsed()
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    if softhsm::run_with_a_token() {
        return;
    }
    let authority = Authority::new();
    let server = authority.server();
    #[cfg_attr(not(all(feature = "tpm", unix)), expect(unused_mut, reason = "a TPM adds keys"))]
    let mut keys = keys();
    #[cfg(all(feature = "tpm", unix))]
    let swtpm = swtpm::is_installed().then(swtpm::Swtpm::new);
    #[cfg(all(feature = "tpm", unix))]
    keys.extend(swtpm.iter().flat_map(keys_in_a_tpm));
    for (name, key) in keys {
        // As it is without the trait.
        let held = software(key.schemes()[0]);
        let chain = authority.chain(MemoryKey::new(&held).unwrap().public_key());
        let held = ClientCertificate::from_der(chain, held.expose_pkcs8(), Issuer::Authority);
        let chain = authority.chain(key.public_key());
        let elsewhere = ClientCertificate::with_private_key(chain, Arc::clone(&key), Issuer::Authority);
        for (version_name, version) in [("1.2", &TLS12), ("1.3", &TLS13)] {
            let [plain, own] = [&held, &elsewhere].map(|certificate| authority.client(certificate, version));
            let mut times = [(); 3].map(|()| Vec::with_capacity(ROUNDS));
            for _ in 0..ROUNDS {
                times[0].push(handshake(&plain, &server));
                times[1].push(signature(&key));
                times[2].push(handshake(&own, &server));
            }
            let [plain, alone, own] = times.map(|mut times| median(&mut times));
            println!(
                "{name:<42} TLS {version_name}  software {plain:>6.2} ms, signature {alone:>6.2} ms, handshake {own:>6.2} ms: \
                 {:>5.1} % of its limit, software + 1.2 × signature",
                own / (plain + 1.2 * alone) * 100.0
            );
        }
    }
}
