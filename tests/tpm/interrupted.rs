//! An activation that is interrupted after each of its commands: the key that the device then has, and the next run.

use crate::{
    activation::keys,
    blob::{hmac, recipe, recipe_for},
    swtpm::Swtpm,
    wire::{Cut, Wire},
};
use defender_auth::{
    error::{AccessProblem, CommandCause, TpmError},
    key::KeyUse,
    tpm::{Tpm, TpmClient},
};

/// More commands than any activation has.
const MANY: usize = 30;
const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];
const EVICT: u32 = 0x120;

/// Which key signs.
fn present(swtpm: &Swtpm) -> Option<[u8; 32]> {
    match swtpm.client().sign(KeyUse::Hub, b"x") {
        Ok(signature) => [OLD, NEW].into_iter().find(|key| signature.as_bytes() == &hmac(key, b"x")),
        Err(TpmError::Command(error)) if matches!(error.cause, CommandCause::NoIdentityKey { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Interrupts an activation at each of its commands.
fn interrupt_everywhere(cut: impl Fn(usize) -> Cut, is_killed: bool) {
    let mut swtpm = Swtpm::with_keys();
    let keys = keys(&mut swtpm.client());
    let (old, new) = (recipe_for(OLD).blob(&keys, KeyUse::Hub), recipe_for(NEW).blob(&keys, KeyUse::Hub));
    let mut gaps = 0;
    for at in 0..MANY {
        swtpm.client().activate(&old).unwrap();
        let wire = Wire::new(swtpm.connection()).cut_at(cut(at));
        let mut tpm = TpmClient::new(wire.clone());
        let result = tpm.activate(&new);
        drop(tpm);
        let evictions = wire.sent().iter().filter(|code| **code == EVICT).count();
        drop(wire);
        if is_killed {
            swtpm.power_cycle();
        }
        let key = present(&swtpm);
        match &result {
            Ok(()) => assert_eq!(key, Some(NEW)),
            Err(TpmError::Access(error)) => {
                assert_eq!(error.problem, AccessProblem::Closed, "{at}");
                assert_eq!((key, evictions), (Some(OLD), 0), "{at}");
            }
            // Before it, between the two, or after it without a response.
            Err(TpmError::IdentityLost { .. }) => assert_eq!(key, [Some(OLD), None, Some(NEW)][evictions], "{at}"),
            Err(error) => panic!("{at}: {error}"),
        }
        gaps += usize::from(key.is_none());
        if !is_killed {
            swtpm.tool("flushcontext -l");
        }
        swtpm.client().activate(&new).unwrap();
        assert_eq!(present(&swtpm), Some(NEW), "a later run succeeds");
        if result.is_ok() && at > 0 {
            assert!(at >= 10, "only {at} commands");
            assert!(gaps <= 2, "{gaps} gaps");
            return;
        }
    }
    panic!("an activation of more than {MANY} commands");
}

#[test]
#[ignore = "needs swtpm"]
fn a_new_key_that_cannot_be_written_is_reported_with_the_loss_of_the_old() {
    let swtpm = Swtpm::with_keys();
    let keys = keys(&mut swtpm.client());
    for replaces in [false, true] {
        let wire = Wire::new(swtpm.connection());
        let watched = wire.clone();
        let last = 1 + usize::from(replaces);
        let mut evictions = 0;
        let wire = wire.tampered(move |_, response, length| {
            // Only the response to an eviction has this length and no parameters.
            evictions += usize::from(length == 19 && response[6..14] == [0; 8]);
            if evictions < last {
                return length;
            }
            evictions = 0;
            response[..10].copy_from_slice(&[0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x4b]);
            10
        });
        let error = TpmClient::new(wire).activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap_err();
        assert_eq!(watched.sent().iter().filter(|code| **code == EVICT).count(), last);
        assert_eq!(error.response_code().unwrap().as_u32(), 0x14b);
        assert_eq!(matches!(error, TpmError::IdentityLost { .. }), replaces, "{error}");
        assert!(error.to_string().contains("its persistent memory is full"), "{error}");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_connection_that_ends_before_any_command() {
    interrupt_everywhere(Cut::Before, false);
}

#[test]
#[ignore = "needs swtpm"]
fn a_connection_that_ends_after_any_command() {
    interrupt_everywhere(Cut::After, false);
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_that_loses_its_power_after_any_command() {
    interrupt_everywhere(Cut::After, true);
}

#[test]
#[ignore = "needs swtpm"]
fn a_connection_to_a_tpm_that_ended_stays_closed() {
    let mut swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    swtpm.power_cycle();
    for expected in [AccessProblem::Closed, AccessProblem::Broken] {
        let TpmError::Access(error) = tpm.sign(KeyUse::Hub, b"x").unwrap_err() else { panic!() };
        assert_eq!(error.problem, expected);
    }
    assert!(swtpm.client().sign(KeyUse::Hub, b"x").is_ok());
}

#[test]
#[ignore = "needs swtpm"]
fn what_a_busy_tpm_did_not_flush_is_flushed_with_the_next_call() {
    const ACTIVATION: [u32; 5] = [0x176, 0x151, 0x147, 0x156, 0x157];
    const FLUSH: u32 = 0x165;
    let swtpm = Swtpm::with_keys();
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let keys = keys(&mut tpm);
    let flush = wire.sent().len() + [0x173, EVICT].len() + ACTIVATION.len();
    let _ = wire.clone().tampered(move |number, response, length| {
        if !(flush..flush + 13).contains(&number) {
            return length;
        }
        response[..10].copy_from_slice(&[0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0x22]);
        10
    });
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    assert_eq!(wire.sent()[flush..], [FLUSH; 13]);
    let begin = [&[0x173], ACTIVATION.as_slice(), &[EVICT, EVICT]].concat();
    for flushes in [&[FLUSH, FLUSH][..], &[FLUSH]] {
        let sent = wire.sent().len();
        tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
        assert_eq!(wire.sent()[sent..], [&begin, flushes].concat());
    }
}

#[test]
#[ignore = "needs swtpm"]
fn closing_reports_an_error() {
    let swtpm = Swtpm::new();
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    tpm.storage_root_key().unwrap();
    wire.cut();
    let TpmError::Access(error) = tpm.close().unwrap_err() else { panic!() };
    assert_eq!(error.problem, AccessProblem::Closed);
}
