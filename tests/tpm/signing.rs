//! Signatures of data of every length, and the number of commands for each.

use crate::{
    activation::keys,
    blob::{hmac, recipe},
    swtpm::Swtpm,
    wire::{Cut, Wire},
};
use defender_auth::{
    UnixTime,
    error::TpmError,
    identity::Identity,
    key::KeyUse,
    sas::{Resource, StringToSign},
    tpm::{Tpm, TpmClient},
};

const LENGTHS: [usize; 10] = [0, 1, 63, 1023, 1024, 1025, 2047, 2048, 2049, 5000];

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

#[test]
#[ignore = "needs swtpm"]
fn data_of_every_length_is_signed_with_the_hubs_key() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    for length in LENGTHS {
        let signature = tpm.sign(KeyUse::Hub, &data(length)).unwrap();
        assert_eq!(signature.as_bytes(), &hmac(&recipe().key, &data(length)), "{length}");
    }
    drop(tpm);
    swtpm.assert_empty("after signatures");
}

/// The TPM is full with two primary keys and the registration key.
#[test]
#[ignore = "needs swtpm"]
fn data_of_every_length_is_signed_with_a_registration_key() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    for length in LENGTHS {
        tpm.activate(&recipe().blob(&keys, KeyUse::Registration)).unwrap();
        let signature = tpm.sign(KeyUse::Registration, &data(length)).unwrap();
        assert_eq!(signature.as_bytes(), &hmac(&recipe().key, &data(length)), "{length}");
    }
    drop(tpm);
    swtpm.assert_empty("after signatures");
}

#[test]
#[ignore = "needs swtpm"]
fn a_token_costs_one_command_from_the_first_after_a_restart_on() {
    let mut swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    drop(tpm);
    let identity = Identity::module("h.azure-devices.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap());
    let string = StringToSign::new(Resource::of(&identity), UnixTime::from_secs(1_700_000_000));
    // Without a power cycle, and with one, after which the TPM has to be started.
    for expected in [&[0x155, 0x155][..], &[0x155, 0x144, 0x155, 0x155]] {
        let wire = Wire::new(swtpm.connection());
        let mut tpm = TpmClient::new(wire.clone());
        for _ in 0..2 {
            let signature = tpm.sign(KeyUse::Hub, string.as_bytes()).unwrap();
            assert_eq!(signature.as_bytes(), &hmac(&recipe().key, string.as_bytes()));
        }
        assert!(
            wire.sent().iter().copied().filter(|code| *code != 0).eq(expected.iter().copied()),
            "{:x?}",
            wire.sent()
        );
        drop(tpm);
        drop(wire);
        swtpm.power_cycle();
    }
}

#[test]
#[ignore = "needs swtpm"]
fn long_data_costs_a_command_for_each_piece() {
    let swtpm = Swtpm::with_keys();
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    for (length, expected) in
        [(1024, &[0x155][..]), (2048, &[0x17a, 0x15b, 0x15c, 0x13e]), (3000, &[0x17a, 0x15b, 0x15c, 0x15c, 0x13e])]
    {
        let before = wire.sent().len();
        tpm.sign(KeyUse::Hub, &data(length)).unwrap();
        assert_eq!(wire.sent()[before..], *expected, "{length}");
    }
}

/// Each piece costs a command.
#[test]
#[ignore = "needs swtpm"]
fn a_tpm_with_a_small_input_buffer_is_an_error() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    drop(tpm);
    for (size, is_accepted) in [(0_u32, false), (1, false), (1023, false), (1024, true)] {
        let wire = Wire::new(swtpm.connection()).tampered(move |number, response, length| {
            if number == 0 {
                // The value after the name of the only property.
                response[23..27].copy_from_slice(&size.to_be_bytes());
            }
            length
        });
        let signature = TpmClient::new(wire.clone()).sign(KeyUse::Hub, &data(1025));
        if is_accepted {
            assert_eq!(signature.unwrap().as_bytes(), &hmac(&recipe().key, &data(1025)));
        } else {
            assert_eq!(signature.unwrap_err(), TpmError::Answer { command: "GetCapability" });
            assert_eq!(wire.sent(), [0x17a], "no sequence was started");
        }
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_long_signature_that_fails_in_the_middle_leaves_nothing_loaded() {
    let mut swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    drop(tpm);
    // One of the responses is replaced by an error.
    for at in 0..5 {
        let wire = Wire::new(swtpm.connection()).tampered(move |number, response, length| {
            if number == at {
                response[..10].copy_from_slice(&[0x80, 1, 0, 0, 0, 10, 0, 0, 5, 0]);
            }
            if number == at { 10 } else { length }
        });
        let error = TpmClient::new(wire).sign(KeyUse::Hub, &data(3000)).unwrap_err();
        assert_eq!(error.response_code().unwrap().as_u32(), 0x500, "{at}: {error}");
        if at == 1 {
            // The handle of this object is unknown, so that it cannot be flushed.
            swtpm.power_cycle();
        }
        swtpm.assert_empty("after a failure in the middle");
    }
    let cut = Wire::new(swtpm.connection()).cut_at(Cut::Before(3));
    TpmClient::new(cut).sign(KeyUse::Hub, &data(3000)).unwrap_err();
    assert!(swtpm.client().sign(KeyUse::Hub, &data(3000)).is_ok());
}
