//! From a connection string to the device's security module, by Device mode. The hub's answer is played.

#![no_std]
#![no_main]

#[path = "../code.rs"]
mod code;
#[path = "../heap.rs"]
mod heap;

use code::expect;
use core::time::Duration;
use defender_auth::{
    Attempt, ConnectionString, Device, Now, UnixTime,
    device_mode::{ModuleLookup, Step, Target},
    http::Response,
};
use defender_auth_cortex_m::finish;

#[cortex_m_rt::entry]
fn main() -> ! {
    heap::init();
    work();
    heap::report();
    finish()
}

fn work() {
    // Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py
    let text = "HostName=iot-hub-for-test.azure-devices.net;DeviceId=iot-device-for-test;\
                SharedAccessKey=+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw=";
    let (identity, credential) = expect(ConnectionString::parse(text)).into_parts();
    let device = Device::new(identity.hub().clone(), identity.device_id().clone(), credential);

    let now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(5) };
    let attempt = Attempt::new(now, Duration::from_secs(600));
    let Step::Send(sending) = expect(ModuleLookup::start(device, Target::default(), now, attempt)) else {
        panic!("the request comes first")
    };
    assert!(sending.request().target().starts_with("/devices/iot-device-for-test/modules/azureiotsecurity?"));
    let answer = br#"{"deviceId":"iot-device-for-test","moduleId":"azureiotsecurity","authentication":
        {"type":"sas","symmetricKey":{"primaryKey":"QEFCQ0RFRkdISUpLTE1OTw=="}}}"#;
    let Step::Done(module) = expect(sending.answered(now, Response::new(200, answer))) else {
        panic!("the answer has the module's key")
    };

    // By Python's hmac.
    assert!(
        module.password(UnixTime::from_secs(1_700_003_600)).into_token().unwrap().expose()
            == "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test%2Fmodules\
         %2Fazureiotsecurity&sig=UEcZFtebVobU3S9TtPq%2FvBME%2BGQYtfVGdyGr4HRWquY%3D&se=1700003600"
    );
}
