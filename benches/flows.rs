//! The flows without the network: `cargo bench --bench flows`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a bench that cannot go on has failed")]

mod measure;

use defender_auth::{
    Action, Attempt, Authenticator, Device, Event, Now, Outcome, Plan, SharedAccessKey, UnixTime,
    device_mode::{self, ModuleLookup, Target},
    dps::{self, Profile, Registration},
    http::{Operation, Response},
    sas::{Resource, SasToken},
};
use std::{hint::black_box, time::Duration};

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const T0: Now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(5) };
const END: UnixTime = UnixTime::from_secs(1_700_000_600);
const LIMIT: Duration = Duration::from_secs(600);

// As long as the services' own, line breaks left out.
const ASSIGNING: &str = r#"{"operationId":"4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d","status":"assigning","registrationState":{"registrationId":"device-0001","status":"assigning"}}"#;
const ASSIGNED: &str = r#"{"operationId":"4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d","status":"assigned","registrationState":{"registrationId":"device-0001","createdDateTimeUtc":"2026-11-01T00:00:00.0000000Z","assignedHub":"contoso.azure-devices.net","deviceId":"device-0001","status":"assigned","substatus":"initialAssignment","lastUpdatedDateTimeUtc":"2026-11-01T00:00:00.0000000Z","etag":"IjEwMDBhMDY1LTAwMDAtMDcwMC0wMDAwLTY1ZjAwMDAwMDAwMCI=","symmetricKey":{"enrollmentGroupId":"group"}}}"#;
const MODULE: &str = r#"{"moduleId":"azureiotsecurity","managedBy":null,"deviceId":"device-0001","generationId":"636938476530000000","etag":"MA==","connectionState":"Disconnected","connectionStateUpdatedTime":"0001-01-01T00:00:00","lastActivityTime":"0001-01-01T00:00:00","cloudToDeviceMessageCount":0,"authentication":{"symmetricKey":{"primaryKey":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=","secondaryKey":"YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8="},"x509Thumbprint":{"primaryThumbprint":null,"secondaryThumbprint":null},"type":"sas"}}"#;

/// Microseconds a call.
fn time(name: &str, call: impl FnMut()) -> f64 {
    let took = measure::seconds(2_000, call) * 1e6;
    println!("{name:<58}{took:>8.2} µs");
    took
}

fn handshake(device: &Device) -> Outcome {
    let step = ModuleLookup::start(device.clone(), Target::default(), T0, Attempt::new(T0, LIMIT)).unwrap();
    let device_mode::Step::Send(sending) = step else { panic!() };
    black_box(sending.request());
    match sending.answered(T0, Response::new(200, MODULE.as_bytes())).unwrap() {
        device_mode::Step::Done(outcome) => outcome,
        step => panic!("{step:?}"),
    }
}

fn registration(profile: &Profile, key: &SharedAccessKey) -> Device {
    let sending = Registration::start(profile.clone(), key.clone(), T0, Attempt::new(T0, LIMIT)).unwrap();
    black_box(sending.request());
    let assigning = Response::new(202, ASSIGNING.as_bytes()).header("Retry-After", "3");
    let dps::Step::Wait(waiting) = sending.answered(T0, assigning).unwrap() else { panic!() };
    let dps::Step::Send(sending) = waiting.elapsed(T0).unwrap() else { panic!() };
    black_box(sending.request());
    match sending.answered(T0, Response::new(200, ASSIGNED.as_bytes())).unwrap() {
        dps::Step::Done(device, _) => device,
        step => panic!("{step:?}"),
    }
}

fn authenticate(plan: &Plan) -> Outcome {
    let mut auth = Authenticator::new(plan, T0, LIMIT);
    loop {
        let event = match auth.poll() {
            Action::Send(request) => Event::Answered(match request.operation() {
                Operation::Register => Response::new(202, ASSIGNING.as_bytes()).header("Retry-After", "3"),
                Operation::RegistrationStatus(_) => Response::new(200, ASSIGNED.as_bytes()),
                _ => Response::new(200, MODULE.as_bytes()),
            }),
            Action::Wait(_) => Event::Elapsed,
            _ => return auth.into_outcome().unwrap(),
        };
        auth.handle(T0, event).unwrap();
    }
}

fn main() {
    let key = SharedAccessKey::from_base64(KEY).unwrap();
    let device = Device::new("contoso.azure-devices.net".parse().unwrap(), "device-0001".parse().unwrap(), key.clone());
    let profile = Profile::new("0ne000A1B2C".parse().unwrap(), "device-0001".parse().unwrap());
    let plan = Plan::provision(profile.clone(), key.clone()).unwrap().in_device_mode(Target::default()).unwrap();

    let resource = Resource::of(device.identity());
    time("of each the token: SasToken::sign", || drop(black_box(SasToken::sign(&key, &resource, black_box(END)))));
    let took = time("one module lookup (Device mode)", || drop(black_box(handshake(black_box(&device)))));
    println!("{:>58}{:>8.1} % of its target of 50 µs", "", took * 2.0);
    time("one registration with a poll", || drop(black_box(registration(black_box(&profile), &key))));
    time("an Authenticator: registration, poll, Device mode", || drop(black_box(authenticate(black_box(&plan)))));
}
