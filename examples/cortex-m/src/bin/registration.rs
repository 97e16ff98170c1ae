//! From an enrollment group's key to the hub, by a registration. The answers of the provisioning service are played.

#![no_std]
#![no_main]

#[path = "../code.rs"]
mod code;
#[path = "../heap.rs"]
mod heap;

use code::expect;
use core::time::Duration;
use defender_auth::{
    Action, Authenticator, Event, Now, Plan, SharedAccessKey, UnixTime,
    dps::Profile,
    http::Response,
    identity::{IdScope, RegistrationId},
};
use defender_auth_cortex_m::finish;

const ANSWERS: [(u16, &[u8]); 2] = [
    (
        202,
        br#"{"operationId":"4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d","status":"assigning",
            "registrationState":{"registrationId":"dev1","status":"assigning"}}"#,
    ),
    (
        200,
        br#"{"operationId":"4.d0a671905ea5b2c8.42d78160-4c78-479e-8be7-61d5e55dac0d","status":"assigned",
            "registrationState":{"registrationId":"dev1","assignedHub":"contoso.azure-devices.net","deviceId":"dev1",
            "status":"assigned","lastUpdatedDateTimeUtc":"2026-11-01T00:00:00Z","etag":"e1"}}"#,
    ),
];

#[cortex_m_rt::entry]
fn main() -> ! {
    heap::init();
    work();
    heap::report();
    finish()
}

fn work() {
    let group = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661vA==";
    let id = expect("dev1".parse::<RegistrationId>());
    let key = expect(SharedAccessKey::from_base64(group)).derive(&id);
    // By Python's hmac, as the token below.
    assert!(key.to_base64().expose() == "rrNUE3r6sblEiI2yGyJSrCSSmjf2u2md2t+zgelZsfA=");
    let plan = expect(Plan::provision(Profile::new(expect("0ne000A1B2C".parse::<IdScope>()), id), key));

    let mut now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(5) };
    let mut answers = ANSWERS.iter();
    let mut run = Authenticator::new(&plan, now, Duration::from_secs(600));
    let device = loop {
        match run.poll() {
            Action::Send(_request) => {
                let (status, body) = answers.next().unwrap();
                expect(run.handle(now, Event::Answered(Response::new(*status, body))));
            }
            Action::Wait(wait) => {
                now = now + wait.at_least;
                expect(run.handle(now, Event::Elapsed));
            }
            _ => break expect(run.into_outcome()),
        }
    };

    assert!(answers.next().is_none());
    assert!(
        device.password(UnixTime::from_secs(1_700_003_600)).into_token().unwrap().expose()
            == "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev1\
         &sig=V4JWuuB8noD8DyOkY1X%2Fmr4BUNowdYHdo4CNdOGQ7Zk%3D&se=1700003600"
    );
}
