//! Private keys that are opened by their names, through the C interface.

#![cfg(all(feature = "mqtt", feature = "private-key", feature = "tpm", unix))]
#![allow(
    clippy::panic,
    clippy::unnecessary_box_returns,
    clippy::unwrap_used,
    reason = "C owns boxes, and a test that cannot go on has failed"
)]

#[path = "support/agent.rs"]
#[allow(dead_code, reason = "the tests of sessions use the rest")]
mod agent;
#[path = "support/issuer.rs"]
mod issuer;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "../../examples/signing_server/mod.rs"]
mod signing_server;
#[path = "support/site.rs"]
#[allow(dead_code, reason = "the tests of programs use the rest")]
mod site;
mod support;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use agent::sources;
use defender_auth::{error::TpmKeyKind, tpm::Parent};
use defenderauth::{
    authenticator::*, certificate::*, certificate_request::*, driver::*, private_key::*, profile::*,
    session::defenderauth_sources_free, *,
};
use scratch::Scratch;
use site::{HOST, SCOPE, Site};
use std::{
    path::Path,
    ptr,
    sync::Arc,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};
use support::{Failed, blamed, bytes, call, made, read, text, written};
use swtpm::Swtpm;

const CERTIFICATE: &str = include_str!("../../tests/x509/data/p256.certificate.pem");
const KEY: &str = include_str!("../../tests/x509/data/p256.pkcs8.pem");
const ENCRYPTED: &str = include_str!("../../tests/x509/data/p256.encrypted.pem");
const DPS: &str = "global.azure-devices-provisioning.net";

fn open(uri: &str, passphrase: &[u8]) -> Result<Box<PrivateKey>, Failed> {
    let ((uri, len), (passphrase, passphrase_len)) = (text(uri), bytes(passphrase));
    made(|out, error| defenderauth_private_key_open(uri, len, passphrase, passphrase_len, Some(out), Some(error)))
}

fn certificate(chain: &str, uri: &str, passphrase: &[u8]) -> Result<Box<Certificate>, Failed> {
    let ((chain, chain_len), (uri, len), (passphrase, passphrase_len)) = (text(chain), text(uri), bytes(passphrase));
    made(|out, error| {
        let (out, error) = (Some(out), Some(error));
        defenderauth_certificate_with_key_uri(chain, chain_len, uri, len, passphrase, passphrase_len, out, error)
    })
}

fn request(key: &PrivateKey, name: &str) -> String {
    let (name, len) = text(name);
    let made = made(|out, error| defenderauth_certificate_request_new(Some(key), name, len, Some(out), Some(error)));
    let request = made.unwrap();
    let (pem, _) = written(4096, |buf, cap, len, error| {
        defenderauth_certificate_request_to_pem(Some(&request), buf, cap, Some(len), Some(error))
    });
    defenderauth_certificate_request_free(Some(request));
    pem.unwrap()
}

/// A registration of the certificate's device.
fn registration(certificate: Box<Certificate>) -> Box<Authenticator> {
    let ((scope, scope_len), (id, len)) = (text(SCOPE), text("pump-17"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, len, Some(out), Some(error)));
    let (profile, now) = (profile.unwrap(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
    let made = made(|out, error| {
        let (it, out, error) = (Some(&*certificate), Some(out), Some(error));
        defenderauth_authenticator_new_dps_certificate(Some(&profile), ptr::null(), 0, it, None, now, out, error)
    });
    defenderauth_certificate_free(Some(certificate));
    defenderauth_profile_free(Some(profile));
    made.unwrap()
}

/// One that connects to the emulator for hub and provisioning service.
fn driver(site: &Site) -> Box<Driver> {
    let mut driver = made(|out, error| defenderauth_driver_new(Some(out), Some(error))).unwrap();
    let (pem, len) = text(site.emulator.root_pem());
    call(|error| defenderauth_driver_set_ca_pem(Some(&mut *driver), pem, len, Some(error))).unwrap();
    let (https, mqtt) = (site.address(), site.emulator.address().to_string());
    for host in [HOST, DPS] {
        let ((host, host_len), (https, https_len), (mqtt, len)) = (text(host), text(&https), text(&mqtt));
        call(|error| {
            let driver = Some(&mut *driver);
            defenderauth_driver_set_addresses(driver, host, host_len, https, https_len, mqtt, len, Some(error))
        })
        .unwrap();
    }
    driver
}

#[test]
#[ignore = "needs swtpm and openssl"]
fn a_key_in_a_tpm_registers_and_logs_in() {
    let (swtpm, scratch) = (Swtpm::with_keys(), Scratch::new());
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, Some(b"\xffmine")).unwrap();
    let uri = format!("tpm:file={}&tpm={}", scratch.write("key.pem", file.to_pem()), swtpm.endpoint());
    let wrong = open(&uri, b"other").err().unwrap();
    assert_eq!(wrong.code, DEFENDERAUTH_TPM_COMMAND, "{wrong:?}");
    let key = open(&uri, b"\xffmine").unwrap();
    let holder = "the key (EC P-256) of a file, below 0x40000001 in the TPM";
    assert_eq!(read(defenderauth_private_key_holder(Some(&key))), holder);
    assert_eq!(defenderauth_private_key_scheme(Some(&key), 0), DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256);
    let (leaf, root) = issuer::issue(&request(&key, "pump-17"));
    // swtpm serves one client at a time.
    defenderauth_private_key_free(Some(key));

    let site = Site::for_authority(&root);
    let certificate = certificate(&leaf, &uri, b"\xffmine").unwrap();
    assert_eq!(read(defenderauth_certificate_key_holder(Some(&certificate))), holder);
    let (mut driver, sources) = (driver(&site), sources(vec![("tpm", registration(certificate))]));
    call(|error| defenderauth_driver_start(Some(&mut *driver), Some(&sources), None, Some(error))).unwrap();
    defenderauth_sources_free(Some(sources));
    let connected = (0..20).any(|_| {
        call(|error| defenderauth_driver_next(Some(&mut *driver), 30_000, Some(error))).unwrap();
        defenderauth_driver_event(Some(&driver)) == DEFENDERAUTH_EVENT_CONNECTED
    });
    assert!(connected, "{:?}", site.journal());
    defenderauth_driver_free(Some(driver));
    swtpm.assert_empty("afterwards");
}

#[test]
fn a_file_and_a_signing_process_give_the_same_certificate() {
    let scratch = Scratch::new();
    let (file, socket) = (scratch.write("key.pem", KEY), scratch.path("s"));
    let listener = signing_server::listen(Path::new(&socket)).unwrap();
    let key = Arc::new(signing_server::read(Path::new(&file)).unwrap());
    // It ends with the tests.
    thread::spawn(move || signing_server::serve(&listener, &key));
    let encrypted = scratch.write("encrypted.pem", ENCRYPTED);
    for (uri, passphrase, holder) in [
        (file.as_str(), "", "the memory of this process"),
        (&encrypted, "orchid", "the memory of this process"),
        (&format!("unix:{socket}"), "", &format!("the signing process at {socket}")),
    ] {
        let it = certificate(CERTIFICATE, uri, passphrase.as_bytes()).unwrap();
        assert!(defenderauth_certificate_has_key(Some(&it)));
        assert_eq!(read(defenderauth_certificate_common_name(Some(&it))), "dev-01");
        assert_eq!(read(defenderauth_certificate_key_holder(Some(&it))), holder);
        defenderauth_certificate_free(Some(it));
        let key = open(uri, passphrase.as_bytes()).unwrap();
        let (chain, len) = text(CERTIFICATE);
        let of_key = made(|out, error| {
            defenderauth_certificate_with_private_key(chain, len, Some(&key), Some(out), Some(error))
        });
        defenderauth_private_key_free(Some(key));
        defenderauth_certificate_free(Some(of_key.unwrap()));
    }
}

#[test]
fn a_name_that_leads_to_no_key_says_why() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing.pem");
    let encrypted = scratch.write("encrypted.pem", ENCRYPTED);
    let nowhere = format!("unix:{}", scratch.path("nowhere"));
    for (uri, code, field) in [
        ("", DEFENDERAUTH_ARGUMENT, "uri"),
        ("http://x", DEFENDERAUTH_ARGUMENT, "uri"),
        ("tpm:file=a&handle=0x81000001", DEFENDERAUTH_ARGUMENT, "uri"),
        ("pkcs11:object=a?pin-value=1234", DEFENDERAUTH_ARGUMENT, "uri"),
        (KEY, DEFENDERAUTH_ARGUMENT, "uri"),
        (&missing, DEFENDERAUTH_FILE_NOT_FOUND, &missing),
        (&encrypted, DEFENDERAUTH_CERTIFICATE_FORMAT, &encrypted),
    ] {
        let failed = open(uri, b"").err().unwrap();
        assert_eq!((failed.code, failed.field.as_str()), (code, field), "{failed:?}");
        assert!(!failed.message.contains("1234") && !failed.message.contains("-----BEGIN"), "{failed:?}");
        assert_eq!(certificate(CERTIFICATE, uri, b"").err().unwrap(), failed);
    }
    let away = open(&nowhere, b"").err().unwrap();
    assert_eq!(away.code, DEFENDERAUTH_PRIVATE_KEY, "{away:?}");
    let (uri, len) = bytes(b"a\0b");
    let nul = made::<PrivateKey>(|out, error| {
        defenderauth_private_key_open(uri, len, ptr::null(), 0, Some(out), Some(error))
    });
    assert_eq!(blamed(nul), (DEFENDERAUTH_UTF8, "uri".into()));
    let other = scratch.write("ed25519.pem", include_str!("../../tests/x509/data/ed25519.pem"));
    assert_eq!(blamed(certificate(CERTIFICATE, &other, b"")), (DEFENDERAUTH_CERTIFICATE_KEY, "uri".into()));
    assert_eq!(blamed(open(&other, b"")), (DEFENDERAUTH_CERTIFICATE_FORMAT, "uri".into()));
}

#[cfg(not(feature = "pkcs11"))]
#[test]
fn a_build_without_tokens_says_so() {
    let failed = open("pkcs11:token=agent;object=key", b"").err().unwrap();
    assert_eq!((failed.code, failed.field.as_str()), (DEFENDERAUTH_UNSUPPORTED, "uri"));
    assert!(failed.message.contains("`pkcs11`"), "{failed:?}");
}
