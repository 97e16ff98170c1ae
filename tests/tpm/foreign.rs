//! Objects of other programs at the handles of our keys.

use crate::{
    activation::keys,
    blob::{hmac, recipe},
    swtpm::Swtpm,
    wire::Wire,
};
use defender_auth::{
    error::{CommandCause, Found, KeyRole, TpmError},
    key::KeyUse,
    tpm::{Handles, KeyPlace, Tpm, TpmClient},
};

const SIGNS: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign";
const STORAGE: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt";
const EVICT: u32 = 0x120;

fn persist(swtpm: &Swtpm, make: &str, handle: &str) {
    swtpm.tool(make);
    swtpm.tool(&format!("evictcontrol -C o -c foreign.ctx {handle}"));
    swtpm.tool("flushcontext -t");
}

fn public(swtpm: &Swtpm, handle: &str) -> Vec<u8> {
    swtpm.tool(&format!("readpublic -c {handle} -o foreign.pub"));
    swtpm.read("foreign.pub")
}

#[test]
#[ignore = "needs swtpm"]
fn a_foreign_object_at_a_primary_keys_handle_is_replaced_by_a_transient_key() {
    let swtpm = Swtpm::new();
    let own = keys(&mut swtpm.client());
    for (make, expected) in [
        (format!("-G ecc:aes128cfb -a {STORAGE}"), Found::EccKey),
        (format!("-G ecc:ecdsa -a {SIGNS}"), Found::EccKey),
        (format!("-G rsa2048:rsassa:null -a {SIGNS}"), Found::RsaKey),
        (format!("-G rsa2048:aes256cfb -a {STORAGE}"), Found::RsaKey),
        (format!("-G hmac -a {SIGNS}"), Found::Other),
    ] {
        let make = format!("createprimary -C o {make} -c foreign.ctx");
        let handles = ["0x81000001", "0x81010001"];
        for handle in handles {
            persist(&swtpm, &make, handle);
        }
        let before = handles.map(|handle| public(&swtpm, handle));
        let mut tpm = swtpm.client();
        assert_eq!(keys(&mut tpm), own, "the same keys as with empty handles");
        assert_eq!(tpm.endorsement_key_place(), Ok(KeyPlace::Occupied(expected)), "{make}");
        assert_eq!(tpm.storage_root_key_place(), Ok(KeyPlace::Occupied(expected)), "{make}");
        for key_use in [KeyUse::Registration, KeyUse::Hub] {
            tpm.activate(&recipe().blob(&own, key_use)).unwrap();
            assert_eq!(tpm.sign(key_use, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
        }
        drop(tpm);
        swtpm.assert_empty("with foreign keys");
        assert_eq!(handles.map(|handle| public(&swtpm, handle)), before, "they belong to other programs");
        for handle in handles {
            swtpm.tool(&format!("evictcontrol -C o -c {handle}"));
        }
    }
}

#[test]
#[ignore = "needs swtpm"]
fn the_place_of_a_primary_key_is_reported() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    assert_eq!(tpm.endorsement_key_place(), Ok(KeyPlace::Transient));
    assert_eq!(tpm.storage_root_key_place(), Ok(KeyPlace::Transient));
    tpm.persist_keys().unwrap();
    assert_eq!(tpm.endorsement_key_place(), Ok(KeyPlace::Persistent));
    assert_eq!(tpm.storage_root_key_place(), Ok(KeyPlace::Persistent));
    drop(tpm);
    assert_eq!(swtpm.client().storage_root_key_place(), Ok(KeyPlace::Persistent));
}

/// A TPM does not overwrite a persistent key, and the first of two should not be written if the second cannot be.
#[test]
#[ignore = "needs swtpm"]
fn keys_are_not_made_persistent_where_one_of_the_handles_is_occupied() {
    let swtpm = Swtpm::new();
    persist(&swtpm, "createprimary -C o -G ecc -c foreign.ctx", "0x81000001");
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let error = tpm.persist_keys().unwrap_err();
    let (handle, expected) = (0x8100_0001, KeyRole::StorageRoot);
    assert_eq!(error, TpmError::Foreign { handle, expected, found: Found::EccKey });
    assert_eq!(
        error.to_string(),
        "0x81000001 holds an ECC key, which cannot be used as the storage root key; choose another handle for the storage \
         root key"
    );
    keys(&mut tpm);
    assert_eq!(tpm.persist_keys().unwrap_err(), error, "with keys that are loaded");
    assert!(!wire.sent().contains(&EVICT), "{:x?}", wire.sent());
    tpm.set_handles(Handles { storage: 0x8100_0002, ..Handles::default() }).unwrap();
    tpm.persist_keys().unwrap();
    drop((tpm, wire));
    assert_eq!(swtpm.handles("persistent"), ["0x81000001", "0x81000002", "0x81010001"]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_storage_root_key_with_a_password_is_reported_before_anything_changes() {
    let swtpm = Swtpm::new();
    let make = format!("createprimary -C o -p secret -G rsa2048:aes128cfb -g sha256 -a {STORAGE} -c foreign.ctx");
    persist(&swtpm, &make, "0x81000001");
    let mut tpm = swtpm.client();
    let found = keys(&mut tpm);
    let TpmError::Command(error) = tpm.activate(&recipe().blob(&found, KeyUse::Hub)).unwrap_err() else { panic!() };
    assert_eq!(error.cause, CommandCause::KeyPassword, "{error}");
    tpm.set_handles(Handles { storage: 0x8100_0002, ..Handles::default() }).unwrap();
    let created = keys(&mut tpm);
    tpm.activate(&recipe().blob(&created, KeyUse::Hub)).unwrap();
    drop(tpm);
    swtpm.assert_empty("with a password");
}

#[test]
#[ignore = "needs swtpm"]
fn a_foreign_object_at_the_identity_keys_handle_is_reported_before_anything_changes() {
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
        let words = "which cannot be used as the identity key; choose another handle for the identity key";
        assert!(error.to_string().ends_with(words), "{error}");
        if found != Found::Other {
            let TpmError::Command(error) = tpm.sign(KeyUse::Hub, b"x").unwrap_err() else { panic!() };
            assert_eq!(error.cause, CommandCause::NotAnHmacKey { handle: 0x8100_0100 }, "{error}");
        }
        tpm.set_handles(Handles { identity: 0x8100_0200, ..Handles::default() }).unwrap();
        tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
        drop(tpm);
        swtpm.assert_empty("with a foreign key");
        swtpm.tool("readpublic -c 0x81000100 -o after");
        assert_eq!(swtpm.read("before"), swtpm.read("after"), "it belongs to another program");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_device_that_was_not_provisioned_has_no_identity_key() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let TpmError::Command(error) = tpm.sign(KeyUse::Hub, b"x").unwrap_err() else { panic!() };
    assert_eq!(error.cause, CommandCause::NoIdentityKey { handle: 0x8100_0100 });
    let error = tpm.sign(KeyUse::Hub, &[0; 3000]).unwrap_err();
    assert!(error.to_string().contains("provision the device first"), "{error}");
}
