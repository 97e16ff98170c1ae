//! Authenticators driven by a C program's own loop: with a TPM, and from an agent's configuration.

#![cfg(feature = "agent")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use defenderauth::{agent_config::*, authenticator::*, options::*, profile::*, *};
use std::{ptr, slice};
use support::{Failed, call, made, read, text, written};

const NOW: u64 = 1_700_000_000;
const ENDORSEMENT_KEY: &[u8] = &[1; 316];
const STORAGE_ROOT_KEY: &[u8] = &[2; 284];
const SIGNATURE: [u8; 32] = [9; 32];

/// A key blob with the structure that a TPM expects.
fn blob(first: u8) -> Vec<u8> {
    let mut blob = [&[0, 32], [first; 32].as_slice()].concat();
    for length in [256_u16, 142, 256, 48, 154] {
        blob.extend(length.to_be_bytes());
        blob.resize(blob.len() + usize::from(length), 7);
    }
    blob
}

fn answer(auth: &mut Authenticator, status: u16, body: &str) -> Result<(), Failed> {
    let (body, len) = (body.as_ptr(), body.len());
    call(|error| {
        defenderauth_authenticator_handle_response(Some(auth), NOW, status, ptr::null(), 0, body, len, Some(error))
    })
}

fn activated(auth: &mut Authenticator) -> Result<(), Failed> {
    call(|error| defenderauth_authenticator_handle_activated(Some(auth), NOW, Some(error)))
}

fn signed(auth: &mut Authenticator, now: u64) -> Result<(), Failed> {
    let (signature, len) = (SIGNATURE.as_ptr(), SIGNATURE.len());
    call(|error| defenderauth_authenticator_handle_signature(Some(auth), now, signature, len, Some(error)))
}

/// The pending action, and the state in words.
fn pending(auth: &Authenticator) -> (i32, String) {
    (defenderauth_authenticator_poll(Some(auth)), read(defenderauth_authenticator_state(Some(auth))))
}

/// The key to use, and the bytes for the TPM.
fn for_the_tpm(auth: &Authenticator) -> (i32, Vec<u8>) {
    let input = defenderauth_authenticator_tpm_input(Some(auth));
    // SAFETY: a view has its length, and the test has not freed its object.
    let bytes = unsafe { slice::from_raw_parts(input.data, input.len) };
    (defenderauth_authenticator_key_use(Some(auth)), bytes.to_vec())
}

fn by_tpm() -> Box<Authenticator> {
    let ((scope, scope_len), (id, id_len)) = (text("0ne00000A0A"), text("dev-01"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
    let profile = profile.unwrap();
    let auth = made(|out, error| {
        let (ek, ek_len) = (ENDORSEMENT_KEY.as_ptr(), ENDORSEMENT_KEY.len());
        let (srk, srk_len) = (STORAGE_ROOT_KEY.as_ptr(), STORAGE_ROOT_KEY.len());
        let (profile, module, out, error) = (Some(&*profile), ptr::null(), Some(out), Some(error));
        defenderauth_authenticator_new_dps_tpm(profile, module, 0, ek, ek_len, srk, srk_len, None, NOW, out, error)
    });
    defenderauth_profile_free(Some(profile));
    auth.unwrap()
}

fn challenge() -> String {
    format!(r#"{{"authenticationKey":"{}","keyName":"registration"}}"#, STANDARD.encode(blob(3)))
}

/// A registration up to the signature.
fn challenged() -> Box<Authenticator> {
    let mut auth = by_tpm();
    answer(&mut auth, 401, &challenge()).unwrap();
    activated(&mut auth).unwrap();
    auth
}

#[test]
fn every_step_of_a_registration_with_a_tpm_is_possible_in_c() {
    let mut auth = by_tpm();
    assert_eq!(pending(&auth), (DEFENDERAUTH_ACTION_SEND, "registering the device".into()));
    assert_eq!(for_the_tpm(&auth), (0, Vec::new()));

    answer(&mut auth, 401, &challenge()).unwrap();
    assert_eq!(pending(&auth), (DEFENDERAUTH_ACTION_ACTIVATE, "activating a key in the TPM".into()));
    assert_eq!(for_the_tpm(&auth), (DEFENDERAUTH_KEY_USE_REGISTRATION, blob(3)));

    activated(&mut auth).unwrap();
    assert_eq!(pending(&auth), (DEFENDERAUTH_ACTION_SIGN, "signing with the TPM".into()));
    let (key_use, string) = for_the_tpm(&auth);
    assert_eq!(key_use, DEFENDERAUTH_KEY_USE_REGISTRATION);
    assert_eq!(String::from_utf8(string).unwrap(), format!("0ne00000A0A%2Fregistrations%2Fdev-01\n{}", NOW + 900));

    signed(&mut auth, NOW).unwrap();
    assert_eq!(pending(&auth).0, DEFENDERAUTH_ACTION_SEND);
    let authorization = read(defenderauth_authenticator_request_authorization(Some(&auth)));
    let signature = STANDARD.encode(SIGNATURE).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    assert!(authorization.contains(&signature) && authorization.ends_with("&skn=registration"), "{authorization}");

    answer(&mut auth, 202, r#"{"operationId":"4.x","status":"assigning"}"#).unwrap();
    assert_eq!(pending(&auth).0, DEFENDERAUTH_ACTION_WAIT);
    call(|error| defenderauth_authenticator_handle_elapsed(Some(&mut *auth), NOW, Some(error))).unwrap();
    assert_eq!(pending(&auth), (DEFENDERAUTH_ACTION_SEND, "polling the registration status".into()));

    let assigned = format!(
        r#"{{"operationId":"4.x","status":"assigned","registrationState":{{"registrationId":"dev-01","status":"assigned",
        "assignedHub":"contoso.azure-devices.net","deviceId":"dev-01","tpm":{{"authenticationKey":"{}"}}}}}}"#,
        STANDARD.encode(blob(4))
    );
    answer(&mut auth, 200, &assigned).unwrap();
    assert_eq!(for_the_tpm(&auth), (DEFENDERAUTH_KEY_USE_HUB, blob(4)));
    activated(&mut auth).unwrap();
    assert_eq!(pending(&auth), (DEFENDERAUTH_ACTION_DONE, "done".into()));
    assert_eq!(defenderauth_authenticator_credential(Some(&auth)), DEFENDERAUTH_CREDENTIAL_TPM);
    let (token, _) = written(512, |buf, cap, len, error| {
        defenderauth_authenticator_sas_token(Some(&auth), NOW, 60, buf, cap, Some(len), Some(error))
    });
    assert_eq!(token.unwrap_err().code, DEFENDERAUTH_NOT_APPLICABLE);
    defenderauth_authenticator_free(Some(auth));
}

#[test]
fn a_signature_after_the_deadline_ends_the_run() {
    let mut auth = challenged();
    let failed = signed(&mut auth, NOW + 86_400).unwrap_err();
    assert_eq!(failed.code, DEFENDERAUTH_OUT_OF_TIME);
    assert_eq!(pending(&auth), (DEFENDERAUTH_ACTION_FAILED, "failed".into()));
    assert_eq!(for_the_tpm(&auth), (0, Vec::new()), "the TPM has nothing to do");
    let again = signed(&mut auth, NOW).unwrap_err();
    assert_eq!((again.code, pending(&auth).0), (DEFENDERAUTH_STATE, DEFENDERAUTH_ACTION_FAILED));
    defenderauth_authenticator_free(Some(auth));
}

/// An authenticator of an example agent.
fn of_agent(name: &str) -> Box<Authenticator> {
    let folder = format!("{}/../examples/agents/{name}", env!("CARGO_MANIFEST_DIR"));
    let (folder, len) = text(&folder);
    let config = made(|out, error| defenderauth_agent_config_load(folder, len, Some(out), Some(error))).unwrap();
    let auth = made(|out, error| {
        defenderauth_authenticator_from_agent_config(Some(&config), None, NOW, Some(out), Some(error))
    });
    defenderauth_agent_config_free(Some(config));
    auth.unwrap()
}

#[test]
fn an_agents_configuration_determines_the_first_action() {
    let hub = "contoso.azure-devices.net";
    for (name, action, asked, target) in [
        ("micro", DEFENDERAUTH_ACTION_DONE, "", ""),
        ("c/module", DEFENDERAUTH_ACTION_DONE, "", ""),
        ("csharp/device", DEFENDERAUTH_ACTION_SEND, hub, "/devices/dev-01/modules/azureiotsecurity?"),
        (
            "c/dps",
            DEFENDERAUTH_ACTION_SEND,
            "global.azure-devices-provisioning.net",
            "/0ne00000A0A/registrations/dev-01?",
        ),
    ] {
        let auth = of_agent(name);
        assert_eq!(defenderauth_authenticator_poll(Some(&auth)), action, "{name}");
        assert_eq!(read(defenderauth_authenticator_request_host(Some(&auth))), asked, "{name}");
        let path = read(defenderauth_authenticator_request_target(Some(&auth)));
        assert!(path.starts_with(target), "{name}: {path}");
        if action == DEFENDERAUTH_ACTION_DONE {
            assert_eq!(read(defenderauth_authenticator_host_name(Some(&auth))), hub);
            assert_eq!(read(defenderauth_authenticator_module_id(Some(&auth))), "azureiotsecurity");
        }
        defenderauth_authenticator_free(Some(auth));
    }
}

#[test]
fn the_same_configuration_has_the_same_outcome() {
    let (micro, again, c) = (of_agent("micro"), of_agent("micro"), of_agent("csharp/device"));
    assert!(defenderauth_authenticator_same_outcome(Some(&micro), Some(&again)));
    assert!(!defenderauth_authenticator_same_outcome(Some(&micro), Some(&c)), "one is not done");
    assert!(!defenderauth_authenticator_same_outcome(Some(&micro), None));
    for auth in [micro, again, c] {
        defenderauth_authenticator_free(Some(auth));
    }
}

/// An authenticator for a device at this hub, in Device mode, with the options.
fn of_device(hub: &str, options: &Options) -> Box<Authenticator> {
    let ((hub, hub_len), (id, id_len), (module, module_len)) = (text(hub), text("dev-01"), text("m"));
    made(|out, error| {
        let (options, out, error) = (Some(options), Some(out), Some(error));
        defenderauth_authenticator_new_device_tpm(
            hub, hub_len, id, id_len, module, module_len, options, NOW, out, error,
        )
    })
    .unwrap()
}

#[test]
fn the_classic_name_of_a_hub_is_signed_and_the_given_one_is_dialled() {
    const DEVICE_NAME: &str = "contoso.device.azure-devices.net";
    let mut options = made(|out, error| defenderauth_options_new(Some(out), Some(error))).unwrap();
    let signs = |auth: &Authenticator| String::from_utf8(for_the_tpm(auth).1).unwrap();
    let given = of_device(DEVICE_NAME, &options);
    assert!(signs(&given).starts_with("contoso.device.azure-devices.net%2Fdevices%2Fdev-01"), "{}", signs(&given));
    call(|error| defenderauth_options_set_classic_hub_name(Some(&mut *options), 1, Some(error))).unwrap();
    let mut classic = of_device(DEVICE_NAME, &options);
    assert!(signs(&classic).starts_with("contoso.azure-devices.net%2Fdevices%2Fdev-01"), "{}", signs(&classic));
    signed(&mut classic, NOW).unwrap();
    assert_eq!(read(defenderauth_authenticator_request_host(Some(&classic))), DEVICE_NAME);
    let body = r#"{"deviceId":"dev-01","moduleId":"m","authentication":
        {"type":"sas","symmetricKey":{"primaryKey":"QEFCQ0RFRkdISUpLTE1OTw=="}}}"#;
    answer(&mut classic, 200, body).unwrap();
    assert_eq!(read(defenderauth_authenticator_mqtt_host_name(Some(&classic))), DEVICE_NAME);
    assert_eq!(read(defenderauth_authenticator_host_name(Some(&classic))), "contoso.azure-devices.net");
    for auth in [given, classic] {
        defenderauth_authenticator_free(Some(auth));
    }
    let refused = of_device("contoso.service.azure-devices.net", &options);
    assert_eq!(pending(&refused), (DEFENDERAUTH_ACTION_FAILED, "failed".into()));
    defenderauth_authenticator_free(Some(refused));
    defenderauth_options_free(Some(options));
}

#[test]
fn the_version_of_the_provisioning_service_is_that_of_the_profile() {
    let ((scope, scope_len), (id, id_len)) = (text("0ne00000A0A"), text("dev-01"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
    let mut profile = profile.unwrap();
    let mut target = |version: &str| {
        let (version, len) = text(version);
        call(|error| defenderauth_profile_set_api_version(Some(&mut *profile), version, len, Some(error)))?;
        let auth = made(|out, error| {
            let (ek, ek_len) = (ENDORSEMENT_KEY.as_ptr(), ENDORSEMENT_KEY.len());
            let (profile, module, out, error) = (Some(&*profile), ptr::null(), Some(out), Some(error));
            defenderauth_authenticator_new_dps_tpm(profile, module, 0, ek, ek_len, ek, ek_len, None, NOW, out, error)
        })?;
        let target = read(defenderauth_authenticator_request_target(Some(&auth)));
        defenderauth_authenticator_free(Some(auth));
        Ok::<_, Failed>(target)
    };
    assert!(target("2021-06-01").unwrap().ends_with("?api-version=2021-06-01"));
    assert!(target("").unwrap().ends_with("?api-version=2019-03-31"));
    let refused = target("2021/06").unwrap_err();
    assert!(refused.message.contains("not allowed at byte 4") && refused.field == "text", "{refused:?}");
    defenderauth_profile_free(Some(profile));
}
