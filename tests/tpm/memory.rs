//! A TPM without a resource manager whose memory is full: of sessions, of objects of other programs, of a killed process.

use crate::{
    activation::keys,
    blob::{hmac, recipe},
    swtpm::Swtpm,
    wire::Wire,
};
use defender_auth::{
    error::{CommandCause, TpmError},
    key::KeyUse,
    tpm::{Connection, Tpm, TpmClient, Transport as _},
};

const FLUSH: u32 = 0x165;

/// A process that created two primary keys and a registration key, and is killed.
fn leave_keys(swtpm: &Swtpm) {
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Registration)).unwrap();
    wire.cut();
    assert_eq!(swtpm.handles("transient").len(), 3);
}

/// A policy session that is not ended.
pub(crate) fn leak_session(connection: &mut Connection) {
    let mut command = vec![0x80, 1, 0, 0, 0, 0x2b, 0, 0, 1, 0x76, 0x40, 0, 0, 7, 0x40, 0, 0, 7, 0, 16];
    command.extend([0; 16]);
    command.extend([0, 0, 1, 0, 0x10, 0, 0xb]);
    let mut response = [0; 4096];
    let length = connection.exchange(&command, &mut response).unwrap();
    assert_eq!((length, &response[6..10]), (32, &[0; 4][..]));
}

#[test]
#[ignore = "needs swtpm"]
fn the_error_for_a_tpm_full_of_sessions_has_the_cure() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    drop(tpm);
    let mut connection = swtpm.connection();
    (0..3).for_each(|_| leak_session(&mut connection));
    drop(connection);
    let mut tpm = swtpm.client();
    let TpmError::Command(error) = tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap_err() else { panic!() };
    assert_eq!((error.command, error.code.as_u32()), ("StartAuthSession", 0x903));
    assert!(error.to_string().contains("`tpm2_flushcontext -l`"), "{error}");
    drop(tpm);
    assert_eq!(swtpm.handles("transient"), [""; 0]);
    swtpm.tool("flushcontext -l");
    swtpm.client().activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
}

#[test]
#[ignore = "needs swtpm"]
fn objects_of_other_programs_are_kept_and_counted() {
    let swtpm = Swtpm::with_keys();
    let keys = keys(&mut swtpm.client());
    for _ in 0..3 {
        swtpm.tool("createprimary -C o -G ecc -c foreign.ctx");
    }
    let full = swtpm.handles("transient");
    assert_eq!(full.len(), 3);
    let mut tpm = swtpm.client();
    let errors =
        [tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap_err(), tpm.sign(KeyUse::Hub, b"x").unwrap_err()];
    drop(tpm);
    let TpmError::Command(error) = &errors[0] else { panic!("{errors:?}") };
    assert_eq!(error.cause, CommandCause::ObjectMemory { others: 3 }, "{error}");
    assert!(error.to_string().contains("`tpm2_flushcontext -t`, or use /dev/tpmrm0"), "{error}");
    assert_eq!(swtpm.handles("transient"), full);
    swtpm.tool("flushcontext -t");
    swtpm.client().activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
}

/// The first key would have to be flushed for the second, and an activation requires both.
#[test]
#[ignore = "needs swtpm"]
fn a_tpm_with_room_for_one_of_two_keys_reports_the_objects_of_other_programs() {
    let swtpm = Swtpm::new();
    let keys = keys(&mut swtpm.client());
    for _ in 0..2 {
        swtpm.tool("createprimary -C o -G ecc -c foreign.ctx");
    }
    let error = swtpm.client().activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap_err();
    let TpmError::Command(error) = error else { panic!("{error}") };
    assert_eq!(error.cause, CommandCause::ObjectMemory { others: 2 }, "{error}");
}

#[test]
#[ignore = "needs swtpm"]
fn objects_of_a_killed_process_are_flushed_and_those_of_other_programs_are_kept() {
    let swtpm = Swtpm::new();
    swtpm.tool("createprimary -C o -G ecc -c foreign.ctx");
    let foreign = swtpm.handles("transient");
    for _ in 0..3 {
        let wire = Wire::new(swtpm.connection());
        // An endorsement key and a storage root key that are not flushed.
        let mut tpm = TpmClient::new(wire.clone());
        keys(&mut tpm);
        wire.cut();
    }
    assert_eq!(swtpm.handles("transient").len(), 3);
    assert_eq!(swtpm.handles("transient")[0], foreign[0]);
    swtpm.tool("flushcontext -t");

    // Without the foreign object, and all of it again.
    (0..2).for_each(|_| leave_keys(&swtpm));
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    assert_eq!(tpm.sign(KeyUse::Hub, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
    drop(tpm);
    swtpm.assert_empty("after leftovers");
}

/// An object that cannot be flushed leaves no room.
#[test]
#[ignore = "needs swtpm"]
fn objects_that_the_tpm_does_not_flush_are_counted_as_those_of_others() {
    let swtpm = Swtpm::new();
    leave_keys(&swtpm);
    let refusing = Wire::new(swtpm.connection()).tampered(|_, response, length| {
        // Of the commands here, FlushContext alone has a response without parameters.
        if length == 10 && response[6..10] == [0; 4] {
            response[6..10].copy_from_slice(&[0, 0, 1, 1]);
        }
        length
    });
    let error = TpmClient::new(refusing.clone()).endorsement_key().unwrap_err();
    let TpmError::Command(error) = error else { panic!("{error}") };
    assert_eq!(error.cause, CommandCause::ObjectMemory { others: 3 });
    assert_eq!(refusing.sent().iter().filter(|command| **command == FLUSH).count(), 3);
}

/// As on a machine that was suspended: the primary keys are no longer loaded.
#[test]
#[ignore = "needs swtpm"]
fn primary_keys_that_were_flushed_by_other_programs_are_created_again() {
    let swtpm = Swtpm::new();
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let keys = keys(&mut tpm);
    for lost in [&[0][..], &[1], &[0, 1]] {
        for number in lost {
            let flush = [0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x65, 0x80, 0, 0, *number];
            let mut response = [0; 4096];
            wire.clone().exchange(&flush, &mut response).unwrap();
            assert_eq!(response[6..10], [0; 4]);
        }
        tpm.activate(&recipe().blob(&keys, KeyUse::Registration)).unwrap();
        assert_eq!(tpm.sign(KeyUse::Registration, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
    }
    drop(tpm);
    drop(wire);
    swtpm.assert_empty("after keys were lost");
}

/// Two primary keys and a registration key fill a TPM. Every operation still finds room.
#[test]
#[ignore = "needs swtpm"]
fn our_own_keys_are_flushed_for_the_next_operation() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    for _ in 0..2 {
        tpm.activate(&recipe().blob(&keys, KeyUse::Registration)).unwrap();
        tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
        assert!(tpm.facts().unwrap().has_identity_key);
        assert_eq!(tpm.sign(KeyUse::Hub, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
    }
    tpm.activate(&recipe().blob(&keys, KeyUse::Registration)).unwrap();
    tpm.persist_keys().unwrap();
    assert_eq!(tpm.sign(KeyUse::Registration, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
    drop(tpm);
    swtpm.assert_empty("after all that");
}

#[test]
#[ignore = "needs swtpm"]
fn a_whole_registration_takes_less_memory_than_64_kib() {
    let swtpm = Swtpm::new();
    let mut connection = swtpm.connection();
    let used = allocation_counter::measure(|| {
        let mut tpm = TpmClient::new(&mut connection);
        let keys = [tpm.endorsement_key().unwrap(), tpm.storage_root_key().unwrap()];
        // Without the blobs, which the library does not make: about a kilobyte each.
        for key_use in [KeyUse::Registration, KeyUse::Hub] {
            let blob = recipe().blob(&keys, key_use);
            let used = allocation_counter::measure(|| tpm.activate(&blob).unwrap());
            assert!(used.bytes_max < 32 * 1024, "{key_use:?}: {} bytes", used.bytes_max);
            assert!(tpm.sign(key_use, b"x").is_ok());
        }
    });
    assert!(used.bytes_max < 64 * 1024, "{} bytes", used.bytes_max);
}
