//! Keys that are imported, in order and out of order, and what stays loaded.

use crate::{
    blob::{hmac, recipe, recipe_for},
    swtpm::Swtpm,
    wire::Wire,
};
use defender_auth::{
    error::{BlobProblem, CommandCause, TpmError},
    key::{ActivationBlob, KeyUse},
    tpm::{Tpm, TpmClient, Transport},
};

const DATA: &[u8] = b"h.azure-devices.net%2Fdevices%2Fdev-01\n1700000000";

/// Endorsement key and storage root key.
pub(crate) fn keys<T: Transport>(tpm: &mut TpmClient<T>) -> [Vec<u8>; 2] {
    [tpm.endorsement_key().unwrap(), tpm.storage_root_key().unwrap()]
}

#[test]
#[ignore = "needs swtpm"]
fn a_device_registers_signs_once_imports_the_hubs_key_and_signs_from_then_on() {
    let mut swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    let (nonce, hub) = (recipe_for([7; 32]), recipe());
    assert_eq!(tpm.sign(KeyUse::Registration, DATA), Err(TpmError::NoRegistrationKey));
    tpm.activate(&nonce.blob(&keys, KeyUse::Registration)).unwrap();
    assert_eq!(tpm.sign(KeyUse::Registration, DATA).unwrap().as_bytes(), &hmac(&[7; 32], DATA));
    assert_eq!(tpm.sign(KeyUse::Registration, DATA), Err(TpmError::NoRegistrationKey), "once");
    tpm.activate(&hub.blob(&keys, KeyUse::Hub)).unwrap();
    assert_eq!(tpm.sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&hub.key, DATA));
    tpm.close().unwrap();
    swtpm.assert_empty("after success");
    assert_eq!(swtpm.handles("persistent"), ["0x81000100"]);
    swtpm.write("data", DATA);
    swtpm.tool("hmac -c 0x81000100 -g sha256 -o signature data");
    assert_eq!(swtpm.read("signature"), hmac(&hub.key, DATA));
    swtpm.power_cycle();
    assert_eq!(swtpm.client().sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&hub.key, DATA));
}

#[test]
#[ignore = "needs swtpm"]
fn a_new_key_of_the_hub_replaces_the_old() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    for key in [[1; 32], [2; 32], [3; 32]] {
        tpm.activate(&recipe_for(key).blob(&keys, KeyUse::Hub)).unwrap();
        assert_eq!(tpm.sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&key, DATA));
    }
    drop(tpm);
    swtpm.assert_empty("after three keys");
    assert_eq!(swtpm.handles("persistent"), ["0x81000001", "0x81000100", "0x81010001"]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_registration_key_does_not_affect_the_hubs_key_and_is_replaced_by_the_next() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    for key in [[1; 32], [2; 32]] {
        tpm.activate(&recipe_for(key).blob(&keys, KeyUse::Registration)).unwrap();
    }
    assert_eq!(tpm.sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&recipe().key, DATA), "in between");
    assert_eq!(tpm.sign(KeyUse::Registration, DATA).unwrap().as_bytes(), &hmac(&[2; 32], DATA));
    tpm.activate(&recipe_for([4; 32]).blob(&keys, KeyUse::Registration)).unwrap();
    drop(tpm);
    swtpm.assert_empty("with a registration key that never signed");
}

/// The session of an activation ends by itself: only a loaded key that was made persistent is flushed.
#[test]
#[ignore = "needs swtpm"]
fn an_activation_sends_the_required_commands_only() {
    const ACTIVATION: [u32; 5] = [0x176, 0x151, 0x147, 0x156, 0x157];
    let swtpm = Swtpm::with_keys();
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let keys = keys(&mut tpm);
    for (key_use, before, after) in [
        (KeyUse::Registration, &[][..], &[][..]),
        (KeyUse::Hub, &[0x173], &[0x120, 0x165]),
        (KeyUse::Hub, &[0x173], &[0x120, 0x120, 0x165]),
    ] {
        let sent = wire.sent().len();
        tpm.activate(&recipe().blob(&keys, key_use)).unwrap();
        assert_eq!(wire.sent()[sent..], [before, &ACTIVATION, after].concat(), "{:x?}", wire.sent());
    }
}

/// A byte of each encrypted field, and of each public one that the TPM checks.
#[test]
#[ignore = "needs swtpm"]
fn a_changed_blob_is_rejected_and_the_old_key_is_kept() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe_for([9; 32]).blob(&keys, KeyUse::Hub)).unwrap();
    let fields = recipe().fields(&keys[0], &keys[1]);
    let mut errors = Vec::new();
    for (field, at) in [(0, 10), (0, 40), (1, 60), (2, 10), (2, 100), (3, 60), (4, 30)] {
        let mut changed = fields.clone();
        changed[field][at] ^= 1;
        for key_use in [KeyUse::Registration, KeyUse::Hub] {
            let blob = ActivationBlob::parse(&changed.concat(), key_use).unwrap();
            let Err(TpmError::Command(error)) = tpm.activate(&blob) else { panic!("field {field}") };
            let expected = if field < 2 { CommandCause::OtherTpm } else { CommandCause::Damaged };
            assert_eq!(error.cause, expected, "field {field}: {error}");
            errors.push((field, error.code));
        }
        assert_eq!(tpm.sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&[9; 32], DATA));
    }
    println!("{errors:x?}");
    drop(tpm);
    swtpm.assert_empty("after fourteen refusals");
}

#[test]
#[ignore = "needs swtpm"]
fn a_blob_for_another_tpm_names_the_enrollment() {
    let (ours, other) = (Swtpm::new(), Swtpm::new());
    let theirs = keys(&mut other.client());
    let mut tpm = ours.client();
    let [endorsement, storage] = keys(&mut tpm);
    for keys in [theirs.clone(), [theirs[0].clone(), storage]] {
        let error = tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap_err();
        assert!(error.to_string().contains("the endorsement key of the enrollment is that of another TPM"), "{error}");
    }
    // For this TPM, but for the storage root key of another.
    let error = tpm.activate(&recipe().blob(&[endorsement, theirs[1].clone()], KeyUse::Hub)).unwrap_err();
    assert!(error.to_string().contains("ActivateCredential (0x1DF INTEGRITY, parameter 1)"), "{error}");
    drop(tpm);
    ours.assert_empty("after blobs for another TPM");
    assert_eq!(ours.handles("persistent"), [""; 0]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_blob_with_a_wrong_length_is_not_sent() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    for field in 0..5 {
        let mut fields = recipe().fields(&keys[0], &keys[1]);
        let shorter = fields[field].len() - 3;
        fields[field].truncate(2 + shorter);
        fields[field][..2].copy_from_slice(&u16::try_from(shorter).unwrap().to_be_bytes());
        if matches!(field, 0 | 2) {
            // With the old length within the field.
            fields[field][3] = 0xff;
        }
        let blob = ActivationBlob::parse(&fields.concat(), KeyUse::Hub).unwrap();
        let problem = if field == 4 { BlobProblem::NotAnHmacKey } else { BlobProblem::Length };
        let field = u8::try_from(field + 1).unwrap();
        assert_eq!(tpm.activate(&blob), Err(TpmError::Blob { field, problem }));
    }
    drop(tpm);
    swtpm.assert_empty("after blobs with a wrong length");
}
