//! What a source brings beside its credential is kept: a gateway, a module's certificate, what the provisioning service
//! said, a TPM's keys.

use crate::{agents::*, world::*};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    Action as Inner, Device, Event as InnerEvent, Now, Plan,
    device_mode::Target,
    dps::{Attestation, Profile},
    error::{Error, TpmError},
    http::Response,
    key::KeyUse,
    session::*,
};
use std::time::Duration;

fn in_device_mode(certificate: u8) -> Vec<Source> {
    let device = Device::new("h.azure-devices.net".parse().unwrap(), "dev".parse().unwrap(), key(3));
    let target = Target::default().with_certificate(self::certificate(certificate));
    let device = device.with_gateway("edge.local".parse().unwrap());
    vec![Source::new("device", Plan::device(device).in_device_mode(target).unwrap())]
}

#[test]
fn a_gateway_is_kept_over_a_restart() {
    let mut world = World::new();
    for start in 0..2 {
        let mut session = world.session(in_device_mode(1));
        world.run(&mut session, 60_000);
        assert_eq!(session.status().phase, Phase::Connected);
        let identity = session.assigned().unwrap().identity();
        assert_eq!(identity.endpoint().as_str(), "edge.local", "start {start}");
        assert_eq!(identity.module_id().unwrap().as_str(), "azureiotsecurity");
    }
    assert_eq!(world.count(&[Kind::Module]), 1);
}

#[test]
fn what_the_provisioning_service_said_is_kept_with_the_module() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(2).1);
    world.run(&mut session, 60_000);
    let state = session.assigned().unwrap().registration_state().unwrap();
    assert_eq!(state.last_updated.as_deref(), Some("x"));
}

#[test]
fn a_module_s_certificate_that_was_rotated_is_used_at_once() {
    let mut world = World::new();
    let answers = |session: &mut Session, now: Now| {
        let body = br#"{"deviceId":"dev","moduleId":"azureiotsecurity","authentication":{"type":"selfSigned"}}"#;
        session.handle(now, Event::Authenticator(InnerEvent::Answered(Response::new(200, body)))).unwrap();
    };
    let mut session = world.session(in_device_mode(1));
    answers(&mut session, world.now());
    world.run(&mut session, 60_000);
    assert_eq!(session.assigned().unwrap().credential().certificate(), Some(&certificate(1)));
    world.tell(&mut session, Event::Rotated(in_device_mode(2)));
    let Action::Renew(login) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(login.password, defender_auth::Password::Certificate(certificate(2)));
}

/// A wrapped key of the shape that the provisioning service sends.
fn blob() -> String {
    let mut blob = [&[0, 32], [7; 32].as_slice()].concat();
    for length in [256u16, 142, 256, 48, 154] {
        blob.extend(length.to_be_bytes());
        blob.resize(blob.len() + usize::from(length), 7);
    }
    STANDARD.encode(blob)
}

fn tpm() -> Vec<Source> {
    let attestation = Attestation::Tpm { endorsement_key: vec![1; 9], storage_root_key: vec![2; 9] };
    let profile = Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap());
    vec![Source::new("tpm", Plan::provision(profile, attestation).unwrap())]
}

#[test]
fn a_tpm_registers_once_and_signs_every_token_after() {
    let mut world = World::new();
    let mut session = world.session(tpm());
    let (mut uses, mut activated) = (Vec::new(), 0);
    while session.status().phase != Phase::Connected {
        let now = world.now();
        match session.poll() {
            Action::Authenticate(Inner::Send(request)) => {
                let (status, body) = match request.token() {
                    None => (401, format!(r#"{{"authenticationKey":"{}"}}"#, blob())),
                    Some(_) => (
                        200,
                        format!(
                            r#"{{"operationId":"4","status":"assigned","registrationState":{{"status":"assigned",
                            "assignedHub":"h.net","deviceId":"dev","tpm":{{"authenticationKey":"{}"}}}}}}"#,
                            blob()
                        ),
                    ),
                };
                let answer = InnerEvent::Answered(Response::new(status, body.as_bytes()));
                session.handle(now, Event::Authenticator(answer)).unwrap();
            }
            Action::Authenticate(Inner::Activate(_)) => {
                activated += 1;
                session.handle(now, Event::Authenticator(InnerEvent::Activated)).unwrap();
            }
            Action::Authenticate(Inner::Sign(key_use, string)) => {
                uses.push(key_use);
                let signature = key(9).sign(string.as_bytes());
                session.handle(now, Event::Authenticator(InnerEvent::Signed(signature))).unwrap();
            }
            Action::Sign(key_use, string) => {
                uses.push(key_use);
                let signature = key(9).sign(string.as_bytes());
                session.handle(now, Event::Signed(signature)).unwrap();
            }
            _ => world.once(&mut session),
        }
    }
    assert_eq!((activated, uses.as_slice()), (2, &[KeyUse::Registration, KeyUse::Hub][..]));
    // After a restart the hub's key is in the TPM: no registration.
    let session = world.session(tpm());
    assert!(matches!(session.poll(), Action::Sign(KeyUse::Hub, _)), "{:?}", session.poll());
}

#[test]
fn a_tpm_that_fails_is_tried_again_on_the_credentials_ladder() {
    let world = World::new();
    let mut session = world.session(tpm());
    world.tell(&mut session, Event::Saved);
    let challenge = format!(r#"{{"authenticationKey":"{}"}}"#, blob());
    let answer = InnerEvent::Answered(Response::new(401, challenge.as_bytes()));
    world.tell(&mut session, Event::Authenticator(answer));
    assert!(matches!(session.poll(), Action::Authenticate(Inner::Activate(_))));
    let lost = Error::Tpm(TpmError::NoRegistrationKey);
    world.tell(&mut session, Event::Authenticator(InnerEvent::TpmFailed(&lost)));
    let Action::Wait(window, why) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(why, Diagnosis::KeyUnusable);
    assert_eq!(window.from, world.now().monotonic + Duration::from_secs(60));
}
