//! Keys in another process, before servers that others wrote.

use crate::{
    Scratch, client, nginx,
    openssl::page,
    outside::{Authority, HUB, KINDS, P256, Server, Version},
    provision, signing_server,
};
use defender_auth::{
    credential::{CertificateRequest, ClientCertificate},
    error::TlsFailure,
    key::{PrivateKey as _, SignatureScheme},
    private_key::{
        MemoryKey, ProcessKey,
        signing_protocol::{Answer, Hello, Request},
    },
    x509::{self, Curve},
};
use std::{io::Write as _, os::unix::net::UnixListener, process::Command, sync::Arc, thread, time::Duration};

/// The certificate of a key, which the authority issues for its request.
fn certified(authority: &Authority, key: ProcessKey) -> ClientCertificate {
    let request = CertificateRequest::sign("dev-01", &key).unwrap();
    authority.certify(&request.to_pem()).with_private_key(Arc::new(key)).unwrap()
}

/// The reference server with a key that openssl has made.
fn serve(folder: &Scratch, kind: &str) -> ProcessKey {
    let line = format!("req -x509 -nodes -subj /CN=x -newkey {kind} -keyout {} -out /dev/null", folder.path("key.pem"));
    crate::outside::run(Command::new("openssl").args(line.split_whitespace()));
    let key = Arc::new(signing_server::read(folder.path("key.pem").as_ref()).unwrap());
    let listener = signing_server::listen(folder.path("s").as_ref()).unwrap();
    // Ends with the test program: it waits for connections only.
    thread::spawn(move || signing_server::serve(&listener, &key));
    ProcessKey::connect_within(folder.path("s"), Duration::from_secs(60)).unwrap()
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn openssl_and_nginx_verify_the_signatures_of_a_process() {
    let authority = Authority::new(P256);
    for kind in KINDS.into_iter().filter(|kind| *kind != "ed25519") {
        let folder = Scratch::new();
        let certificate = certified(&authority, serve(&folder, kind));
        for version in Version::BOTH {
            let seen = page(&authority, &Server::openssl(&authority, version), &certificate).unwrap();
            assert!(
                seen.contains("Verify return code: 0 (ok)") && seen.contains("Subject: CN=dev-01"),
                "{kind}: {seen}"
            );
            let server = nginx::start(&authority, "root.pem", version);
            // At the same time.
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let me = client(&authority, &server).authenticate(&provision(&certificate)).unwrap();
                        assert_eq!(me.identity().to_string(), format!("{HUB}/devices/dev-01"), "{kind} {version:?}");
                    });
                }
            });
        }
    }
}

/// A process that has one key, and signs with another, or never after its first signature.
fn wrong(folder: &Scratch, is_slow: bool, limit: Duration) -> ProcessKey {
    let [key, other] = [(); 2].map(|()| MemoryKey::new(&x509::PrivateKey::generate(Curve::P256).unwrap()).unwrap());
    let listener = UnixListener::bind(folder.path("s")).unwrap();
    thread::spawn(move || {
        let mut signed = 0;
        for mut stream in listener.incoming().flatten() {
            let hello = Hello { public_key: key.public_key().to_vec(), schemes: key.schemes().to_vec() };
            let _ = stream.write_all(&hello.to_bytes().unwrap());
            while let Ok(Some(request)) = Request::read(&mut stream) {
                // The first one is of the certificate request.
                let holder = if signed == 0 { &key } else { &other };
                signed += 1;
                if is_slow && signed > 1 {
                    continue;
                }
                let scheme = SignatureScheme::EcdsaP256Sha256;
                let signature = holder.sign(scheme, &request.message).unwrap();
                let _ = stream.write_all(&Answer::Signed(signature).to_bytes().unwrap());
            }
        }
    });
    (0..100).find_map(|_| ProcessKey::connect_within(folder.path("s"), limit).ok()).unwrap()
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_wrong_signature_of_a_process_is_not_sent() {
    let (folder, authority) = (Scratch::new(), Authority::new(P256));
    let certificate = certified(&authority, wrong(&folder, false, Duration::from_secs(60)));
    for version in Version::BOTH {
        let error = page(&authority, &Server::openssl(&authority, version), &certificate).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains("does not verify") && shown.contains("the signing process at"), "{shown}");
        assert!(matches!(TlsFailure::of(&error), Some(TlsFailure::ClientKeyUnusable { .. })), "{shown}");
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_process_that_does_not_answer_is_a_key_that_is_busy() {
    let (folder, authority) = (Scratch::new(), Authority::new(P256));
    let certificate = certified(&authority, wrong(&folder, true, Duration::from_secs(2)));
    for version in Version::BOTH {
        let error = page(&authority, &Server::openssl(&authority, version), &certificate).unwrap_err();
        assert!(error.to_string().contains("did not answer within 2 s"), "{error}");
        assert!(matches!(TlsFailure::of(&error), Some(TlsFailure::ClientKeyBusy { .. })), "{error}");
    }
}
