//! Sessions driven by a C program's own loop.

#![cfg(all(feature = "session", feature = "x509"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "support/agent.rs"]
#[allow(dead_code, reason = "the other tests of sessions use the rest")]
mod agent;
mod support;

use agent::{
    Agent, HUB, KEY, OTHER_KEY, WALL, With, add, no_sources, of_device, of_elsewhere, of_enrollment,
    of_enrollment_by_tpm, sources,
};
use defenderauth::{authenticator::*, session::*, *};
use std::slice;
use support::{blamed, read};

const ASSIGNED: &str = r#"{"operationId":"1","status":"assigned","registrationState":{"registrationId":"dev-01","assignedHub":"contoso.azure-devices.net","deviceId":"dev-01","status":"assigned","payload":{"a":1},"substatus":"initialAssignment"}}"#;

fn module() -> String {
    format!(
        r#"{{"moduleId":"azureiotsecurity","deviceId":"dev-01","authentication":{{"type":"sas","symmetricKey":{{"primaryKey":"{KEY}","secondaryKey":"{OTHER_KEY}"}}}}}}"#
    )
}

/// One with the security module of an enrolled device, up to its first snapshot with keys.
fn registered() -> Agent {
    let mut agent = Agent::new(vec![("dps", of_enrollment("azureiotsecurity"))]);
    agent.saved();
    agent.response(200, ASSIGNED).unwrap();
    assert!(agent.snapshot().1.is_empty(), "{}", agent.status());
    agent.saved();
    agent.response(200, &module()).unwrap();
    agent
}

fn last(agent: &Agent) -> i32 {
    defenderauth_session_last_diagnosis(Some(&agent.session))
}

#[test]
fn a_key_connects_saves_stays_and_renews() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_CONNECT);
    let it = Some(&*agent.session);
    assert_eq!(read(defenderauth_session_mqtt_host_name(it)), HUB);
    assert_eq!(read(defenderauth_session_mqtt_client_id(it)), "dev-01");
    assert!(read(defenderauth_session_mqtt_user_name(it)).starts_with(&format!("{HUB}/dev-01/?api-version=")));
    assert_eq!(defenderauth_session_deadline_milliseconds(it), 65_000);
    assert!(defenderauth_session_certificate(it).is_none());
    let token = agent.password().unwrap();
    assert!(token.ends_with(&format!("&se={}", WALL + 8 * 3600)), "{token}");

    agent.connected();
    let (saved, secret) = agent.snapshot();
    assert!(saved.contains(r#""working": "key""#) && secret.is_empty(), "{saved}");
    assert_eq!(agent.password().unwrap_err().code, DEFENDERAUTH_STATE);
    agent.saved();

    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_STAY);
    let it = Some(&*agent.session);
    assert_eq!(defenderauth_session_due(it), DEFENDERAUTH_DUE_RENEWAL);
    assert_eq!(defenderauth_session_phase(it), DEFENDERAUTH_PHASE_CONNECTED);
    let window = [0, u32::MAX].map(|random| defenderauth_session_pick_milliseconds(it, random));
    let hours = |percent: u64| 5000 + 8 * 3600 * 10 * percent;
    assert_eq!(window, [hours(80), hours(85)]);
    assert_eq!(window[0], defenderauth_session_from_milliseconds(it));
    assert_eq!(window[1], defenderauth_session_until_milliseconds(it));
    assert_eq!(read(defenderauth_session_device_id(it)), "dev-01", "topics are made of it");

    agent.elapsed();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_STAY, "it was too early");
    agent.wait();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_RENEW);
    assert_ne!(agent.password().unwrap(), token);
    agent.stay();
    let count = |count| defenderauth_session_count(Some(&agent.session), count);
    assert_eq!((count(DEFENDERAUTH_COUNT_CONNECTS), count(DEFENDERAUTH_COUNT_RENEWALS), count(0)), (2, 1, 0));
    assert_eq!(agent.status(), "connected, key");
    agent.free();
}

#[test]
fn a_rejected_credential_is_named_and_the_next_is_tried() {
    let mut agent = Agent::new(vec![("first", of_device(KEY)), ("second", of_device(OTHER_KEY))]);
    agent.rejected(DEFENDERAUTH_REJECTION_CONNACK, 5, 0).unwrap();
    let it = Some(&*agent.session);
    assert_eq!(agent.credential(), "second");
    assert_eq!(read(defenderauth_session_dropped_credential(it)), "first");
    assert_eq!(defenderauth_session_dropped_diagnosis(it), DEFENDERAUTH_DIAGNOSIS_HUB_REJECTED);
    assert_eq!(defenderauth_session_dropped_at(it), WALL);
    assert_eq!(defenderauth_session_failures_in_a_row(it), 1);
    agent.stay();
    assert_eq!(defenderauth_session_due(Some(&agent.session)), DEFENDERAUTH_DUE_RENEWAL);
    agent.free();
}

#[test]
fn a_busy_hub_is_waited_for_as_long_as_it_asks() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    agent.rejected(DEFENDERAUTH_REJECTION_HTTP, 429, 3600).unwrap();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_WAIT);
    let it = Some(&*agent.session);
    assert_eq!(defenderauth_session_diagnosis(it), DEFENDERAUTH_DIAGNOSIS_BUSY);
    assert!(defenderauth_session_from_milliseconds(it) >= 3_605_000);
    agent.handle(|it, wall, at, error| defenderauth_session_handle_wake(it, wall, at, error)).unwrap();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_WAIT, "nothing ends what the service demands");
    agent.wait();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_CONNECT);
    agent.free();
}

#[test]
fn each_kind_of_rejection_has_its_codes() {
    for (rejection, code, diagnosis) in [
        (DEFENDERAUTH_REJECTION_CONNACK, 1, DEFENDERAUTH_DIAGNOSIS_VERSION_REJECTED),
        (DEFENDERAUTH_REJECTION_CONNACK, 3, DEFENDERAUTH_DIAGNOSIS_BUSY),
        (DEFENDERAUTH_REJECTION_CONNACK, 255, DEFENDERAUTH_DIAGNOSIS_PROTOCOL_REJECTED),
        (DEFENDERAUTH_REJECTION_REASON, 0x84, DEFENDERAUTH_DIAGNOSIS_VERSION_REJECTED),
        (DEFENDERAUTH_REJECTION_REASON, 0x87, DEFENDERAUTH_DIAGNOSIS_HUB_REJECTED),
        (DEFENDERAUTH_REJECTION_REASON, 0x8a, DEFENDERAUTH_DIAGNOSIS_BANNED),
        (DEFENDERAUTH_REJECTION_REASON, 0x9d, DEFENDERAUTH_DIAGNOSIS_MOVED),
        (DEFENDERAUTH_REJECTION_HTTP, 302, DEFENDERAUTH_DIAGNOSIS_MOVED),
        (DEFENDERAUTH_REJECTION_HTTP, 503, DEFENDERAUTH_DIAGNOSIS_BUSY),
    ] {
        let mut agent = Agent::new(vec![("key", of_device(KEY))]);
        agent.rejected(rejection, code, 0).unwrap();
        assert_eq!(last(&agent), diagnosis, "{rejection} {code}");
        agent.free();
    }
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    for (rejection, code, parameter) in [
        (0, 5, "rejection"),
        (4, 5, "rejection"),
        (DEFENDERAUTH_REJECTION_CONNACK, 0, "code"),
        (DEFENDERAUTH_REJECTION_CONNACK, 256, "code"),
        (DEFENDERAUTH_REJECTION_REASON, 0, "code"),
        (DEFENDERAUTH_REJECTION_REASON, 0x7f, "code"),
        (DEFENDERAUTH_REJECTION_HTTP, 200, "code"),
        (DEFENDERAUTH_REJECTION_HTTP, 600, "code"),
    ] {
        let failed = agent.rejected(rejection, code, 0);
        assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, parameter.into()), "{rejection} {code}");
        assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_CONNECT, "nothing has changed");
    }
    agent.free();
}

#[test]
fn each_failure_of_tls_has_its_diagnosis() {
    let all = [
        DEFENDERAUTH_DIAGNOSIS_CLIENT_EXPIRED,
        DEFENDERAUTH_DIAGNOSIS_CLIENT_NOT_YET_VALID,
        DEFENDERAUTH_DIAGNOSIS_CLIENT_REJECTED,
        DEFENDERAUTH_DIAGNOSIS_KEY_UNUSABLE,
        DEFENDERAUTH_DIAGNOSIS_SERVER_UNTRUSTED,
        DEFENDERAUTH_DIAGNOSIS_INTERCEPTED,
        DEFENDERAUTH_DIAGNOSIS_CLOCK_SUSPECT,
        DEFENDERAUTH_DIAGNOSIS_CLOCK_SUSPECT,
        DEFENDERAUTH_DIAGNOSIS_SERVER_WRONG_NAME,
        DEFENDERAUTH_DIAGNOSIS_SERVER_CERTIFICATE,
        DEFENDERAUTH_DIAGNOSIS_INCOMPATIBLE,
        DEFENDERAUTH_DIAGNOSIS_PLAIN_TEXT,
        DEFENDERAUTH_DIAGNOSIS_TLS_FAILED,
        DEFENDERAUTH_DIAGNOSIS_TLS_FAILED,
        DEFENDERAUTH_DIAGNOSIS_KEY_BUSY,
    ];
    for (number, diagnosis) in (1..).zip(all) {
        let mut agent = Agent::new(vec![("key", of_device(KEY))]);
        agent.tls_failed(number, 0).unwrap();
        assert_eq!(last(&agent), diagnosis, "{number}");
        agent.free();
    }
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    for other in [0, 16, -1, 650] {
        assert_eq!(blamed(agent.tls_failed(other, 0)), (DEFENDERAUTH_ARGUMENT, "tls_failure".into()));
    }
    assert_eq!(blamed(agent.tls_failed(7, u64::MAX)), (DEFENDERAUTH_ARGUMENT, "date_or_0".into()));
    // It expired before a time that has passed for certain.
    agent.tls_failed(DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED, 1_000_000_000).unwrap();
    assert_eq!(last(&agent), DEFENDERAUTH_DIAGNOSIS_SERVER_EXPIRED);
    agent.free();
}

#[test]
fn a_registration_is_read_through_an_authenticator() {
    let mut agent = Agent::new(vec![("dps", of_enrollment(""))]);
    let (saved, _) = agent.snapshot();
    assert!(saved.contains("registrationsOwedUntil"), "a debt is saved first: {saved}");
    assert!(defenderauth_session_authenticator(Some(&agent.session)).is_none());
    agent.saved();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE);
    {
        let run = defenderauth_session_authenticator(Some(&agent.session));
        assert_eq!(defenderauth_authenticator_poll(run), DEFENDERAUTH_ACTION_SEND);
        assert_eq!(read(defenderauth_authenticator_request_host(run)), "global.azure-devices-provisioning.net");
        assert_eq!(read(defenderauth_authenticator_request_method(run)), "PUT");
        assert!(read(defenderauth_authenticator_request_authorization(run)).starts_with("SharedAccessSignature sr="));
        assert_eq!(defenderauth_authenticator_credential(run), DEFENDERAUTH_CREDENTIAL_NONE);
        let mut sources = no_sources();
        let failed = add(&mut sources, "a", run.unwrap());
        assert_eq!(blamed(failed), (DEFENDERAUTH_STATE, "authenticator".into()), "it is no plan");
        defenderauth_sources_free(Some(sources));
    }
    agent.response(202, r#"{"operationId":"4.x","status":"assigning"}"#).unwrap();
    let run = defenderauth_session_authenticator(Some(&agent.session));
    assert_eq!(defenderauth_authenticator_poll(run), DEFENDERAUTH_ACTION_WAIT);
    agent.elapsed();
    agent.handle(|it, wall, at, error| defenderauth_session_handle_no_response(it, wall, at, error)).unwrap();
    agent.pass(60_000);
    agent.elapsed();
    agent.response(200, ASSIGNED).unwrap();

    let (saved, secret) = agent.snapshot();
    assert!(saved.contains(HUB) && secret.is_empty(), "the device's key is that of its source");
    let assigned = defenderauth_session_assigned(Some(&agent.session));
    assert_eq!(defenderauth_authenticator_poll(assigned), DEFENDERAUTH_ACTION_DONE);
    assert_eq!(read(defenderauth_authenticator_dps_payload(assigned)), r#"{"a":1}"#);
    assert_eq!(read(defenderauth_authenticator_dps_substatus(assigned)), "initialAssignment");
    agent.saved();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_CONNECT);
    assert_eq!(defenderauth_session_count(Some(&agent.session), DEFENDERAUTH_COUNT_REGISTRATIONS), 1);
    agent.free();
}

#[test]
fn a_restart_with_what_was_saved_sends_no_request() {
    let mut agent = registered();
    let (first, secret) = agent.snapshot();
    assert!(!first.contains(KEY) && secret.contains(KEY) && secret.contains(OTHER_KEY), "{first}");
    agent.saved();
    agent.rejected(DEFENDERAUTH_REJECTION_CONNACK, 5, 0).unwrap();
    assert_eq!(agent.credential(), "dps/secondary");
    agent.connected();
    let (saved, secret) = agent.snapshot();
    agent.free();

    let with = With { saved: &saved, secret: &secret, ..With::default() };
    let mut again = Agent::with(vec![("dps", of_enrollment("azureiotsecurity"))], &with);
    assert_eq!((again.poll(), again.credential()), (DEFENDERAUTH_SESSION_ACTION_CONNECT, "dps/secondary".into()));
    assert_eq!(read(defenderauth_session_module_id(Some(&again.session))), "azureiotsecurity");
    again.stay();
    assert_eq!(defenderauth_session_count(Some(&again.session), DEFENDERAUTH_COUNT_REQUESTS), 0);
    again.free();

    // Without the secret the hub is asked for the module, and nobody else.
    let with = With { saved: &saved, ..With::default() };
    let again = Agent::with(vec![("dps", of_enrollment("azureiotsecurity"))], &with);
    let run = defenderauth_session_authenticator(Some(&again.session));
    assert_eq!(read(defenderauth_authenticator_request_host(run)), HUB);
    again.free();
}

#[test]
fn the_longest_keys_fit_into_the_buffer_for_a_secret() {
    let mut agent = Agent::new(vec![("dps", of_enrollment("azureiotsecurity"))]);
    agent.saved();
    agent.response(200, ASSIGNED).unwrap();
    agent.saved();
    // As long as a key can be.
    let key = "A".repeat(4096);
    agent.response(200, &module().replace(KEY, &key).replace(OTHER_KEY, &key)).unwrap();
    let (_, len) = support::written(DEFENDERAUTH_SNAPSHOT_SECRET_CAPACITY, |buf, cap, len, error| {
        defenderauth_session_snapshot_secret(Some(&agent.session), buf, cap, Some(len), Some(error))
    });
    assert!(len > 8192, "{len} {}", agent.status());
    agent.free();
}

#[test]
fn what_cannot_be_restored_is_named() {
    let mut agent = registered();
    let (saved, secret) = agent.snapshot();
    agent.saved();
    agent.free();
    let sources = sources(vec![("dps", of_enrollment("azureiotsecurity"))]);
    let fails = |saved: &str, secret: &str, field: &str| {
        let failed = Agent::try_new(&sources, &With { saved, secret, ..With::default() }).err().unwrap();
        assert_eq!((failed.code, &*failed.field), (DEFENDERAUTH_SNAPSHOT, field), "{failed:?}");
        assert!(failed.message.contains("begin without it") || field == "secret", "{failed:?}");
        assert!(!failed.message.contains(KEY));
    };
    for end in [1, 40, saved.len() / 2, saved.len() - 1] {
        fails(&saved[..end], &secret, "saved");
    }
    fails("{}", "", "saved");
    fails(&saved, &secret.replace("dev-01", "dev-02"), "secret");
    Agent::try_new(&sources, &With { secret: &secret, ..With::default() }).unwrap().free();
    defenderauth_sources_free(Some(sources));
}

#[test]
fn a_key_held_elsewhere_signs() {
    let mut agent = Agent::new(vec![("tpm", of_elsewhere()), ("key", of_device(KEY))]);
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_SIGN);
    let input = defenderauth_session_sign_input(Some(&agent.session));
    // SAFETY: a view has its length, and the test has not freed its object.
    let input = unsafe { slice::from_raw_parts(input.data, input.len) };
    assert_eq!(str::from_utf8(input).unwrap(), format!("{HUB}%2Fdevices%2Fdev-01\n{}", WALL + 8 * 3600));
    assert_eq!(defenderauth_session_key_use(Some(&agent.session)), DEFENDERAUTH_KEY_USE_HUB);
    let sign = |agent: &mut Agent, signature: &[u8]| {
        let (signature, len) = (signature.as_ptr(), signature.len());
        agent.handle(|it, wall, at, error| defenderauth_session_handle_signature(it, wall, at, signature, len, error))
    };
    assert_eq!(blamed(sign(&mut agent, &[9; 31])), (DEFENDERAUTH_ARGUMENT, "signature".into()));
    sign(&mut agent, &[9; 32]).unwrap();
    assert!(agent.password().unwrap().contains("sig=CQkJ"));
    agent.stay();
    agent.wait();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_SIGN, "for the next token");
    agent.handle(|it, wall, at, error| defenderauth_session_handle_key_failed(it, wall, at, error)).unwrap();
    assert_eq!(agent.credential(), "key");
    let why = defenderauth_session_dropped_diagnosis(Some(&agent.session));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_KEY_UNUSABLE);
    agent.free();
}

#[test]
fn an_event_that_does_not_match_changes_nothing() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    let before = (agent.poll(), agent.status());
    for outcome in [
        agent.handle(|it, wall, at, error| defenderauth_session_handle_saved(it, wall, at, 1, error)),
        agent.handle(|it, wall, at, error| defenderauth_session_handle_no_response(it, wall, at, error)),
        agent.handle(|it, wall, at, error| defenderauth_session_handle_activated(it, wall, at, error)),
        agent.handle(|it, wall, at, error| defenderauth_session_handle_key_failed(it, wall, at, error)),
        agent.handle(|it, wall, at, error| defenderauth_session_handle_elapsed(it, wall, at, error)),
        agent.response(200, "{}"),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_STATE);
    }
    let late = agent.handle(|it, _, at, error| defenderauth_session_handle_wake(it, u64::MAX, at, error));
    assert_eq!(blamed(late), (DEFENDERAUTH_ARGUMENT, "wall".into()));
    let other = agent.handle(|it, wall, at, error| defenderauth_session_handle_disconnected(it, wall, at, 3, error));
    assert_eq!(blamed(other), (DEFENDERAUTH_ARGUMENT, "loss".into()));
    assert_eq!((agent.poll(), agent.status()), before);
    agent.stay();
    let failed = agent.handle(|it, wall, at, error| defenderauth_session_handle_key_failed(it, wall, at, error));
    assert_eq!(failed.unwrap_err().code, DEFENDERAUTH_STATE);
    agent.free();
}

#[test]
fn a_lost_connection_is_told_by_its_cause() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    agent.stay();
    agent.pass(700_000);
    let lost = |agent: &mut Agent, loss| {
        agent
            .handle(|it, wall, at, error| defenderauth_session_handle_disconnected(it, wall, at, loss, error))
            .unwrap();
    };
    lost(&mut agent, DEFENDERAUTH_LOSS_TOKEN_EXPIRED);
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_CONNECT, "with a new token, at once");
    agent.stay();
    lost(&mut agent, DEFENDERAUTH_LOSS_DROPPED);
    assert_eq!(
        (agent.poll(), last(&agent)),
        (DEFENDERAUTH_SESSION_ACTION_WAIT, DEFENDERAUTH_DIAGNOSIS_CONNECTION_LOST)
    );
    agent.wait();
    agent.stay();
    let reason = DEFENDERAUTH_REJECTION_REASON;
    let by_server = agent.handle(|it, wall, at, error| {
        defenderauth_session_handle_disconnected_by_server(it, wall, at, reason, 0x8a, error)
    });
    by_server.unwrap();
    assert_eq!(last(&agent), DEFENDERAUTH_DIAGNOSIS_BANNED);
    agent.free();
}

#[test]
fn new_sources_take_the_place_of_the_old_without_a_restart() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    agent.stay();
    let rotate = |agent: &mut Agent, sources: &Sources| {
        agent.handle(|it, wall, at, error| defenderauth_session_handle_rotated(it, wall, at, Some(sources), error))
    };
    let same = sources(vec![("key", of_device(KEY)), ("other", of_device(OTHER_KEY))]);
    rotate(&mut agent, &same).unwrap();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_STAY);
    let new = sources(vec![("key", of_device(OTHER_KEY))]);
    rotate(&mut agent, &new).unwrap();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_RENEW);
    let none = no_sources();
    assert_eq!(blamed(rotate(&mut agent, &none)), (DEFENDERAUTH_ARGUMENT, "sources".into()));
    for it in [same, new, none] {
        defenderauth_sources_free(Some(it));
    }
    agent.free();
}

#[test]
fn a_clock_that_is_wrong_is_told_and_replaced() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    let state = |agent: &Agent, wall| defenderauth_session_clock_state(Some(&agent.session), wall, agent.monotonic);
    let time = |agent: &Agent, wall| defenderauth_session_clock_seconds(Some(&agent.session), wall, agent.monotonic);
    assert_eq!((state(&agent, WALL), time(&agent, WALL)), (DEFENDERAUTH_CLOCK_PLAUSIBLE, WALL));
    assert_eq!(state(&agent, 0), DEFENDERAUTH_CLOCK_BEFORE_FLOOR);
    assert_eq!((state(&agent, u64::MAX), time(&agent, u64::MAX)), (0, 0));
    let date = WALL + 7200;
    agent.handle(|it, wall, at, error| defenderauth_session_handle_connected(it, wall, at, date, error)).unwrap();
    assert_eq!((state(&agent, WALL), time(&agent, WALL)), (DEFENDERAUTH_CLOCK_CORRECTED, date));
    agent.handle(|it, wall, at, error| defenderauth_session_handle_clock_set(it, wall, at, error)).unwrap();
    agent.free();
}

#[test]
fn a_state_that_is_not_saved_is_told() {
    let mut agent = Agent::new(vec![("key", of_device(KEY))]);
    agent.connected();
    agent.handle(|it, wall, at, error| defenderauth_session_handle_saved(it, wall, at, 0, error)).unwrap();
    assert!(defenderauth_session_is_unsaved(Some(&agent.session)));
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_STAY);
    agent.free();
}

#[test]
fn a_tpm_that_fails_in_a_registration_ends_that_run_alone() {
    let mut agent = Agent::new(vec![("tpm", of_enrollment_by_tpm())]);
    agent.saved();
    agent.response(401, &agent::challenge()).unwrap();
    let run = defenderauth_session_authenticator(Some(&agent.session));
    assert_eq!(defenderauth_authenticator_poll(run), DEFENDERAUTH_ACTION_ACTIVATE);
    assert_eq!(defenderauth_authenticator_key_use(run), DEFENDERAUTH_KEY_USE_REGISTRATION);
    agent.handle(|it, wall, at, error| defenderauth_session_handle_key_failed(it, wall, at, error)).unwrap();
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_WAIT);
    let why = defenderauth_session_authenticator_diagnosis(Some(&agent.session));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_KEY_UNUSABLE);
    agent.wait();
    agent.saved();
    agent.response(401, &agent::challenge()).unwrap();
    agent.handle(|it, wall, at, error| defenderauth_session_handle_activated(it, wall, at, error)).unwrap();
    let signature = [9; 32];
    agent
        .handle(|it, wall, at, error| {
            defenderauth_session_handle_signature(it, wall, at, signature.as_ptr(), 32, error)
        })
        .unwrap();
    let run = defenderauth_session_authenticator(Some(&agent.session));
    assert!(read(defenderauth_authenticator_request_authorization(run)).contains("skn=registration"));
    agent.free();
}
