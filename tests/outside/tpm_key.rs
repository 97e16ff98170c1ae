//! Keys in a TPM, before servers that others wrote.

use crate::{
    client, nginx,
    openssl::page,
    outside::{Authority, HUB, P256, Server, Version},
    provision,
    swtpm::Swtpm,
};
use defender_auth::{
    credential::{CertificateRequest, ClientCertificate},
    error::{AccessError, TlsFailure, TpmKeyKind},
    key::PrivateKey as _,
    private_key::TpmKey,
    tpm::{Connection, KeyFile, Parent, SharedTpm, TpmClient, Transport},
};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

const KINDS: [TpmKeyKind; 3] = [TpmKeyKind::P256, TpmKeyKind::P384, TpmKeyKind::Rsa { bits: 2048 }];

/// The certificate of a key, which the authority issues for its request.
fn certified<T: Transport + Send + 'static>(authority: &Authority, key: TpmKey<T>) -> ClientCertificate {
    let request = CertificateRequest::sign("dev-01", &key).unwrap();
    authority.certify(&request.to_pem()).with_private_key(Arc::new(key)).unwrap()
}

#[track_caller]
fn is_seen(authority: &Authority, version: Version, certificate: &ClientCertificate) {
    let page = page(authority, &Server::openssl(authority, version), certificate).unwrap();
    let version = format!("New, {},", version.name());
    for seen in ["Verify return code: 0 (ok)", "Subject: CN=dev-01", &version] {
        assert!(page.contains(seen), "no {seen:?} in {page}");
    }
}

#[test]
#[ignore = "needs swtpm, nginx and openssl, which `cargo xtask test` brings"]
fn openssl_and_nginx_verify_the_signatures_of_a_tpm() {
    let (swtpm, authority) = (Swtpm::new(), Authority::new(P256));
    let tpm = SharedTpm::new(swtpm.client());
    for kind in KINDS {
        let file = tpm.lock().create_key(kind, Parent::StorageRoot, None).unwrap();
        let certificate = certified(&authority, TpmKey::open(&tpm, &file, None).unwrap());
        for version in Version::BOTH {
            is_seen(&authority, version, &certificate);
            let server = nginx::start(&authority, "root.pem", version);
            let me = client(&authority, &server).authenticate(&provision(&certificate)).unwrap();
            assert_eq!(me.identity().to_string(), format!("{HUB}/devices/dev-01"), "{kind} {version:?}");
        }
    }
}

#[test]
#[ignore = "needs swtpm and openssl, which `cargo xtask test` brings"]
fn a_key_of_a_tpm_for_rsassa_pkcs1_alone_connects_with_tls_1_2() {
    let (swtpm, authority) = (Swtpm::new(), Authority::new(P256));
    swtpm.tool("createprimary -C o -G ecc -c parent.ctx");
    swtpm.tool("evictcontrol -C o -c parent.ctx 0x81000001");
    swtpm.tool("flushcontext -t");
    swtpm.tool("create -C 0x81000001 -G rsa2048:rsassa-sha256:null -u key.pub -r key.priv");
    swtpm.tool("flushcontext -t");
    swtpm.tool("encodeobject -C 0x81000001 -u key.pub -r key.priv -o key.pem");
    swtpm.tool("flushcontext -t");
    swtpm.tool("flushcontext -l");
    let file = KeyFile::from_pem(&swtpm.read("key.pem")).unwrap();
    let key = TpmKey::open(&SharedTpm::new(swtpm.client()), &file, Some(b"")).unwrap();
    assert_eq!(key.schemes().len(), 1);
    let certificate = certified(&authority, key);
    is_seen(&authority, Version::Tls12, &certificate);
    let server = Server::openssl(&authority, Version::Tls13);
    let error = page(&authority, &server, &certificate).unwrap_err();
    assert!(TlsFailure::of(&error).is_some(), "{error}");
    assert!(!error.to_string().contains("trust"), "{error}");
}

/// A TPM in whose next signatures a bit is wrong: so many.
struct Wrong(Connection, Arc<AtomicU32>);

impl Transport for Wrong {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        let length = self.0.exchange(command, response)?;
        let is_signature = command[6..10] == [0, 0, 1, 0x5d];
        let take = |left: u32| left.checked_sub(1);
        if is_signature && self.1.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            response[40] ^= 1;
        }
        Ok(length)
    }
}

#[test]
#[ignore = "needs swtpm and openssl, which `cargo xtask test` brings"]
fn a_signature_of_a_tpm_with_a_wrong_bit_is_not_sent() {
    let (swtpm, authority) = (Swtpm::new(), Authority::new(P256));
    for kind in KINDS {
        let file = swtpm.client().create_key(kind, Parent::StorageRoot, None).unwrap();
        let wrong = Arc::new(AtomicU32::new(0));
        let tpm = SharedTpm::new(TpmClient::new(Wrong(swtpm.connection(), wrong.clone())));
        let certificate = certified(&authority, TpmKey::open(&tpm, &file, None).unwrap());
        for version in Version::BOTH {
            // The key is loaded again and signs rightly.
            wrong.store(1, Ordering::Relaxed);
            is_seen(&authority, version, &certificate);
            assert_eq!(wrong.load(Ordering::Relaxed), 0);
            wrong.store(2, Ordering::Relaxed);
            let error = page(&authority, &Server::openssl(&authority, version), &certificate).unwrap_err();
            let failure = TlsFailure::of(&error);
            assert!(matches!(failure, Some(TlsFailure::ClientKeyUnusable { .. })), "{kind} {error:?}");
            assert!(error.to_string().contains("does not verify"), "{error}");
            assert_eq!(wrong.load(Ordering::Relaxed), 0);
        }
    }
}
