//! A complete registration with a software TPM, and with the service's responses written by hand.

use crate::{activation::keys, blob::recipe_for, swtpm::Swtpm};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use defender_auth::{
    Action, Authenticator, Event, Now, Password, Plan, SharedAccessKey, UnixTime,
    dps::{Attestation, Profile},
    http::Response,
    key::KeyUse,
    sas::SasToken,
    tpm::Tpm as _,
};
use serde_json::json;
use std::time::Duration;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const CLOCKS: Now = Now { wall: NOW, monotonic: Duration::ZERO };
const NONCE: [u8; 32] = [3; 32];
const HUB: [u8; 32] = [4; 32];

fn is_valid(token: &SasToken, key: &[u8]) -> bool {
    token.verify(&SharedAccessKey::from_bytes(key).unwrap(), NOW, Duration::ZERO).is_ok()
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_is_registered_and_authenticates_the_device_at_its_hub() {
    let mut swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    let wrapped = |key| BASE64_STANDARD.encode(recipe_for(key).fields(&keys[0], &keys[1]).concat());
    let challenge =
        json!({ "message": "Authorization required", "authenticationKey": wrapped(NONCE), "keyName": "registration" });
    let tpm_state = json!({ "authenticationKey": wrapped(HUB) });
    let state =
        json!({ "assignedHub": "h.azure-devices.net", "deviceId": "dev-01", "status": "assigned", "tpm": tpm_state });
    let assigned = json!({ "operationId": "4.a.b", "status": "assigned", "registrationState": state });

    let [endorsement_key, storage_root_key] = keys.clone();
    let attestation = Attestation::Tpm { endorsement_key, storage_root_key };
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), tpm.registration_id().unwrap());
    let plan = Plan::provision(profile, attestation).unwrap();
    let mut auth = Authenticator::new(&plan, CLOCKS, Duration::from_secs(600));
    let mut steps = Vec::new();
    while steps.len() < 20 {
        match auth.poll() {
            Action::Send(request) => {
                let is_proved = request.token().is_some_and(|token| is_valid(token, &NONCE));
                steps.push(if is_proved { "proved" } else { "asked" });
                let (status, body) = if is_proved { (200, &assigned) } else { (401, &challenge) };
                let body = body.to_string();
                auth.handle(CLOCKS, Event::Answered(Response::new(status, body.as_bytes()))).unwrap();
            }
            Action::Activate(blob) => {
                steps.push("activated");
                tpm.activate(blob).unwrap();
                auth.handle(CLOCKS, Event::Activated).unwrap();
            }
            Action::Sign(key_use, string) => {
                steps.push("signed");
                let signature = tpm.sign(key_use, string.as_bytes()).unwrap();
                auth.handle(CLOCKS, Event::Signed(signature)).unwrap();
            }
            Action::Done(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(steps, ["asked", "activated", "signed", "proved", "activated"]);
    drop(tpm);
    swtpm.assert_empty("after a registration");

    let me = auth.into_outcome().unwrap();
    swtpm.power_cycle();
    let Password::Sign(string) = me.password(NOW + Duration::from_secs(3600)) else { panic!("not a TPM's") };
    let signature = swtpm.client().sign(KeyUse::Hub, string.as_bytes()).unwrap();
    assert!(is_valid(&string.token(&signature), &HUB));
}
