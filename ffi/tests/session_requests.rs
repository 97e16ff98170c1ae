//! Sessions whose requests the built-in driver sends.

#![cfg(all(feature = "session", feature = "https"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/agent.rs"]
#[allow(dead_code, reason = "the other tests of sessions use the rest")]
mod agent;
mod support;

use agent::{Agent, HUB, KEY, OTHER_KEY, of_enrollment};
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Fault, Hub, Module, Operation, World};
use defenderauth::{authenticator::*, https::*, session::*, *};
use std::time::SystemTime;
use support::{Failed, call, made, read, text};

fn cloud() -> Emulator {
    let device = Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", OTHER_KEY));
    let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::new("dev-01", KEY).pending(0));
    Emulator::play(World::new().hub(Hub::new(HUB).device(device)).dps(dps), "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A driver that connects to an emulator and trusts another, or the same.
fn driver(cloud: &Emulator, trusted: &Emulator) -> Box<Https> {
    let mut https = made(|out, error| defenderauth_https_new(Some(out), Some(error))).unwrap();
    let (address, (pem, pem_len)) = (cloud.https_address().to_string(), text(trusted.root_pem()));
    let (address, len) = text(&address);
    call(|error| {
        defenderauth_https_set_connect_to(Some(std::ptr::NonNull::from(&mut *https)), address, len, Some(error))
    })
    .unwrap();
    call(|error| defenderauth_https_set_ca_pem(Some(std::ptr::NonNull::from(&mut *https)), pem, pem_len, Some(error)))
        .unwrap();
    https
}

/// One that registers, by this system's clock.
fn registering() -> Agent {
    let mut agent = Agent::new(vec![("dps", of_enrollment("azureiotsecurity"))]);
    agent.wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    agent.saved();
    agent
}

fn exchange(agent: &mut Agent, https: &Https) -> Result<(), Failed> {
    agent.handle(|it, wall, at, error| defenderauth_session_exchange(it, Some(https), wall, at, 10_000, error))
}

fn run_action(agent: &Agent) -> i32 {
    defenderauth_authenticator_poll(defenderauth_session_authenticator(Some(&agent.session)))
}

#[test]
fn a_registration_and_a_module_lookup_end_with_a_login() {
    let cloud = cloud();
    let (https, mut agent) = (driver(&cloud, &cloud), registering());
    for _ in 0..20 {
        match agent.poll() {
            DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE if run_action(&agent) == DEFENDERAUTH_ACTION_SEND => {
                exchange(&mut agent, &https).unwrap();
            }
            DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE => {
                agent.pass(10_000);
                agent.elapsed();
            }
            DEFENDERAUTH_SESSION_ACTION_SAVE => agent.saved(),
            _ => break,
        }
    }
    assert_eq!(agent.poll(), DEFENDERAUTH_SESSION_ACTION_CONNECT, "{}", agent.status());
    assert_eq!(read(defenderauth_session_mqtt_client_id(Some(&agent.session))), "dev-01/azureiotsecurity");
    let failed = exchange(&mut agent, &https).unwrap_err();
    assert_eq!((failed.code, &*failed.field), (DEFENDERAUTH_STATE, "session"));
    agent.free();
    defenderauth_https_free(Some(https));
}

#[test]
fn what_came_of_a_request_is_reported_to_the_session() {
    let (cloud, other) = (cloud(), cloud());
    let (https, untrusting) = (driver(&cloud, &cloud), driver(&cloud, &other));

    let mut agent = registering();
    exchange(&mut agent, &untrusting).unwrap();
    let why = defenderauth_session_authenticator_diagnosis(Some(&agent.session));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_SERVER_UNTRUSTED, "{}", agent.status());
    agent.free();

    let mut agent = registering();
    cloud.fault(Operation::Register, Fault::Truncated, 1);
    exchange(&mut agent, &https).unwrap();
    assert_eq!(run_action(&agent), DEFENDERAUTH_ACTION_WAIT, "no complete response arrived");
    agent.free();

    let mut agent = registering();
    cloud.disable_enrollment("dev-01").unwrap();
    exchange(&mut agent, &https).unwrap();
    let why = defenderauth_session_authenticator_diagnosis(Some(&agent.session));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_ENROLLMENT_DISABLED, "{}", agent.status());
    agent.free();

    let mut agent = registering();
    defenderauth_https_cancel(Some(&https));
    assert_eq!(exchange(&mut agent, &https).unwrap_err().code, DEFENDERAUTH_CANCELLED);
    assert_eq!(run_action(&agent), DEFENDERAUTH_ACTION_SEND, "it is still pending");
    agent.free();
    for it in [https, untrusting] {
        defenderauth_https_free(Some(it));
    }
}

#[test]
fn a_request_that_is_not_answered_in_time_is_no_response() {
    let cloud = cloud();
    let (https, mut agent) = (driver(&cloud, &cloud), registering());
    cloud.fault(Operation::Register, Fault::Stall(std::time::Duration::from_secs(60)), 1);
    agent.handle(|it, wall, at, error| defenderauth_session_exchange(it, Some(&https), wall, at, 300, error)).unwrap();
    assert_eq!(run_action(&agent), DEFENDERAUTH_ACTION_WAIT);
    agent.free();
    defenderauth_https_free(Some(https));
}

#[test]
fn an_error_of_the_driver_names_the_failure_of_tls() {
    let (cloud, other) = (cloud(), cloud());
    let https = driver(&cloud, &other);
    let mut authenticator = of_enrollment("");
    let mut error = support::place();
    let code = defenderauth_authenticator_run(Some(&mut authenticator), Some(&https), None, 10_000, Some(&mut error));
    assert_eq!(code, DEFENDERAUTH_TLS);
    // SAFETY: every call writes it.
    let error = unsafe { error.assume_init() };
    let kind = error::defenderauth_error_tls_failure(error.as_deref());
    assert_eq!(kind, DEFENDERAUTH_TLS_FAILURE_SERVER_UNTRUSTED);
    error::defenderauth_error_free(error);
    let failed = call(|error| defenderauth_session_exchange(None, None, 1, 1, 1, Some(error)));
    assert_eq!(failed.unwrap_err().code, DEFENDERAUTH_NULL);
    defenderauth_authenticator_free(Some(authenticator));
    defenderauth_https_free(Some(https));
}
