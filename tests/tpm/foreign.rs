//! Other programs' objects where our keys belong.

use crate::{activation::keys, blob::recipe, swtpm::Swtpm};
use defender_auth::{
    error::{CommandCause, Found, KeyRole, TpmError},
    key::KeyUse,
    tpm::{Handles, Tpm},
};

const SIGNS: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign";

fn persist(swtpm: &Swtpm, make: &str, handle: &str) {
    swtpm.tool(make);
    swtpm.tool(&format!("evictcontrol -C o -c foreign.ctx {handle}"));
    swtpm.tool("flushcontext -t");
}

#[test]
#[ignore = "needs swtpm"]
fn an_ecc_endorsement_key_is_refused_by_name() {
    let swtpm = Swtpm::new();
    swtpm.tool("createek -G ecc -c 0x81010001");
    swtpm.tool("flushcontext -t");
    let mut tpm = swtpm.client();
    let error = tpm.endorsement_key().unwrap_err();
    let (handle, found) = (0x8101_0001, Found::EccKey);
    assert_eq!(error, TpmError::Foreign { handle, expected: KeyRole::Endorsement, found });
    assert!(error.to_string().contains("only RSA-2048 of the TCG's template is supported"), "{error}");
}

#[test]
#[ignore = "needs swtpm"]
fn a_foreign_key_in_the_place_of_a_primary_key_is_refused() {
    let swtpm = Swtpm::new();
    let make = format!("createprimary -C o -G rsa2048:rsassa:null -a {SIGNS} -c foreign.ctx");
    persist(&swtpm, &make, "0x81000001");
    persist(&swtpm, &make, "0x81010001");
    let mut tpm = swtpm.client();
    for (error, role) in [
        (tpm.endorsement_key().unwrap_err(), KeyRole::Endorsement),
        (tpm.storage_root_key().unwrap_err(), KeyRole::StorageRoot),
    ] {
        let TpmError::Foreign { expected, found, .. } = error else { panic!("{error}") };
        assert_eq!((expected, found), (role, Found::RsaKey));
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_foreign_object_in_the_place_of_the_identity_key_is_refused_before_anything_happens() {
    for (make, found) in [
        (format!("createprimary -C o -G rsa2048:rsassa:null -a {SIGNS} -c foreign.ctx"), Found::RsaKey),
        (format!("createprimary -C o -G ecc -a {SIGNS} -c foreign.ctx"), Found::EccKey),
        (format!("createprimary -C o -G hmac -a {SIGNS} -c foreign.ctx"), Found::Other),
    ] {
        let swtpm = Swtpm::new();
        persist(&swtpm, &make, "0x81000100");
        swtpm.tool("readpublic -c 0x81000100 -o before");
        let mut tpm = swtpm.client();
        let keys = keys(&mut tpm);
        let error = tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap_err();
        assert_eq!(error, TpmError::Foreign { handle: 0x8100_0100, expected: KeyRole::Identity, found });
        assert!(error.to_string().ends_with("it is another program's: choose another handle"), "{error}");
        if found != Found::Other {
            let TpmError::Command(error) = tpm.sign(KeyUse::Hub, b"x").unwrap_err() else { panic!() };
            assert_eq!(error.cause, CommandCause::NotAnHmacKey { handle: 0x8100_0100 }, "{error}");
        }
        tpm.set_handles(Handles { identity: 0x8100_0200, ..Handles::default() }).unwrap();
        tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
        drop(tpm);
        swtpm.assert_empty("beside a foreign key");
        swtpm.tool("readpublic -c 0x81000100 -o after");
        assert_eq!(swtpm.read("before"), swtpm.read("after"), "it is not ours to touch");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_device_that_was_never_provisioned_is_told_so() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let TpmError::Command(error) = tpm.sign(KeyUse::Hub, b"x").unwrap_err() else { panic!() };
    assert_eq!(error.cause, CommandCause::NoIdentityKey { handle: 0x8100_0100 });
    let error = tpm.sign(KeyUse::Hub, &[0; 3000]).unwrap_err();
    assert!(error.to_string().contains("provision the device first"), "{error}");
}
