//! Keys that sign where they are, and fail there.

use crate::{
    client, nginx,
    openssl::page,
    outside::{Authority, HUB, P256, Server, Version},
    provision,
    scripted_key::{Act, Scripted},
};
use defender_auth::{
    Device, Plan,
    credential::ClientCertificate,
    device_mode::Target,
    error::{Code, Error, ErrorKind, TlsError, TlsFailure},
    https::HttpsError,
    key::{PrivateKey as _, SignatureScheme as S},
    tls::{Roots, client_config_with},
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// The kinds of key that hardware holds.
const HELD: [&str; 3] = [P256, "ec -pkeyopt ec_paramgen_curve:P-384", "rsa:2048"];
const RSA: &str = "rsa:2048";

/// A server of openssl that takes signatures of these schemes from its clients.
fn accepting(authority: &Authority, version: Version, schemes: &'static str) -> Server {
    let server = Server::start(|address| {
        let mut command = Server::openssl_command(authority, version, address);
        command.args(["-client_sigalgs", schemes]);
        command
    });
    server.assert_speaks(version);
    server
}

/// Why no page arrives.
#[track_caller]
fn failure(authority: &Authority, server: &Server, certificate: &ClientCertificate) -> TlsFailure {
    let error = page(authority, server, certificate).unwrap_err();
    TlsFailure::of(&error).unwrap_or_else(|| panic!("{error:?}"))
}

#[track_caller]
fn is_seen(page: &str) {
    assert!(page.contains("Verify return code: 0 (ok)") && page.contains("Subject: CN=dev-01"), "{page}");
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_verifies_the_signature_of_a_key_elsewhere_whatever_it_is() {
    for kind in HELD {
        let authority = Authority::new(kind);
        let held = authority.client("dev-01");
        for version in Version::BOTH {
            let server = Server::openssl(&authority, version);
            let (certificate, key) = Scripted::of(&held).certify(&held);
            is_seen(&page(&authority, &server, &certificate).unwrap());
            assert_eq!(key.asked(), 1, "{kind} {version:?}");
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn each_scheme_of_an_rsa_key_is_accepted() {
    let authority = Authority::new(RSA);
    let held = authority.client("dev-01");
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        for &scheme in Scripted::of(&held).schemes() {
            if version == Version::Tls12 || scheme.is_in_tls13() {
                let (certificate, _) = Scripted::of(&held).with_schemes(&[scheme]).certify(&held);
                is_seen(&page(&authority, &server, &certificate).unwrap());
            }
        }
    }
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn nginx_takes_a_key_elsewhere_for_a_registration_and_in_device_mode() {
    for kind in HELD {
        let authority = Authority::new(kind);
        let [leaf, own] = [authority.client("pump-7"), authority.self_signed("dev-01")]
            .map(|held| Scripted::of(&held).certify(&held).0);
        let device = Device::new(HUB.parse().unwrap(), "dev-01".parse().unwrap(), own);
        let device = Plan::device(device).in_device_mode(Target::default()).unwrap();
        for version in Version::BOTH {
            for (plan, trusted, id) in [(&provision(&leaf), "root.pem", "pump-7"), (&device, "dev-01.pem", "dev-01")] {
                let server = nginx::start(&authority, trusted, version);
                let me = client(&authority, &server).authenticate(plan).unwrap();
                assert!(me.identity().to_string().starts_with(&format!("{HUB}/devices/{id}")), "{kind} {version:?}");
            }
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_key_that_is_busy_may_be_tried_again_and_one_that_is_locked_not() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        let (certificate, key) = Scripted::of(&held).acting([Act::Busy, Act::Locked]).certify(&held);
        let busy = failure(&authority, &server, &certificate);
        assert_eq!(busy, TlsFailure::ClientKeyBusy { reason: "slot 7: the token is busy; try again".into() });
        let locked = failure(&authority, &server, &certificate);
        assert_eq!(locked, TlsFailure::ClientKeyUnusable { reason: "slot 7: the token is locked; unlock it".into() });
        assert!(busy.is_retryable() && !locked.is_retryable());
        for failure in [busy, locked] {
            assert_eq!((failure.code(), failure.kind()), (Code::PrivateKey, ErrorKind::Input));
            assert!(failure.is_about_client() && !failure.to_string().contains("server"), "{failure}");
        }
        is_seen(&page(&authority, &server, &certificate).unwrap());
        assert_eq!(key.asked(), 3, "no signature is repeated here");
    }
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn a_busy_key_leaves_an_authenticator_as_it_is_and_the_next_run_goes_on() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    for version in Version::BOTH {
        let server = nginx::start(&authority, "root.pem", version);
        let (certificate, _) = Scripted::of(&held).acting([Act::Busy]).certify(&held);
        let (client, plan) = (client(&authority, &server), provision(&certificate));
        let error = client.authenticate(&plan).unwrap_err();
        let HttpsError::Tls { failure, .. } = &error else { panic!("{error:?}") };
        assert!(failure.is_retryable() && !error.is_transient(), "{error:?}");
        client.authenticate(&plan).unwrap();
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_wrong_signature_is_found_before_it_is_sent() {
    for kind in HELD {
        let authority = Authority::new(kind);
        let held = authority.client("dev-01");
        for version in Version::BOTH {
            let server = Server::openssl(&authority, version);
            for act in [Act::WrongBit, Act::Truncated, Act::Empty] {
                let (certificate, _) = Scripted::of(&held).acting([act]).certify(&held);
                let failure = failure(&authority, &server, &certificate);
                assert!(
                    matches!(failure, TlsFailure::ClientKeyUnusable { .. }),
                    "{kind} {version:?} {act:?} {failure}"
                );
                let text = failure.to_string();
                assert!(text.contains("of the key in slot 7 does not verify with its own public key"), "{text}");
            }
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn what_a_key_has_verified_is_not_verified_again() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        let (certificate, _) = Scripted::of(&held).verifying().acting([Act::WrongBit]).certify(&held);
        // It says so and does not, so that the server finds it out.
        let failure = failure(&authority, &server, &certificate);
        assert!(!matches!(failure, TlsFailure::ClientKeyUnusable { .. }), "{version:?} {failure}");
        is_seen(&page(&authority, &server, &certificate).unwrap());
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_slow_key_makes_a_slow_handshake() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    let time = Duration::from_millis(700);
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        let (certificate, _) = Scripted::of(&held).acting([Act::After(time)]).certify(&held);
        let begin = Instant::now();
        is_seen(&page(&authority, &server, &certificate).unwrap());
        assert!(begin.elapsed() >= time);
    }
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn threads_share_a_key_that_signs_one_after_the_other() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    let server = nginx::start(&authority, "root.pem", Version::Tls13);
    let (certificate, key) = Scripted::of(&held).acting([Act::After(Duration::from_millis(50)); 4]).certify(&held);
    let (client, plan) = (client(&authority, &server), provision(&certificate));
    thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| client.authenticate(&plan).map(drop))).collect();
        assert!(runs.into_iter().all(|run| run.join().unwrap().is_ok()));
    });
    assert_eq!(key.asked(), 4);
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_server_that_accepts_no_scheme_of_the_key_gets_no_empty_certificate() {
    let authority = Authority::new("ec -pkeyopt ec_paramgen_curve:P-384");
    let held = authority.client("dev-01");
    let (elsewhere, key) = Scripted::of(&held).certify(&held);
    for version in Version::BOTH {
        let server = accepting(&authority, version, "ECDSA+SHA256:RSA-PSS+SHA256");
        for certificate in [&held, &elsewhere] {
            let failure = failure(&authority, &server, certificate);
            assert!(matches!(failure, TlsFailure::ClientKeyUnusable { .. }), "{version:?} {failure:?}");
            let text = failure.to_string();
            for part in
                ["the key has ECDSA_NISTP384_SHA384;", "the server accepts ECDSA_NISTP256_SHA256, RSA_PSS_SHA256"]
            {
                assert!(text.contains(part), "{version:?} {text}");
            }
        }
    }
    assert_eq!(key.asked(), 0);
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn nginx_that_accepts_no_scheme_of_the_key_is_not_asked_for_its_page() {
    let authority = Authority::new("ec -pkeyopt ec_paramgen_curve:P-384");
    let held = authority.client("dev-01");
    let (elsewhere, _) = Scripted::of(&held).certify(&held);
    for version in Version::BOTH {
        let extra = "ssl_conf_command ClientSignatureAlgorithms ECDSA+SHA256;";
        let server = nginx::start_with(&authority, "root.pem", version, extra);
        for certificate in [&held, &elsewhere] {
            let error = client(&authority, &server).authenticate(&provision(certificate)).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("accepts none of the signature schemes of this key"), "{version:?} {text}");
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn the_next_scheme_is_used_when_the_server_does_not_accept_the_first() {
    let authority = Authority::new(RSA);
    let held = authority.client("dev-01");
    for (version, schemes) in [(Version::Tls12, "RSA+SHA512"), (Version::Tls13, "RSA-PSS+SHA384")] {
        let server = accepting(&authority, version, schemes);
        let (certificate, _) = Scripted::of(&held).certify(&held);
        is_seen(&page(&authority, &server, &certificate).unwrap());
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_key_for_pkcs1_alone_speaks_tls_1_2_and_says_so_to_a_server_that_does_not() {
    let authority = Authority::new(RSA);
    let held = authority.client("dev-01");
    let (certificate, key) = Scripted::of(&held).with_schemes(&[S::RsaPkcs1Sha256]).certify(&held);
    is_seen(&page(&authority, &Server::openssl(&authority, Version::Tls12), &certificate).unwrap());
    assert_eq!(key.asked(), 1);
    let server = Server::openssl(&authority, Version::Tls13);
    let error = client(&authority, &server).authenticate(&provision(&certificate)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, HttpsError::Tls { failure: TlsFailure::ClientKeyUnusable { .. }, .. }), "{error:?}");
    assert!(text.contains("RSASSA-PKCS1-v1_5 only, which TLS 1.3 does not allow"), "{text}");
    assert_eq!(key.asked(), 1);
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn the_key_of_another_certificate_is_found_before_a_connection() {
    let authority = Authority::new(P256);
    let (held, other) = (authority.client("dev-01"), authority.client("dev-02"));
    let (certificate, key) = Scripted::of(&other).certify(&held);
    let error = client_config_with(Roots::Azure, &certificate).unwrap_err();
    assert_eq!(error, TlsError::KeyMismatch);
    assert!(error.to_string().contains("give the certificate that was issued for this key"), "{error}");
    let server = Server::openssl(&authority, Version::Tls13);
    let error = client(&authority, &server).authenticate(&provision(&certificate)).unwrap_err();
    let HttpsError::Failed(error @ Error::Tls(TlsError::KeyMismatch)) = error else { panic!("{error:?}") };
    assert_eq!((error.code(), key.asked()), (Code::CertificateKey, 0));
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_key_without_a_scheme_is_found_before_a_connection() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    let (certificate, _) = Scripted::of(&held).with_schemes(&[]).certify(&held);
    let error = client_config_with(Roots::Azure, &certificate).unwrap_err();
    assert!(error == TlsError::NoScheme && error.is_about_client());
}
