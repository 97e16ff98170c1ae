//! TPMs that are busy, slow or locked, that lose a key, or that sign wrongly.

use super::{
    assert_signs,
    script::{DECRYPT, LOAD, SIGN, Script, code, reject},
};
use crate::swtpm::Swtpm;
use defender_auth::{
    error::{AccessError, AccessProblem, SigningKeyError, TpmKeyKind},
    key::{PrivateKey as _, SignatureScheme},
    private_key::TpmKey,
    tpm::{Connection, Parent, SharedTpm, TpmClient, Transport as _},
};
use ring::digest::{SHA256, SHA384, SHA512, digest};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

const FLUSH: u32 = 0x165;
const P256: TpmKeyKind = TpmKeyKind::P256;
const SCHEME: SignatureScheme = SignatureScheme::EcdsaP256Sha256;

/// A key on P-256 that is open in a scripted TPM.
fn opened(swtpm: &Swtpm) -> (Script, TpmKey<Script>) {
    let script = Script::new(swtpm.connection());
    let tpm = SharedTpm::new(TpmClient::new(script.clone()));
    let file = tpm.lock().create_key(P256, Parent::StorageRoot, None).unwrap();
    let key = TpmKey::open(&tpm, &file, None).unwrap();
    script.sent();
    (script, key)
}

/// Rejects so many signatures with this code.
fn rejecting(script: &Script, times: u32, code_of: u32) {
    let mut left = times;
    script.acting(move |connection, command, response| {
        if code(command) == SIGN && left > 0 {
            left -= 1;
            return Ok(reject(code_of, response));
        }
        connection.exchange(command, response)
    });
}

#[test]
#[ignore = "needs swtpm"]
fn a_busy_tpm_is_asked_again_up_to_a_limit() {
    let swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    rejecting(&script, 3, 0x922);
    key.sign(SCHEME, b"x").unwrap();
    assert_eq!((script.sent(), script.pauses()), (vec![SIGN; 4], 3));
    rejecting(&script, u32::MAX, 0x922);
    let error = key.sign(SCHEME, b"x").unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("it is busy; try again later"), "{error}");
    assert_eq!(script.sent(), [SIGN; 13]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_lockout_is_not_repeated() {
    let swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    rejecting(&script, u32::MAX, 0x921);
    let error = key.sign(SCHEME, b"x").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("the TPM is in lockout"), "{error}");
    // The command and the question for the length of the lockout.
    assert_eq!(script.sent(), [SIGN, 0x17a]);
    script.acting(Connection::exchange);
    assert_signs(&swtpm, &key);
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_that_the_tpm_has_lost_is_loaded_again_once() {
    let swtpm = Swtpm::new();
    for lost in [0x910, 0x18b] {
        let (script, key) = opened(&swtpm);
        rejecting(&script, 1, lost);
        key.sign(SCHEME, b"x").unwrap();
        let sent = script.sent();
        assert_eq!(sent.iter().filter(|code| **code == LOAD).count(), 1, "{sent:x?}");
        rejecting(&script, u32::MAX, lost);
        let error = key.sign(SCHEME, b"x").unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains("there is no key at 0x8000"), "{error}");
        assert_eq!(script.sent().iter().filter(|code| **code == SIGN).count(), 2);
    }
}

/// As after a reset of the TPM in which another program was the first to load a key.
#[test]
#[ignore = "needs swtpm"]
fn a_handle_that_is_another_programs_now_is_not_signed_with() {
    let swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    let mut is_exchanged = false;
    script.acting(move |connection: &mut Connection, command, response| {
        if code(command) == SIGN && !is_exchanged {
            is_exchanged = true;
            let mut other = TpmClient::new(&mut *connection);
            let file = other.create_key(P256, Parent::StorageRoot, None).unwrap();
            let mut flush = vec![0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x65];
            flush.extend(&command[10..14]);
            drop(other);
            connection.exchange(&flush, response)?;
            let mut other = TpmClient::new(&mut *connection);
            // It stays loaded, at the handle that is free now.
            other.open_key(&file, None).unwrap();
            std::mem::forget(other);
        }
        connection.exchange(command, response)
    });
    key.sign(SCHEME, b"x").unwrap();
    let sent = script.sent();
    assert_eq!(sent.iter().filter(|code| **code == SIGN).count(), 2, "{sent:x?}");
    assert_signs(&swtpm, &key);
    assert!(!sent.contains(&FLUSH) || sent.iter().filter(|code| **code == FLUSH).count() == 1, "only the parent");
    drop(key);
    drop(script);
    assert_eq!(swtpm.handles("transient").len(), 1, "the other program's key");
}

#[test]
#[ignore = "needs swtpm"]
fn a_wrong_bit_in_a_signature_never_leaves_this_process() {
    let swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    let wrong = |script: &Script, times: u32| {
        let mut left = times;
        script.acting(move |connection, command, response| {
            let length = connection.exchange(command, response)?;
            if code(command) == SIGN && left > 0 {
                left -= 1;
                response[30] ^= 1;
            }
            Ok(length)
        });
    };
    wrong(&script, 1);
    key.sign(SCHEME, b"x").unwrap();
    wrong(&script, 2);
    let error = key.sign(SCHEME, b"x").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("the TPM's signature does not verify"), "{error}");
    assert_signs(&swtpm, &key);
    drop(key);
    // Such a TPM is known when the key is opened.
    let tpm = SharedTpm::new(TpmClient::new(script.clone()));
    let file = tpm.lock().create_key(P256, Parent::StorageRoot, None).unwrap();
    wrong(&script, u32::MAX);
    assert_eq!(TpmKey::open(&tpm, &file, None).unwrap_err(), SigningKeyError::Signature.into());
    drop(tpm);
    drop(script);
    swtpm.assert_empty("after wrong signatures");
}

#[test]
#[ignore = "needs swtpm"]
fn a_persistent_key_that_was_removed_or_replaced_is_reported() {
    const HANDLE: u32 = 0x8100_0021;
    const OTHER: u32 = 0x8100_0022;
    let swtpm = Swtpm::new();
    let script = Script::new(swtpm.connection());
    let tpm = SharedTpm::new(TpmClient::new(script.clone()));
    for handle in [HANDLE, OTHER] {
        let file = tpm.lock().create_key(P256, Parent::StorageRoot, None).unwrap();
        tpm.lock().persist_key(&file, handle).unwrap();
    }
    let key = TpmKey::open_at(&tpm, HANDLE, None).unwrap();
    rejecting(&script, u32::MAX, 0x18b);
    let error = key.sign(SCHEME, b"x").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("there is no key at 0x81000021"), "{error}");
    // What was put there instead signs as well.
    script.acting(|connection: &mut Connection, command, response| {
        let mut command = command.to_vec();
        if code(&command) == SIGN {
            command[10..14].copy_from_slice(&OTHER.to_be_bytes());
        }
        connection.exchange(&command, response)
    });
    let error = key.sign(SCHEME, b"x").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("does not verify"), "{error}");
    script.acting(Connection::exchange);
    assert_signs(&swtpm, &key);
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_that_does_not_answer_in_time_may_be_asked_again() {
    let swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    script.acting(|connection: &mut Connection, command, response| {
        if code(command) == SIGN {
            return Err(AccessError { place: "a TPM".into(), problem: AccessProblem::TimedOut });
        }
        connection.exchange(command, response)
    });
    let error = key.sign(SCHEME, b"x").unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("a TPM"), "{error}");
    assert_eq!(script.sent(), [SIGN], "the command may still be executed");
    script.acting(Connection::exchange);
    assert_signs(&swtpm, &key);
}

#[test]
#[ignore = "needs swtpm"]
fn signatures_of_several_threads_follow_one_another() {
    const PAUSE: Duration = Duration::from_millis(60);
    let swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    script.acting(|connection, command, response| {
        if code(command) == SIGN {
            thread::sleep(PAUSE);
        }
        connection.exchange(command, response)
    });
    let begin = Instant::now();
    let signed = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                key.sign(SCHEME, b"x").unwrap();
                signed.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(signed.into_inner(), 3);
    assert!(begin.elapsed() >= 3 * PAUSE);
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_that_ends_is_an_error_with_its_place() {
    let mut swtpm = Swtpm::new();
    let (script, key) = opened(&swtpm);
    swtpm.power_cycle();
    for (words, is_retryable) in
        [("the connection ended", true), ("an earlier exchange with the TPM failed; open it again", false)]
    {
        let error = key.sign(SCHEME, b"x").unwrap_err();
        assert!(error.is_retryable() == is_retryable && error.to_string().contains(words), "{error}");
    }
    drop((script, key));
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_that_was_away_is_opened_again_and_the_key_loaded_again() {
    let mut swtpm = Swtpm::new();
    let connection = Connection::open_reopening(&swtpm.endpoint()).unwrap();
    let tpm = SharedTpm::new(TpmClient::new(connection));
    let file = tpm.lock().create_key(P256, Parent::StorageRoot, None).unwrap();
    let key = TpmKey::open(&tpm, &file, None).unwrap();
    for _ in 0..2 {
        swtpm.power_cycle();
        assert!(key.sign(SCHEME, b"x").unwrap_err().is_retryable());
        assert_signs(&swtpm, &key);
    }
    drop((key, tpm));
    swtpm.assert_empty("after a TPM that was away");
}

/// EMSA-PSS with a salt of another length than the hash.
fn padded(message_digest: &[u8], salt: usize, length: usize) -> Vec<u8> {
    let algorithm = match message_digest.len() {
        32 => &SHA256,
        48 => &SHA384,
        _ => &SHA512,
    };
    // As long as it fits beside the hash.
    let salt = vec![0x5a; salt.min(length - message_digest.len() - 2)];
    let hashed = digest(algorithm, &[&[0; 8], message_digest, &salt].concat());
    let zeros = length - hashed.as_ref().len() - salt.len() - 2;
    let block = [vec![0; zeros].as_slice(), &[1], &salt].concat();
    let mask = (0u32..)
        .flat_map(|counter| digest(algorithm, &[hashed.as_ref(), &counter.to_be_bytes()].concat()).as_ref().to_vec());
    let mut encoded: Vec<u8> = block.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    encoded[0] &= 0x7f;
    [encoded.as_slice(), hashed.as_ref(), &[0xbc]].concat()
}

/// Lets a TPM sign RSASSA-PSS with salts of this length, as some do. The key behind it decrypts; its public area may deny it.
fn salting(script: &Script, salt: usize) {
    script.acting(move |connection, command, response| {
        if code(command) != SIGN {
            return connection.exchange(command, response);
        }
        // Behind header, handle, authorization: digest, scheme, hash.
        let digest_length = usize::from(u16::from_be_bytes([command[27], command[28]]));
        if command[29 + digest_length..31 + digest_length] != [0, 0x16] {
            return connection.exchange(command, response);
        }
        let hash = &command[31 + digest_length..33 + digest_length];
        let block = padded(&command[29..29 + digest_length], salt, 256);
        let mut decrypt = command[..27].to_vec();
        decrypt[6..10].copy_from_slice(&DECRYPT.to_be_bytes());
        decrypt.extend([1, 0]);
        decrypt.extend(block);
        decrypt.extend([0, 0x10, 0, 0]);
        let length = u32::try_from(decrypt.len()).unwrap();
        decrypt[2..6].copy_from_slice(&length.to_be_bytes());
        let mut answer = [0; 4096];
        let length = connection.exchange(&decrypt, &mut answer)?;
        assert_eq!(answer[6..10], [0; 4], "the key decrypts");
        // The signature with its scheme and hash before it.
        let all = [&answer[..14], &[0, 0x16], hash, &answer[14..length]].concat();
        response[..all.len()].copy_from_slice(&all);
        response[2..6].copy_from_slice(&u32::try_from(all.len()).unwrap().to_be_bytes());
        let parameters = u32::from_be_bytes(answer[10..14].try_into().unwrap()) + 4;
        response[10..14].copy_from_slice(&parameters.to_be_bytes());
        Ok(all.len())
    });
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_whose_salts_are_not_those_of_tls_leaves_the_padding_to_software() {
    let swtpm = Swtpm::new();
    let script = Script::new(swtpm.connection());
    let tpm = SharedTpm::new(TpmClient::new(script.clone()));
    let file = tpm.lock().create_key(TpmKeyKind::Rsa { bits: 2048 }, Parent::StorageRoot, None).unwrap();
    // With 32 the hash of 32 bytes alone has the right one.
    for (salt, pads, schemes) in [(20, true, 3), (0, true, 3), (222, true, 3), (32, false, 1)] {
        salting(&script, salt);
        script.sent();
        let key = TpmKey::open(&tpm, &file, None).unwrap();
        assert_eq!(script.sent().contains(&DECRYPT), pads, "{salt}");
        assert_eq!(key.pads_in_software(), pads, "{salt}");
        let pss = key.schemes().iter().filter(|scheme| scheme.as_str().contains("pss")).count();
        assert_eq!(pss, schemes, "{salt}");
        assert!(key.schemes().contains(&SignatureScheme::RsaPkcs1Sha256));
        assert_signs(&swtpm, &key);
        assert_eq!(script.sent().contains(&DECRYPT), pads);
    }
}

#[test]
#[ignore = "needs swtpm"]
fn without_decrypt_such_a_tpm_has_rsassa_pkcs1_alone() {
    let swtpm = Swtpm::new();
    let script = Script::new(swtpm.connection());
    let tpm = SharedTpm::new(TpmClient::new(script.clone()));
    let file = tpm.lock().create_key(TpmKeyKind::Rsa { bits: 2048 }, Parent::StorageRoot, None).unwrap();
    script.acting(move |connection, command, response| match code(command) {
        DECRYPT => Ok(reject(0x182, response)),
        SIGN if command[command.len() - 12..command.len() - 10] == [0, 0x16] => {
            let length = connection.exchange(command, response)?;
            response[100] ^= 1;
            Ok(length)
        }
        _ => connection.exchange(command, response),
    });
    let key = TpmKey::open(&tpm, &file, None).unwrap();
    assert_eq!((key.schemes(), key.pads_in_software()), (&[SignatureScheme::RsaPkcs1Sha256][..], false));
    assert_signs(&swtpm, &key);
}
