//! A driver of an agent that owns no key: a daemon of the device signs, and has the certificate of another.

#![cfg(all(feature = "mqtt", feature = "local-signer", feature = "private-key", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/site.rs"]
#[allow(dead_code, reason = "the example programs use the rest")]
mod site;
mod support;

use defenderauth::{Driver, authenticator::*, daemon::*, driver::*, session::*};
use scratch::Scratch;
use site::{HOST, Site};
use support::{call, made, read, text};

/// A driver with the daemons of this folder, up to its first login.
fn connected(site: &Site, folder: &str) -> Box<Driver> {
    let (folder, len) = text(folder);
    let daemon =
        made(|out, error| defenderauth_daemon_new_identity_service(folder, len, Some(out), Some(error))).unwrap();
    let me = made(|out, error| {
        defenderauth_authenticator_new_daemon(Some(&daemon), None, 1_800_000_000, Some(out), Some(error))
    });
    let me = me.unwrap();
    let mut sources = made(|out, error| defenderauth_sources_new(Some(out), Some(error))).unwrap();
    let (name, len) = text("daemon");
    call(|error| defenderauth_sources_add(Some(&mut *sources), name, len, Some(&me), Some(error))).unwrap();
    defenderauth_authenticator_free(Some(me));

    let mut driver = made(|out, error| defenderauth_driver_new(Some(out), Some(error))).unwrap();
    let (pem, len) = text(site.emulator.root_pem());
    call(|error| defenderauth_driver_set_ca_pem(Some(&mut *driver), pem, len, Some(error))).unwrap();
    let (https, mqtt) = (site.emulator.https_address().to_string(), site.emulator.address().to_string());
    let ((host, host_len), (https, https_len), (mqtt, len)) = (text(HOST), text(&https), text(&mqtt));
    let it = Some(&mut *driver);
    call(|error| defenderauth_driver_set_addresses(it, host, host_len, https, https_len, mqtt, len, Some(error)))
        .unwrap();
    call(|error| defenderauth_driver_give_daemon(Some(&mut *driver), Some(daemon), Some(error))).unwrap();
    call(|error| defenderauth_driver_start(Some(&mut *driver), Some(&sources), None, Some(error))).unwrap();
    defenderauth_sources_free(Some(sources));
    let mut all = Vec::new();
    while !defenderauth_driver_is_connected(Some(&driver)) {
        assert!(all.len() < 12, "{all:#?}");
        call(|error| defenderauth_driver_next(Some(&mut *driver), 5_000, Some(error))).unwrap();
        all.push(read(defenderauth_driver_event_text(Some(&driver))));
    }
    driver
}

#[test]
fn a_daemon_signs_for_a_driver_that_owns_it() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let _host = site::host(&site, &scratch.folder());
    let driver = connected(&site, &scratch.folder());
    let session = defenderauth_driver_session(Some(&driver));
    assert_eq!(read(defenderauth_session_credential(session)), "daemon");
    assert_eq!(read(defenderauth_session_module_id(session)), "azureiotsecurity");
    defenderauth_driver_free(Some(driver));
    assert!(site.journal().contains(&format!("accepted {HOST}/dev-01/azureiotsecurity")), "{:?}", site.journal());
}

#[test]
fn a_daemon_has_the_certificate_and_its_key() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let _host = site::certified_host(&site, &scratch.folder());
    let driver = connected(&site, &scratch.folder());
    let session = defenderauth_driver_session(Some(&driver));
    assert_eq!(read(defenderauth_session_device_id(session)), "dev-03");
    defenderauth_driver_free(Some(driver));
    assert!(site.journal().contains(&format!("accepted {HOST}/dev-03")), "{:?}", site.journal());
}
