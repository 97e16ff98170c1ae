//! The configuration of the built-in driver, through the C interface.

#![cfg(feature = "https")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;

use defender_auth_emulator::{Emulator, Hub};
use defenderauth::{https::*, *};
use scratch::Scratch;
use std::ptr::{self, NonNull};
use support::{Failed, blamed, bytes, call, made, text};

fn new() -> Box<Https> {
    made(|out, error| defenderauth_https_new(Some(out), Some(error))).unwrap()
}

fn root_pem() -> String {
    Emulator::start([Hub::new("contoso.azure-devices.net")], "127.0.0.1:0".parse().unwrap()).unwrap().root_pem().into()
}

fn set_ca_pem(https: &mut Https, pem: &str) -> Result<(), Failed> {
    let (pem, len) = text(pem);
    call(|error| defenderauth_https_set_ca_pem(Some(NonNull::from(https)), pem, len, Some(error)))
}

fn set_ca_file(https: &mut Https, path: &str) -> Result<(), Failed> {
    let (path, len) = text(path);
    call(|error| defenderauth_https_set_ca_file(Some(NonNull::from(https)), path, len, Some(error)))
}

fn set_connect_to(https: &mut Https, address: &str) -> Result<(), Failed> {
    let (address, len) = text(address);
    call(|error| defenderauth_https_set_connect_to(Some(NonNull::from(https)), address, len, Some(error)))
}

fn set_clock_offset(https: &mut Https, seconds: i64) -> Result<(), Failed> {
    call(|error| defenderauth_https_set_clock_offset_seconds(Some(NonNull::from(https)), seconds, Some(error)))
}

#[test]
fn trust_anchors_come_from_a_text_a_file_or_the_library() {
    let (mut https, scratch, pem) = (new(), Scratch::new(), root_pem());
    assert_eq!(set_ca_pem(&mut https, &pem), Ok(()));
    assert_eq!(set_ca_file(&mut https, &scratch.write("roots.pem", &pem)), Ok(()));
    assert_eq!(call(|error| defenderauth_https_set_azure_roots(Some(NonNull::from(&mut *https)), Some(error))), Ok(()));
    defenderauth_https_free(Some(https));
}

#[test]
fn a_source_without_trust_anchors_is_named() {
    let (mut https, scratch) = (new(), Scratch::new());
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(blamed(set_ca_pem(&mut https, pem)), (DEFENDERAUTH_TLS, "pem".into()));
    }
    let empty = scratch.write("empty.pem", "");
    assert_eq!(blamed(set_ca_file(&mut https, &empty)), (DEFENDERAUTH_TLS, empty));
    let missing = scratch.path("missing.pem");
    assert_eq!(blamed(set_ca_file(&mut https, &missing)), (DEFENDERAUTH_FILE_NOT_FOUND, missing));
    let folder = scratch.folder();
    assert_eq!(blamed(set_ca_file(&mut https, &folder)), (DEFENDERAUTH_FILE_READ, folder));
    assert_eq!(blamed(set_ca_file(&mut https, "")), (DEFENDERAUTH_ARGUMENT, "path".into()));
    defenderauth_https_free(Some(https));
}

#[test]
fn an_address_has_a_host_and_a_port() {
    let mut https = new();
    for address in ["127.0.0.1:8443", "[::1]:8443", "localhost:8443"] {
        assert_eq!(set_connect_to(&mut https, address), Ok(()), "{address}");
    }
    for address in ["", "localhost", "https://localhost:443"] {
        assert_eq!(blamed(set_connect_to(&mut https, address)), (DEFENDERAUTH_ARGUMENT, "host_and_port".into()));
    }
    let (not_utf8, len) = bytes(b"\xff:1");
    let outcome =
        call(|error| defenderauth_https_set_connect_to(Some(NonNull::from(&mut *https)), not_utf8, len, Some(error)));
    assert_eq!(blamed(outcome), (DEFENDERAUTH_UTF8, "host_and_port".into()));
    defenderauth_https_free(Some(https));
}

#[test]
fn an_impossible_clock_offset_is_rejected() {
    let mut https = new();
    for seconds in [0, 7200, -7200, 253_402_300_799] {
        assert_eq!(set_clock_offset(&mut https, seconds), Ok(()), "{seconds}");
    }
    for seconds in [253_402_300_800, i64::MAX, i64::MIN] {
        assert_eq!(blamed(set_clock_offset(&mut https, seconds)), (DEFENDERAUTH_ARGUMENT, "seconds".into()));
    }
    defenderauth_https_free(Some(https));
}

/// A pointer to a driver, as C hands it to two threads.
#[derive(Clone, Copy)]
struct Shared(NonNull<Https>);

// SAFETY: what the threads below call takes a driver that others use at the same time.
unsafe impl Send for Shared {}

#[test]
fn it_can_be_cancelled_while_it_is_configured() {
    let https = NonNull::from(Box::leak(new()));
    let shared = Shared(https);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let Shared(https) = { shared };
            for _ in 0..1000 {
                // SAFETY: it is freed after the threads have ended.
                defenderauth_https_cancel(Some(unsafe { https.as_ref() }));
            }
        });
        for seconds in 0..1000 {
            let set = call(|error| defenderauth_https_set_clock_offset_seconds(Some(https), seconds, Some(error)));
            assert_eq!(set, Ok(()));
        }
    });
    // SAFETY: it was leaked above, and nothing uses it any more.
    defenderauth_https_free(Some(unsafe { Box::from_raw(https.as_ptr()) }));
}

#[test]
fn null_is_named() {
    let (path, len) = text("/dev/null");
    let null = |name: &str| (DEFENDERAUTH_NULL, name.to_owned());
    assert_eq!(blamed(call(|error| defenderauth_https_new(None, Some(error)))), null("out"));
    for outcome in [
        call(|error| defenderauth_https_set_ca_file(None, path, len, Some(error))),
        call(|error| defenderauth_https_set_ca_pem(None, path, len, Some(error))),
        call(|error| defenderauth_https_set_azure_roots(None, Some(error))),
        call(|error| defenderauth_https_set_connect_to(None, path, len, Some(error))),
        call(|error| defenderauth_https_set_clock_offset_seconds(None, 0, Some(error))),
    ] {
        assert_eq!(blamed(outcome), null("https"));
    }
    let outcome = call(|error| defenderauth_authenticator_run(None, None, None, 1, Some(error)));
    assert_eq!(blamed(outcome), null("authenticator"));
    let mut https = new();
    let outcome =
        call(|error| defenderauth_https_set_ca_pem(Some(NonNull::from(&mut *https)), ptr::null(), 7, Some(error)));
    assert_eq!(blamed(outcome), null("pem"));
    defenderauth_https_free(Some(https));
    defenderauth_https_cancel(None);
    defenderauth_https_free(None);
}
