//! The built-in driver of sessions with a TPM, which it owns.

#![cfg(all(feature = "mqtt", feature = "tpm", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::tpm::Tpm as _;
use defender_auth_emulator::{Dps, Emulator, Enrollment, Hub, World};
use defenderauth::{Sources, authenticator::*, driver::*, profile::*, session::*, tpm::*};
use std::ptr;
use support::{call, made, read, text};
use swtpm::Swtpm;

const HUB: &str = "contoso.azure-devices.net";
const SCOPE: &str = "0ne00000A0A";

/// The registration of a TPM as the only source.
fn enrolled(id: &str, endorsement_key: &[u8], storage_root_key: &[u8]) -> Sources {
    let ((scope, scope_len), (id, id_len), (name, len)) = (text(SCOPE), text(id), text("tpm"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
    let profile = profile.unwrap();
    let authenticator = made(|out, error| {
        let (ek, ek_len) = (endorsement_key.as_ptr(), endorsement_key.len());
        let (srk, srk_len) = (storage_root_key.as_ptr(), storage_root_key.len());
        let (profile, module, out, error) = (Some(&*profile), ptr::null(), Some(out), Some(error));
        defenderauth_authenticator_new_dps_tpm(profile, module, 0, ek, ek_len, srk, srk_len, None, 1, out, error)
    });
    let authenticator = authenticator.unwrap();
    let mut sources = made(|out, error| defenderauth_sources_new(Some(out), Some(error))).unwrap();
    call(|error| defenderauth_sources_add(Some(&mut *sources), name, len, Some(&authenticator), Some(error))).unwrap();
    defenderauth_authenticator_free(Some(authenticator));
    defenderauth_profile_free(Some(profile));
    *sources
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_registers_and_signs_for_a_driver_that_owns_it() {
    let swtpm = Swtpm::with_keys();
    let (id, endorsement_key, storage_root_key) = {
        let mut tpm = swtpm.client();
        let id = tpm.registration_id().unwrap().to_string();
        (id, tpm.endorsement_key().unwrap(), tpm.storage_root_key().unwrap())
    };
    let enrollment = Enrollment::with_endorsement_key(&id, &STANDARD.encode(&endorsement_key)).pending(0);
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new(SCOPE).enrollment(enrollment));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();

    let mut driver = made(|out, error| defenderauth_driver_new(Some(out), Some(error))).unwrap();
    let (pem, len) = text(cloud.root_pem());
    call(|error| defenderauth_driver_set_ca_pem(Some(&mut *driver), pem, len, Some(error))).unwrap();
    for host in [HUB, "global.azure-devices-provisioning.net"] {
        let (https, mqtt) = (cloud.https_address().to_string(), cloud.address().to_string());
        let ((host, host_len), (https, https_len), (mqtt, len)) = (text(host), text(&https), text(&mqtt));
        let it = Some(&mut *driver);
        call(|error| defenderauth_driver_set_addresses(it, host, host_len, https, https_len, mqtt, len, Some(error)))
            .unwrap();
    }
    let endpoint = swtpm.endpoint().to_string();
    let (endpoint, len) = text(&endpoint);
    let tpm = made(|out, error| defenderauth_tpm_open(endpoint, len, Some(out), Some(error))).unwrap();
    call(|error| defenderauth_driver_give_tpm(Some(&mut *driver), Some(tpm), Some(error))).unwrap();
    let sources = enrolled(&id, &endorsement_key, &storage_root_key);
    call(|error| defenderauth_driver_start(Some(&mut *driver), Some(&sources), None, Some(error))).unwrap();
    defenderauth_sources_free(Some(Box::new(sources)));
    let mut all = Vec::new();
    while !defenderauth_driver_is_connected(Some(&driver)) {
        assert!(all.len() < 40, "{all:#?}");
        call(|error| defenderauth_driver_next(Some(&mut *driver), 30_000, Some(error))).unwrap();
        all.push(read(defenderauth_driver_event_text(Some(&driver))));
    }
    let session = defenderauth_driver_session(Some(&driver));
    assert_eq!(read(defenderauth_session_credential(session)), "tpm");
    defenderauth_driver_free(Some(driver));
    swtpm.assert_empty("afterwards");
}
