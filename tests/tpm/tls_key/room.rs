//! A TPM without a resource manager: room for three objects, for registrations and handshakes at once.

use super::{KINDS, assert_signs, shared};
use crate::{
    activation::keys,
    blob::{hmac, recipe, recipe_for},
    memory::leak_session,
    swtpm::Swtpm,
    wire::Wire,
};
use defender_auth::{
    error::{CommandCause, TpmError, TpmKeyKind},
    key::{KeyUse, PrivateKey as _, SignatureScheme},
    private_key::TpmKey,
    tpm::{KeyFile, Parent, Tpm as _, TpmClient},
};
use std::thread;

const SCHEME: SignatureScheme = SignatureScheme::EcdsaP256Sha256;
const DATA: &[u8] = b"h.azure-devices.net%2Fdevices%2Fdev-01\n1700000000";

fn created(swtpm: &Swtpm, kind: TpmKeyKind) -> KeyFile {
    swtpm.client().create_key(kind, Parent::StorageRoot, None).unwrap()
}

#[test]
#[ignore = "needs swtpm"]
fn keys_that_killed_processes_left_are_recognised_by_their_files() {
    let swtpm = Swtpm::new();
    for kind in KINDS {
        let file = created(&swtpm, kind);
        for number in 1..=3 {
            let wire = Wire::new(swtpm.connection());
            let mut tpm = TpmClient::new(wire.clone());
            tpm.open_key(&file, None).unwrap();
            wire.cut();
            drop((tpm, wire));
            // Parent and key of the third one have room only without the first two.
            assert_eq!(swtpm.handles("transient").len(), if number == 2 { 2 } else { 1 }, "{number}");
        }
        assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &file, None).unwrap());
        swtpm.tool("flushcontext -t");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_parent_that_a_killed_process_left_is_recognised() {
    let swtpm = Swtpm::new();
    let file = created(&swtpm, TpmKeyKind::P256);
    for _ in 0..3 {
        let wire = Wire::new(swtpm.connection()).cut_at(crate::wire::Cut::After(0));
        assert!(TpmClient::new(wire).open_key(&file, None).is_err());
    }
    assert_eq!(swtpm.handles("transient").len(), 3);
    assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &file, None).unwrap());
    swtpm.assert_empty("after parents of killed processes, all in the way");
}

#[test]
#[ignore = "needs swtpm"]
fn objects_of_other_programs_are_kept_and_counted() {
    let swtpm = Swtpm::new();
    let file = created(&swtpm, TpmKeyKind::P256);
    for _ in 0..3 {
        swtpm.tool("createprimary -C o -G ecc -c foreign.ctx");
    }
    let TpmError::Command(error) = TpmKey::open(&shared(&swtpm), &file, None).unwrap_err() else { panic!() };
    assert_eq!(error.cause, CommandCause::ObjectMemory { others: 3 });
    assert!(error.to_string().contains("flush them with `tpm2_flushcontext -t`"), "{error}");
    assert_eq!(swtpm.handles("transient").len(), 3);
    // One of them may be flushed later.
    let tpm = shared(&swtpm);
    let error = TpmKey::open(&tpm, &file, None).unwrap_err();
    assert!(error.to_string().contains("its memory is full, with 3 objects"), "{error}");
    drop(tpm);
    swtpm.tool("flushcontext -t");
    assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &file, None).unwrap());
}

#[test]
#[ignore = "needs swtpm"]
fn a_registration_and_handshakes_share_one_tpm() {
    let swtpm = Swtpm::new();
    for kind in KINDS {
        let file = created(&swtpm, kind);
        let mut tpm = shared(&swtpm);
        let key = TpmKey::open(&tpm, &file, None).unwrap();
        let sign = || drop(key.sign(key.schemes()[0], b"x").unwrap());
        let keys = keys(&mut tpm.lock());
        sign();
        tpm.activate(&recipe_for([7; 32]).blob(&keys, KeyUse::Registration)).unwrap();
        sign();
        assert_eq!(tpm.sign(KeyUse::Registration, DATA).unwrap().as_bytes(), &hmac(&[7; 32], DATA));
        sign();
        tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
        sign();
        assert_eq!(tpm.sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&recipe().key, DATA));
        sign();
        drop((key, tpm));
        swtpm.assert_empty("after a registration with handshakes");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn threads_register_and_sign_at_once() {
    let swtpm = Swtpm::with_keys();
    let files = [TpmKeyKind::P256, TpmKeyKind::P384].map(|kind| created(&swtpm, kind));
    let tpm = shared(&swtpm);
    let blobs = keys(&mut tpm.lock());
    thread::scope(|scope| {
        for file in &files {
            scope.spawn(|| {
                let key = TpmKey::open(&tpm, file, None).unwrap();
                for _ in 0..20 {
                    key.sign(key.schemes()[0], b"x").unwrap();
                }
            });
        }
        scope.spawn(|| {
            let mut tpm = tpm.clone();
            for number in 1..=10 {
                tpm.activate(&recipe_for([number; 32]).blob(&blobs, KeyUse::Hub)).unwrap();
                assert_eq!(tpm.sign(KeyUse::Hub, DATA).unwrap().as_bytes(), &hmac(&[number; 32], DATA));
            }
        });
    });
    drop(tpm);
    swtpm.assert_empty("after three threads");
}

#[test]
#[ignore = "needs swtpm"]
fn more_keys_than_there_is_room_for_are_loaded_in_turn() {
    let swtpm = Swtpm::new();
    let files: Vec<KeyFile> = (0..5).map(|_| created(&swtpm, TpmKeyKind::P256)).collect();
    let tpm = shared(&swtpm);
    let keys: Vec<_> = files.iter().map(|file| TpmKey::open(&tpm, file, None).unwrap()).collect();
    for _ in 0..3 {
        for key in &keys {
            key.sign(SCHEME, b"x").unwrap();
        }
    }
    // Two objects of the same key: the first one that ends flushes it for both, and the other loads it again.
    let twin = TpmKey::open(&tpm, &files[0], None).unwrap();
    drop(twin);
    keys[0].sign(SCHEME, b"x").unwrap();
    drop((keys, tpm));
    swtpm.assert_empty("after five keys");
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_full_of_sessions_signs_nevertheless() {
    let swtpm = Swtpm::new();
    let file = created(&swtpm, TpmKeyKind::P256);
    let mut connection = swtpm.connection();
    (0..3).for_each(|_| leak_session(&mut connection));
    drop(connection);
    let tpm = shared(&swtpm);
    assert_signs(&swtpm, &TpmKey::open(&tpm, &file, None).unwrap());
    tpm.lock().create_key(TpmKeyKind::P384, Parent::StorageRoot, None).unwrap();
    drop(tpm);
    assert_eq!(swtpm.handles("loaded-session").len(), 3, "they belong to other programs");
}

/// A persistent key takes room for the time of each use.
#[test]
#[ignore = "needs swtpm"]
fn a_persistent_key_signs_beside_loaded_keys() {
    let swtpm = Swtpm::new();
    let file = created(&swtpm, TpmKeyKind::P256);
    let mut tpm = shared(&swtpm);
    tpm.lock().persist_key(&file, 0x8100_0021).unwrap();
    let others = [TpmKeyKind::P256, TpmKeyKind::P384].map(|kind| {
        let file = tpm.lock().create_key(kind, Parent::StorageRoot, None).unwrap();
        TpmKey::open(&tpm, &file, None).unwrap()
    });
    let blobs = keys(&mut tpm.lock());
    let key = TpmKey::open_at(&tpm, 0x8100_0021, None).unwrap();
    tpm.activate(&recipe_for([7; 32]).blob(&blobs, KeyUse::Registration)).unwrap();
    for key in others.iter().chain([&key]) {
        key.sign(key.schemes()[0], b"x").unwrap();
    }
    assert_eq!(tpm.sign(KeyUse::Registration, DATA).unwrap().as_bytes(), &hmac(&[7; 32], DATA));
    drop((key, others, tpm));
    swtpm.assert_empty("after a persistent key");
}
