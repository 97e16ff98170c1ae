//! From a connection string to a token.

#![no_std]
#![no_main]

#[path = "../code.rs"]
mod code;
#[path = "../heap.rs"]
mod heap;

use code::expect;
use defender_auth::{ConnectionString, UnixTime, sas::Audience};
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
    let expiry = UnixTime::from_secs(1_471_940_363);
    let token = credential.password(&identity, Audience::default(), expiry).into_token().unwrap();
    assert!(
        token.expose()
            == "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test\
         &sig=SIumZ1ACqqPJZ2okHDlW9MSYKykEpqsQY3z6FMOICd4%3D&se=1471940363"
    );
}
