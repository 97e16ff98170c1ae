//! From a key to a token, and from an enrollment group's key to a device's, without an allocator.

#![no_std]
#![no_main]

use defender_auth_cortex_m::finish;
use defender_auth_signer::{Head, Key, Signer};

#[cortex_m_rt::entry]
fn main() -> ! {
    let (mut head, mut token) = ([0; 160], [0; 256]);

    // Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py
    let key = Key::from_base64("+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw=").unwrap();
    let of_device = Head::device("iot-hub-for-test.azure-devices.net", "iot-device-for-test", &mut head).unwrap();
    assert!(
        Signer::new(&key, of_device).token_into(1_471_940_363, &mut token).unwrap()
            == "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test\
         &sig=SIumZ1ACqqPJZ2okHDlW9MSYKykEpqsQY3z6FMOICd4%3D&se=1471940363"
    );

    // The device's key is rrNUE3r6sblEiI2yGyJSrCSSmjf2u2md2t+zgelZsfA=, by Python's hmac as its token.
    let group = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661vA==";
    let key = Key::from_base64(group).unwrap().derive("dev1");
    let of_registration = Head::registration("0ne000A1B2C", "dev1", &mut head).unwrap();
    assert!(
        Signer::new(&key, of_registration).token_into(1_700_003_600, &mut token).unwrap()
            == "SharedAccessSignature sr=0ne000A1B2C%2Fregistrations%2Fdev1\
         &sig=CDJ%2FVp%2FgQXXfSyHeI7iSfu7acwo0W%2BJuVApk1OIhEoY%3D&se=1700003600&skn=registration"
    );
    finish()
}
