//! A key in a TPM: registered, loaded, and the maker of every token.

use crate::{
    site::{DPS_SCOPE, HOUR, HUB, Site},
    swtpm::Swtpm,
};
use defender_auth::{
    Plan,
    dps::{Attestation, Profile},
    session::{Policy, Source},
    tpm::Tpm as _,
};
use defender_auth_emulator::{Dps, Enrollment, Hub, World};
use defender_auth_mqtt::driver::{Driver, Event, TpmSigner};

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_is_registered_once_and_signs_each_token() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let endorsement_key = tpm.endorsement_key().unwrap();
    let enrollment = Enrollment::with_endorsement_key("tpm-01", &crate::site::text(&endorsement_key)).hub(HUB);
    let site = Site::with(World::new().hub(Hub::new(HUB)), Dps::new(DPS_SCOPE).enrollment(enrollment));
    let attestation = Attestation::Tpm { endorsement_key, storage_root_key: tpm.storage_root_key().unwrap() };
    let profile = Profile::new(DPS_SCOPE.parse().unwrap(), "tpm-01".parse().unwrap());
    let source = Source::new("tpm", Plan::provision(profile, attestation).unwrap());
    let options = site.options().with_signer(TpmSigner(tpm));
    let mut driver = Driver::new(vec![source], Policy::default(), options).unwrap();
    let lines = site.connect(&mut driver);
    assert_eq!(lines.last().unwrap(), &format!("connected as {HUB}/devices/tpm-01 with tpm"), "{lines:?}");
    site.pass(7 * HOUR);
    let lines = site.until(&mut driver, |event| matches!(event, Event::Renewed { .. }));
    assert_eq!((lines.len(), driver.status().counters.registrations), (1, 1), "{lines:?}");
}
