//! Private keys that sign where they are, through the C interface and against the emulator.

#![cfg(all(feature = "mqtt", feature = "private-key"))]
#![allow(
    clippy::unnecessary_box_returns,
    clippy::unwrap_used,
    reason = "C owns boxes, and a test that cannot go on has failed"
)]

#[path = "support/agent.rs"]
#[allow(dead_code, reason = "the tests of sessions use the rest")]
mod agent;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/site.rs"]
#[allow(dead_code, reason = "the tests of programs use the rest")]
mod site;
mod support;

use agent::sources;
use defender_auth::{
    key::{PrivateKey as _, SignatureScheme},
    private_key::MemoryKey,
    x509,
};
use defenderauth::{
    authenticator::*, certificate::*, certificate_request::*, driver::*, error::*, https::*, private_key::*,
    session::defenderauth_sources_free, *,
};
use scratch::Scratch;
use site::{HOST, Site};
use std::{
    ffi::c_void,
    process::Command,
    ptr, slice,
    sync::atomic::{AtomicUsize, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};
use support::{blamed, call, made, place, read, text, written};

/// What the signing function does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Signs,
    IsBusy,
    Fails,
    /// One bit of its signatures is wrong.
    Errs,
}

/// A key of this program, and how often its functions were called.
struct Hardware {
    key: MemoryKey,
    mood: Mood,
    signatures: AtomicUsize,
    releases: AtomicUsize,
}

impl Hardware {
    fn new(pem: &str, mood: Mood) -> Self {
        let key = MemoryKey::new(&x509::PrivateKey::from_pem(pem.as_bytes(), None).unwrap()).unwrap();
        Self { key, mood, signatures: AtomicUsize::new(0), releases: AtomicUsize::new(0) }
    }

    fn key(&self, pem: &str) -> Box<PrivateKey> {
        let (pem, len) = text(pem);
        let data = ptr::from_ref(self).cast_mut().cast();
        let (sign, release): (SignFunction, ReleaseFunction) = (Some(sign), Some(release));
        made(|out, error| {
            defenderauth_private_key_from_callback(
                pem,
                len,
                ptr::null(),
                0,
                sign,
                release,
                data,
                Some(out),
                Some(error),
            )
        })
        .unwrap()
    }

    /// The certificate, whose key is this one.
    fn certificate(&self, pem: &str) -> Box<Certificate> {
        let (key, (chain, len)) = (self.key(pem), text(pem));
        let made = made(|out, error| {
            defenderauth_certificate_with_private_key(chain, len, Some(&key), Some(out), Some(error))
        });
        defenderauth_private_key_free(Some(key));
        made.unwrap()
    }

    fn counts(&self) -> (usize, usize) {
        (self.signatures.load(Ordering::Relaxed), self.releases.load(Ordering::Relaxed))
    }
}

extern "C" fn sign(
    user_data: *mut c_void,
    scheme: u16,
    message: *const u8,
    message_len: usize,
    signature: *mut u8,
    cap: usize,
    signature_len: *mut usize,
) -> i32 {
    // SAFETY: the test passes its own hardware, and frees every object with it before.
    let hardware = unsafe { &*user_data.cast::<Hardware>() };
    // SAFETY: the library passes a message and a buffer with their lengths.
    let (message, buffer) =
        unsafe { (slice::from_raw_parts(message, message_len), slice::from_raw_parts_mut(signature, cap)) };
    hardware.signatures.fetch_add(1, Ordering::Relaxed);
    match hardware.mood {
        Mood::IsBusy => return DEFENDERAUTH_SIGN_BUSY,
        Mood::Fails => return DEFENDERAUTH_SIGN_FAILED,
        Mood::Signs | Mood::Errs => {}
    }
    let mut made = hardware.key.sign(SignatureScheme::from_number(scheme).unwrap(), message).unwrap();
    if hardware.mood == Mood::Errs {
        *made.last_mut().unwrap() ^= 1;
    }
    buffer.get_mut(..made.len()).unwrap().copy_from_slice(&made);
    // SAFETY: the library passes a place for the length.
    unsafe { signature_len.write(made.len()) };
    DEFENDERAUTH_SIGN_DONE
}

extern "C" fn release(user_data: *mut c_void) {
    // SAFETY: as above.
    unsafe { &*user_data.cast::<Hardware>() }.releases.fetch_add(1, Ordering::Relaxed);
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// `dev-03` with its certificate.
fn device(certificate: Box<Certificate>, module: &str) -> Box<Authenticator> {
    let ((host, host_len), (id, id_len), (module, len)) = (text(HOST), text("dev-03"), text(module));
    let made = made(|out, error| {
        let (certificate, out, error) = (Some(&*certificate), Some(out), Some(error));
        defenderauth_authenticator_new_device_certificate(
            host,
            host_len,
            id,
            id_len,
            module,
            len,
            certificate,
            None,
            now(),
            out,
            error,
        )
    });
    defenderauth_certificate_free(Some(certificate));
    made.unwrap()
}

/// The result of a run, whether it may be repeated, and the failure of TLS.
fn run(site: &Site, authenticator: &mut Authenticator) -> (ResultCode, bool, i32) {
    let mut https = made(|out, error| defenderauth_https_new(Some(out), Some(error))).unwrap();
    let (address, (pem, pem_len)) = (site.address(), text(site.emulator.root_pem()));
    let (address, len) = text(&address);
    call(|error| defenderauth_https_set_ca_pem(Some(std::ptr::NonNull::from(&mut *https)), pem, pem_len, Some(error)))
        .unwrap();
    call(|error| {
        defenderauth_https_set_connect_to(Some(std::ptr::NonNull::from(&mut *https)), address, len, Some(error))
    })
    .unwrap();
    let mut error = place();
    let code = defenderauth_authenticator_run(Some(authenticator), Some(&https), None, 60_000, Some(&mut error));
    // SAFETY: every call writes it.
    let error = unsafe { error.assume_init() };
    let it = error.as_deref();
    let outcome = (code, defenderauth_error_is_retryable(it), defenderauth_error_tls_failure(it));
    defenderauth_error_free(error);
    defenderauth_https_free(Some(https));
    outcome
}

#[test]
fn a_function_of_the_program_signs_the_handshakes_of_device_mode() {
    let site = Site::new();
    let hardware = Hardware::new(&site.certificate, Mood::Signs);
    let mut device = device(hardware.certificate(&site.certificate), "azureiotsecurity");
    assert_eq!(run(&site, &mut device).0, DEFENDERAUTH_OK);
    assert!(hardware.counts().0 > 0, "{:?}", site.journal());
    defenderauth_authenticator_free(Some(device));
    assert_eq!(hardware.counts().1, 1);
}

#[test]
fn a_key_that_does_not_sign_is_told_from_a_server_that_is_not_trusted() {
    let site = Site::new();
    for (mood, is_retryable, failure) in [
        (Mood::IsBusy, true, DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_BUSY),
        (Mood::Fails, false, DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_UNUSABLE),
        (Mood::Errs, false, DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_UNUSABLE),
    ] {
        let hardware = Hardware::new(&site.certificate, mood);
        let mut device = device(hardware.certificate(&site.certificate), "azureiotsecurity");
        let expected = (DEFENDERAUTH_PRIVATE_KEY, is_retryable, failure);
        assert_eq!(run(&site, &mut device), expected);
        assert!(hardware.counts().0 > 0);
        defenderauth_authenticator_free(Some(device));
        assert_eq!(hardware.counts().1, 1);
    }
}

#[test]
fn the_driver_of_sessions_logs_in_with_it() {
    let site = Site::new();
    let hardware = Hardware::new(&site.certificate, Mood::Signs);
    let mut driver = made(|out, error| defenderauth_driver_new(Some(out), Some(error))).unwrap();
    let (https, mqtt) = (site.address(), site.emulator.address().to_string());
    let ((host, host_len), (https, https_len), (mqtt, mqtt_len)) = (text(HOST), text(&https), text(&mqtt));
    let (pem, len) = text(site.emulator.root_pem());
    call(|error| defenderauth_driver_set_ca_pem(Some(&mut *driver), pem, len, Some(error))).unwrap();
    call(|error| {
        let driver = Some(&mut *driver);
        defenderauth_driver_set_addresses(driver, host, host_len, https, https_len, mqtt, mqtt_len, Some(error))
    })
    .unwrap();
    let sources = sources(vec![("certificate", device(hardware.certificate(&site.certificate), ""))]);
    call(|error| defenderauth_driver_start(Some(&mut *driver), Some(&sources), None, Some(error))).unwrap();
    defenderauth_sources_free(Some(sources));
    let connected = (0..20).any(|_| {
        call(|error| defenderauth_driver_next(Some(&mut *driver), 30_000, Some(error))).unwrap();
        defenderauth_driver_event(Some(&driver)) == DEFENDERAUTH_EVENT_CONNECTED
    });
    assert!(connected && hardware.counts().0 > 0, "{:?}", site.journal());
    assert_eq!(hardware.counts().1, 0);
    defenderauth_driver_free(Some(driver));
    assert_eq!(hardware.counts().1, 1);
}

#[test]
#[ignore = "needs openssl"]
fn a_request_of_any_key_verifies() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let hardware = Hardware::new(&site.certificate, Mood::Signs);
    let rsa = include_str!("../../tests/x509/data/rsa2048.pkcs8.pem");
    let (rsa, len) = text(rsa);
    let in_memory = made(|out, error| defenderauth_private_key_from_pem(rsa, len, rsa, 0, Some(out), Some(error)));
    for key in [hardware.key(&site.certificate), in_memory.unwrap()] {
        let (name, len) = text("dev-03");
        let request =
            made(|out, error| defenderauth_certificate_request_new(Some(&key), name, len, Some(out), Some(error)));
        let request = request.unwrap();
        let (pem, _) = written(4096, |buf, cap, len, error| {
            defenderauth_certificate_request_to_pem(Some(&request), buf, cap, Some(len), Some(error))
        });
        let file = scratch.write("request.pem", pem.unwrap());
        let verified = Command::new("openssl").args(["req", "-verify", "-noout", "-subject", "-in", &file]).output();
        let verified = verified.unwrap();
        let said = String::from_utf8_lossy(&verified.stdout).into_owned() + &String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success() && said.contains("dev-03") && said.contains("OK"), "{said}");
        defenderauth_certificate_request_free(Some(request));
        defenderauth_private_key_free(Some(key));
    }
    assert_eq!(hardware.counts(), (1, 1));
}

#[test]
fn a_certificate_of_another_key_names_the_key() {
    let site = Site::new();
    let (other, _) = site::certificate("dev-03");
    let hardware = Hardware::new(&site.certificate, Mood::Signs);
    let (key, (chain, len)) = (hardware.key(&site.certificate), text(&other));
    let failed =
        made(|out, error| defenderauth_certificate_with_private_key(chain, len, Some(&key), Some(out), Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_CERTIFICATE_KEY, "private_key".into()));
    assert_eq!(read(defenderauth_private_key_holder(Some(&key))), "the signing function of this program");
    defenderauth_private_key_free(Some(key));
    assert_eq!(hardware.counts(), (0, 1));
}
