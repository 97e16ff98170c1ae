//! What a session is made of: sources, a policy, options; and the texts of its diagnoses.

#![cfg(all(feature = "session", feature = "x509"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "support/agent.rs"]
#[allow(dead_code, reason = "the other tests of sessions use the rest")]
mod agent;
mod support;

use agent::{Agent, HUB, KEY, WALL, With, add, free_options, no_sources, of_device, of_string, policy, sources};
use defender_auth::session::Diagnosis;
use defenderauth::{authenticator::*, certificate::*, options::*, session::*, *};
use std::ptr;
use support::{blamed, call, fixed, made, read, text};

#[test]
fn a_source_has_a_name_of_its_own() {
    let (mut sources, key, long) = (no_sources(), of_device(KEY), "n".repeat(65));
    for name in ["", "a/primary", "a\nb", &long] {
        assert_eq!(blamed(add(&mut sources, name, &key)), (DEFENDERAUTH_ARGUMENT, "name".into()));
    }
    let failed = Agent::try_new(&sources, &With::default()).err().unwrap();
    assert_eq!((failed.code, &*failed.field), (DEFENDERAUTH_ARGUMENT, "sources"));
    let failed = call(|error| defenderauth_sources_set_validity(Some(&mut *sources), 1, 2, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, "sources".into()));
    add(&mut sources, "a", &key).unwrap();
    assert_eq!(blamed(add(&mut sources, "a", &key)), (DEFENDERAUTH_ARGUMENT, "name".into()));
    let failed = call(|error| defenderauth_sources_set_validity(Some(&mut *sources), 2, 1, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, "not_after".into()));
    Agent::try_new(&sources, &With::default()).unwrap().free();
    defenderauth_authenticator_free(Some(key));
    defenderauth_sources_free(Some(sources));
}

fn of_certificate() -> Box<Authenticator> {
    let (chain, chain_len) = text(include_str!("../../tests/x509/data/p256.certificate.pem"));
    let (key, key_len) = text(include_str!("../../tests/x509/data/p256.pkcs8.pem"));
    let certificate =
        made(|out, error| defenderauth_certificate_from_pem(chain, chain_len, key, key_len, Some(out), Some(error)));
    let (certificate, (host, host_len), (id, id_len)) = (certificate.unwrap(), text(HUB), text("dev-01"));
    let made = made(|out, error| {
        let (module, it, out, error) = (ptr::null(), Some(&*certificate), Some(out), Some(error));
        defenderauth_authenticator_new_device_certificate(
            host, host_len, id, id_len, module, 0, it, None, WALL, out, error,
        )
    });
    defenderauth_certificate_free(Some(certificate));
    made.unwrap()
}

#[test]
fn a_certificate_is_presented_until_it_expires() {
    let mut agent = Agent::new(vec![("certificate", of_certificate())]);
    let it = Some(&*agent.session);
    let certificate = defenderauth_session_certificate(it);
    assert!(defenderauth_certificate_has_key(certificate));
    let last = defenderauth_certificate_not_after(certificate);
    assert_eq!(defenderauth_session_certificate_ends(it), last, "it is read from the certificate");
    assert_eq!(agent.password().unwrap_err().code, DEFENDERAUTH_NOT_APPLICABLE);
    agent.stay();
    assert_eq!(defenderauth_session_due(Some(&agent.session)), 0);
    assert_eq!(defenderauth_session_pick_milliseconds(Some(&agent.session), 7), u64::MAX);
    agent.free();

    let mut sources = sources(vec![("certificate", of_certificate())]);
    call(|error| defenderauth_sources_set_validity(Some(&mut *sources), 1, WALL - 1, Some(error))).unwrap();
    add(&mut sources, "key", &of_device(KEY)).unwrap();
    let agent = Agent::try_new(&sources, &With::default()).unwrap();
    assert_eq!(agent.credential(), "key", "an expired certificate costs no connection");
    let why = defenderauth_session_dropped_diagnosis(Some(&agent.session));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_CLIENT_EXPIRED);
    agent.free();
    defenderauth_sources_free(Some(sources));
}

#[test]
fn the_options_of_a_session_are_those_of_its_login() {
    let mut options = made(|out, error| defenderauth_options_new(Some(out), Some(error))).unwrap();
    let ((agent, agent_len), (model, model_len)) = (text("agent/7"), text("dtmi:com:example:a;1"));
    let (gateway, len) = text("edge-01");
    let it = &mut *options;
    call(|error| defenderauth_options_set_user_agent(Some(it), agent, agent_len, Some(error))).unwrap();
    call(|error| defenderauth_options_set_model_id(Some(it), model, model_len, Some(error))).unwrap();
    call(|error| defenderauth_options_set_gateway_host_name(Some(it), gateway, len, Some(error))).unwrap();
    let agent = Agent::with(vec![("key", of_device(KEY))], &With { options: Some(&options), ..With::default() });
    let it = Some(&*agent.session);
    assert_eq!(read(defenderauth_session_mqtt_host_name(it)), "edge-01");
    assert_eq!(read(defenderauth_session_gateway_host_name(it)), "edge-01");
    assert_eq!(read(defenderauth_session_host_name(it)), HUB);
    let user = read(defenderauth_session_mqtt_user_name(it));
    assert!(user.starts_with(HUB) && user.contains("agent%2F7") && user.contains("dtmi"), "{user}");
    agent.free();
    free_options(options);
}

#[test]
fn the_version_of_the_hubs_interface_is_that_of_the_options() {
    let mut options = made(|out, error| defenderauth_options_new(Some(out), Some(error))).unwrap();
    let mut set = |value: &str| {
        let (value, len) = text(value);
        call(|error| defenderauth_options_set_hub_api_version(Some(&mut *options), value, len, Some(error)))
    };
    let refused = set("2021 04").unwrap_err();
    assert!(refused.message.contains("not allowed at byte 4") && refused.field == "text", "{refused:?}");
    set("2021-04-12").unwrap();
    let agent = Agent::with(vec![("key", of_device(KEY))], &With { options: Some(&options), ..With::default() });
    let user = read(defenderauth_session_mqtt_user_name(Some(&*agent.session)));
    assert!(user.contains("/?api-version=2021-04-12&"), "{user}");
    agent.free();
    free_options(options);
}

#[test]
fn every_value_of_a_policy_can_be_set() {
    let mut policy = policy();
    for time in 1..=8 {
        call(|error| defenderauth_policy_set_seconds(Some(&mut *policy), time, 100, Some(error))).unwrap();
    }
    for ladder in 1..=5 {
        call(|error| defenderauth_policy_set_backoff(Some(&mut *policy), ladder, 250, 250, 0, Some(error))).unwrap();
    }
    for rate in 1..=2 {
        call(|error| defenderauth_policy_set_rate(Some(&mut *policy), rate, 2, 1000, Some(error))).unwrap();
    }
    for limit in 1..=2 {
        call(|error| defenderauth_policy_set_limit(Some(&mut *policy), limit, 1, Some(error))).unwrap();
    }
    call(|error| defenderauth_policy_set_renewal_percent(Some(&mut *policy), 50, 60, Some(error))).unwrap();
    call(|error| defenderauth_policy_set_floor(Some(&mut *policy), WALL - 9, Some(error))).unwrap();
    let mut agent = Agent::with(vec![("key", of_device(KEY))], &With { policy: Some(&policy), ..With::default() });
    assert!(agent.password().unwrap().ends_with(&format!("&se={}", WALL + 100)));
    assert_eq!(defenderauth_session_deadline_milliseconds(Some(&agent.session)), 105_000);
    agent.stay();
    let window = [0, u32::MAX].map(|random| defenderauth_session_pick_milliseconds(Some(&agent.session), random));
    assert_eq!(window, [55_000, 65_000]);
    agent.handle(|it, wall, at, error| defenderauth_session_handle_disconnected(it, wall, at, 1, error)).unwrap();
    let window = [0, u32::MAX].map(|random| defenderauth_session_pick_milliseconds(Some(&agent.session), random));
    assert_eq!(window, [5250, 5250]);
    agent.free();
    defenderauth_policy_free(Some(policy));
}

#[test]
fn a_policy_without_a_pause_is_rejected() {
    let mut policy = policy();
    let it = &mut *policy;
    for (outcome, parameter) in [
        (call(|error| defenderauth_policy_set_seconds(Some(it), 0, 1, Some(error))), "time"),
        (call(|error| defenderauth_policy_set_seconds(Some(it), 9, 1, Some(error))), "time"),
        (call(|error| defenderauth_policy_set_seconds(Some(it), 1, 0, Some(error))), "seconds"),
        (call(|error| defenderauth_policy_set_seconds(Some(it), 1, u64::MAX, Some(error))), "seconds"),
        (call(|error| defenderauth_policy_set_renewal_percent(Some(it), 0, 85, Some(error))), "from"),
        (call(|error| defenderauth_policy_set_renewal_percent(Some(it), 85, 80, Some(error))), "from"),
        (call(|error| defenderauth_policy_set_renewal_percent(Some(it), 80, 100, Some(error))), "from"),
        (call(|error| defenderauth_policy_set_backoff(Some(it), 6, 1, 1, 0, Some(error))), "ladder"),
        (call(|error| defenderauth_policy_set_backoff(Some(it), 1, 0, 1, 0, Some(error))), "first_milliseconds"),
        (call(|error| defenderauth_policy_set_backoff(Some(it), 1, 2, 1, 0, Some(error))), "most_milliseconds"),
        (call(|error| defenderauth_policy_set_rate(Some(it), 4, 1, 1, Some(error))), "rate"),
        (call(|error| defenderauth_policy_set_rate(Some(it), 1, 0, 1, Some(error))), "burst"),
        (call(|error| defenderauth_policy_set_rate(Some(it), 1, 1, 0, Some(error))), "interval_milliseconds"),
        (call(|error| defenderauth_policy_set_limit(Some(it), 3, 1, Some(error))), "limit"),
        (call(|error| defenderauth_policy_set_limit(Some(it), 1, 0, Some(error))), "count"),
        (call(|error| defenderauth_policy_set_floor(Some(it), u64::MAX, Some(error))), "seconds"),
    ] {
        assert_eq!(blamed(outcome), (DEFENDERAUTH_ARGUMENT, parameter.into()));
    }
    // The longest of everything: nothing overflows.
    let most = u64::MAX;
    for ladder in 1..=5 {
        call(|error| defenderauth_policy_set_backoff(Some(it), ladder, most, most, u32::MAX, Some(error))).unwrap();
    }
    call(|error| defenderauth_policy_set_rate(Some(it), 1, u32::MAX, most, Some(error))).unwrap();
    let seconds = 253_402_300_799;
    for time in 1..=8 {
        call(|error| defenderauth_policy_set_seconds(Some(it), time, seconds, Some(error))).unwrap();
    }
    let mut agent = Agent::with(vec![("key", of_device(KEY))], &With { policy: Some(&policy), ..With::default() });
    agent.rejected(DEFENDERAUTH_REJECTION_HTTP, 503, u64::MAX).unwrap();
    assert!(defenderauth_session_from_milliseconds(Some(&agent.session)) > most / 2);
    agent.free();
    defenderauth_policy_free(Some(policy));
}

#[test]
fn a_module_is_a_source_with_its_own_login() {
    let string = format!("HostName={HUB};DeviceId=dev-01;ModuleId=m;SharedAccessKey={KEY}");
    let agent = Agent::new(vec![("module", of_string(&string))]);
    assert_eq!(read(defenderauth_session_mqtt_client_id(Some(&agent.session))), "dev-01/m");
    assert!(defenderauth_session_assigned(Some(&agent.session)).is_none());
    agent.free();
}

#[test]
fn every_diagnosis_has_its_texts() {
    for diagnosis in Diagnosis::ALL {
        let number = diagnosis.as_i32();
        assert_eq!(fixed(diagnosis::defenderauth_diagnosis_word(number)), diagnosis.as_str());
        assert_eq!(fixed(diagnosis::defenderauth_diagnosis_string(number)), diagnosis.to_string());
    }
    for other in [0, 900, 999, i32::MIN] {
        assert_eq!(fixed(diagnosis::defenderauth_diagnosis_word(other)), "unknown");
        assert_eq!(fixed(diagnosis::defenderauth_diagnosis_string(other)), "unknown");
    }
    let header = include_str!("../../include/defenderauth.h");
    for diagnosis in Diagnosis::ALL {
        let name = format!("{diagnosis:?}").chars().enumerate().fold(String::new(), |mut name, (at, c)| {
            name.push_str(if at > 0 && c.is_ascii_uppercase() { "_" } else { "" });
            name.push(c.to_ascii_uppercase());
            name
        });
        let line = format!("#define DEFENDERAUTH_DIAGNOSIS_{name} {}\n", diagnosis.as_i32());
        assert!(header.contains(&line), "{line}");
    }
}
