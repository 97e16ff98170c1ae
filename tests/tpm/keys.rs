//! Endorsement key and storage root key, compared with those that other tools create and read.

use crate::{activation::keys, blob::recipe, swtpm::Swtpm};
use defender_auth::{
    error::TpmError,
    key::KeyUse,
    tpm::{Handles, Tpm, registration_id},
};

const STORAGE: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt";

#[test]
#[ignore = "needs swtpm"]
fn keys_are_those_that_other_tools_create_from_the_same_templates() {
    let swtpm = Swtpm::new();
    let [endorsement, storage] = keys(&mut swtpm.client());
    swtpm.assert_empty("after the client");
    swtpm.tool("createek -G rsa -c ek.ctx -u ek.pub");
    assert_eq!(endorsement, swtpm.read("ek.pub"));
    swtpm.tool("flushcontext -t");
    // The tool reads its own structure: a length in the byte order of this machine, and the bytes.
    swtpm.write("zeros", &[&256u16.to_ne_bytes(), [0; 256].as_slice()].concat());
    swtpm.tool(&format!("createprimary -C o -G rsa2048:aes128cfb -g sha256 -a {STORAGE} -u zeros -c srk.ctx"));
    swtpm.tool("readpublic -c srk.ctx -o srk.pub");
    assert_eq!(storage, swtpm.read("srk.pub"));
    assert_eq!(swtpm.handles("persistent"), [""; 0], "no key is made persistent without a request");
}

#[test]
#[ignore = "needs swtpm"]
fn keys_stay_the_same_when_they_become_persistent() {
    let mut swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let made = keys(&mut tpm);
    tpm.persist_keys().unwrap();
    tpm.persist_keys().unwrap();
    assert_eq!(keys(&mut tpm), made);
    tpm.activate(&recipe().blob(&made, KeyUse::Hub)).unwrap();
    tpm.close().unwrap();
    swtpm.assert_empty("after both were made persistent");
    for (handle, public) in [("0x81010001", &made[0]), ("0x81000001", &made[1])] {
        swtpm.tool(&format!("readpublic -c {handle} -o key.pub"));
        assert_eq!(public, &swtpm.read("key.pub"));
    }
    swtpm.power_cycle();
    assert_eq!(keys(&mut swtpm.client()), made);
}

#[test]
#[ignore = "needs swtpm"]
fn persistent_keys_are_used_before_any_is_created() {
    let swtpm = Swtpm::new();
    // With an empty `unique`, as some SDKs create it: another key than the one that this library would create.
    swtpm.tool(&format!("createprimary -C o -G rsa2048:aes128cfb -g sha256 -a {STORAGE} -c srk.ctx"));
    swtpm.tool("evictcontrol -C o -c srk.ctx 0x81000001");
    swtpm.tool("readpublic -c 0x81000001 -o srk.pub");
    swtpm.tool("flushcontext -t");
    let mut tpm = swtpm.client();
    assert_eq!(tpm.storage_root_key().unwrap(), swtpm.read("srk.pub"));
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
}

#[test]
#[ignore = "needs swtpm"]
fn keys_can_be_at_other_handles() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let handles = Handles { endorsement: 0x8101_0009, storage: 0x8100_0009, identity: 0x8100_0209 };
    tpm.set_handles(handles).unwrap();
    assert_eq!(tpm.handles(), handles);
    let keys = keys(&mut tpm);
    tpm.persist_keys().unwrap();
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    for identity in [0x8080_0000, 0x8100_0009, 0x8000_0000] {
        let error = tpm.set_handles(Handles { identity, ..handles }).unwrap_err();
        assert!(matches!(error, TpmError::Handle { .. }), "{error}");
    }
    tpm.close().unwrap();
    swtpm.assert_empty("with other handles");
    assert_eq!(swtpm.handles("persistent"), ["0x81000009", "0x81000209", "0x81010009"]);
}

#[test]
#[ignore = "needs swtpm"]
fn the_facts_of_a_tpm_are_those_that_other_tools_read() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let facts = tpm.facts().unwrap();
    assert_eq!((facts.manufacturer.as_str(), facts.has_identity_key), ("IBM", false));
    let keys = keys(&mut tpm);
    assert_eq!(tpm.registration_id().unwrap(), registration_id(&keys[0]));
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    assert!(tpm.facts().unwrap().has_identity_key);
    drop(tpm);
    let said = swtpm.tool("getcap properties-fixed");
    let word = |name: &str| {
        let line = said.lines().skip_while(|line| !line.starts_with(name)).nth(1).unwrap();
        u64::from_str_radix(line.trim().strip_prefix("raw: 0x").unwrap(), 16).unwrap()
    };
    let version = word("TPM2_PT_FIRMWARE_VERSION_1") << 32 | word("TPM2_PT_FIRMWARE_VERSION_2");
    assert_eq!(facts.firmware.0, version);
}
