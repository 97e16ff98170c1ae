//! TPMs with unexpected responses.

use crate::{
    activation::keys,
    blob::{hmac, recipe},
    swtpm::Swtpm,
    wire::Wire,
};
use defender_auth::{
    Error,
    error::{AccessError, CommandCause, TpmError},
    key::{ActivationBlob, KeyUse},
    tpm::{Firmware, SelfTest, Tpm, TpmClient, Transport},
};
use std::time::Duration;

/// Bends an answer: its bytes, its length; the new length.
type Bend = fn(&mut [u8], usize) -> usize;

const BENT: [(&str, Bend); 7] = [
    ("nothing", |_, _| 0),
    ("half a header", |_, _| 7),
    ("cut short", |_, length| length - 1),
    ("longer than its length", |_, length| length + 1),
    ("a length that is wrong", |response, length| {
        response[5] ^= 1;
        length
    }),
    ("another tag", |response, length| {
        response[1] ^= 3;
        length
    }),
    ("noise", |response, length| {
        response[10..length]
            .iter_mut()
            .zip([0x5f, 0xa3, 0x11].into_iter().cycle())
            .for_each(|(byte, noise)| *byte ^= noise);
        length.max(11)
    }),
];

#[test]
#[ignore = "needs swtpm"]
fn a_malformed_response_to_any_command_is_an_error() {
    let swtpm = Swtpm::with_keys();
    let keys = keys(&mut swtpm.client());
    let blob = recipe().blob(&keys, KeyUse::Hub);
    let mut refused = 0;
    for (name, bend) in BENT {
        for at in 0..9 {
            let wire = Wire::new(swtpm.connection())
                .tampered(move |number, response, length| if number == at { bend(response, length) } else { length });
            let error = TpmClient::new(wire).activate(&blob).unwrap_err();
            let error = match error {
                TpmError::IdentityLost { error } => *error,
                error => error,
            };
            let named = match &error {
                TpmError::Answer { command } => *command,
                // Noise in a public area is the public area of another object; in a secret it is another secret.
                TpmError::Foreign { .. } if name == "noise" => "",
                TpmError::Command(error) if name == "noise" => error.command,
                error => panic!("{name} at {at}: {error}"),
            };
            assert!(!named.contains(char::is_whitespace));
            refused += 1;
            swtpm.tool("flushcontext -t");
            swtpm.tool("flushcontext -l");
        }
    }
    assert_eq!(refused, 63);
    swtpm.client().activate(&blob).unwrap();
}

#[test]
#[ignore = "needs swtpm"]
fn a_command_to_a_busy_tpm_is_repeated_up_to_a_limit() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    drop(tpm);
    for code in [0x908u16, 0x90a, 0x922] {
        for times in [1, 12, 13] {
            let mut wire = Wire::new(swtpm.connection()).tampered(move |number, response, length| {
                if number < times {
                    response[..10].copy_from_slice(&[0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0]);
                    response[8..10].copy_from_slice(&code.to_be_bytes());
                }
                if number < times { 10 } else { length }
            });
            let result = TpmClient::new(&mut wire).sign(KeyUse::Hub, b"x");
            assert_eq!(wire.pauses() as usize, times.min(12));
            match result {
                Ok(signature) if times <= 12 => assert_eq!(signature.as_bytes(), &hmac(&recipe().key, b"x")),
                Err(TpmError::Command(error)) if times > 12 => {
                    assert_eq!((error.cause, error.code.as_u32()), (CommandCause::Busy, code.into()));
                    assert!(Error::from(TpmError::from(error)).is_retryable());
                }
                other => panic!("{times}: {other:?}"),
            }
        }
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_registration_key_is_kept_while_the_tpm_is_busy() {
    let swtpm = Swtpm::with_keys();
    let wire = Wire::new(swtpm.connection());
    let mut tpm = TpmClient::new(wire.clone());
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Registration)).unwrap();
    let until = wire.sent().len() + 13;
    let _ = wire.clone().tampered(move |number, response, length| {
        if number < until {
            response[..10].copy_from_slice(&[0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0x22]);
        }
        if number < until { 10 } else { length }
    });
    assert!(tpm.sign(KeyUse::Registration, b"x").unwrap_err().is_retryable());
    assert_eq!(tpm.sign(KeyUse::Registration, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
    drop(tpm);
    drop(wire);
    swtpm.assert_empty("after a busy TPM");
}

/// Responds with the result of a function, and counts the commands.
struct Script<F: FnMut(&[u8]) -> Vec<u8>>(F, u32);

impl<F: FnMut(&[u8]) -> Vec<u8>> Transport for Script<F> {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        self.1 += 1;
        let answer = (self.0)(command);
        response[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }
}

fn refusal(code: u32) -> Vec<u8> {
    [&[0x80, 1, 0, 0, 0, 10], code.to_be_bytes().as_slice()].concat()
}

#[test]
fn a_lockout_is_reported_with_its_length() {
    let lockout = |command: &[u8]| match command[8..10] {
        [1, 0x7a] => {
            assert_eq!(command[10..], [0, 0, 0, 6, 0, 0, 2, 0x10, 0, 0, 0, 1]);
            let list = [0, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 2, 0x10, 0, 0, 0x1c, 0x20];
            [&[0x80, 1, 0, 0, 0, 27, 0, 0, 0, 0], list.as_slice()].concat()
        }
        _ => refusal(0x921),
    };
    let error = TpmClient::new(Script(lockout, 0)).sign(KeyUse::Hub, b"x").unwrap_err();
    assert!(error.to_string().contains("the TPM is in lockout for up to 2 h; wait, or reset it"), "{error}");
    assert_eq!(Error::from(error).retry_after(), Some(Duration::from_secs(7200)));
    let error = TpmClient::new(Script(|_: &[u8]| refusal(0x921), 0)).sign(KeyUse::Hub, b"x").unwrap_err();
    assert!(error.to_string().contains("the TPM is in lockout; wait, or reset it"), "{error}");
}

#[test]
fn facts_take_two_commands() {
    let mut questions = Vec::new();
    let answer = |command: &[u8]| {
        questions.push(command[6..].to_vec());
        // A property that was not requested.
        let list = [0, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 1, 0, 1, 2, 3, 4];
        if command[9] == 0x7a {
            [&[0x80, 1, 0, 0, 0, 27, 0, 0, 0, 0], list.as_slice()].concat()
        } else {
            refusal(0x18b)
        }
    };
    let facts = TpmClient::new(Script(answer, 0)).facts().unwrap();
    assert_eq!((facts.manufacturer.as_str(), facts.firmware, facts.has_identity_key), ("", Firmware(0), false));
    let properties = [0, 0, 1, 0x7a, 0, 0, 0, 6, 0, 0, 1, 5, 0, 0, 0, 8];
    assert_eq!(questions, [properties.as_slice(), &[0, 0, 1, 0x73, 0x81, 0, 1, 0]]);
}

#[test]
fn a_self_test_passes_is_incomplete_or_fails() {
    let told = |code: u32| {
        let answer = move |command: &[u8]| {
            assert_eq!(command, [0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x7c]);
            // Two bytes of the manufacturer's.
            [&[0x80, 1, 0, 0, 0, 18, 0, 0, 0, 0, 0, 2, 7, 7], code.to_be_bytes().as_slice()].concat()
        };
        TpmClient::new(Script(answer, 0)).self_test().unwrap()
    };
    assert_eq!([0, 0x153, 0x90a].map(told), [SelfTest::Passed, SelfTest::Incomplete, SelfTest::Incomplete]);
    assert!(matches!(told(0x101), SelfTest::Failed(code) if code.as_u32() == 0x101));
    let rejected = TpmClient::new(Script(|_: &[u8]| refusal(0x143), 0)).self_test().unwrap_err();
    assert!(rejected.to_string().contains("GetTestResult"), "{rejected}");
}

#[test]
fn a_key_that_cannot_be_read_is_not_taken_for_an_empty_handle() {
    let error = TpmClient::new(Script(|_: &[u8]| refusal(0x101), 0)).endorsement_key().unwrap_err();
    let TpmError::Command(error) = error else { panic!("{error}") };
    assert_eq!((error.command, error.code.as_u32()), ("ReadPublic", 0x101));
}

#[test]
fn a_command_is_not_repeated_without_an_end() {
    let fields = recipe().fields(&[1; 316], &[2; 284]).concat();
    for code in [0x100, 0x101, 0x143, 0x18b, 0x500, 0x902, 0x903, 0x908, 0x922, 0xb_0143, 0x1e, u32::MAX] {
        let mut script = Script(|_: &[u8]| refusal(code), 0);
        let mut tpm = TpmClient::new(&mut script);
        tpm.sign(KeyUse::Hub, b"x").unwrap_err();
        tpm.sign(KeyUse::Hub, &[0; 2000]).unwrap_err();
        tpm.endorsement_key().unwrap_err();
        tpm.facts().unwrap_err();
        tpm.activate(&ActivationBlob::parse(&fields, KeyUse::Hub).unwrap()).unwrap_err();
        drop(tpm);
        assert!(script.1 < 150, "{code:#x}: {} commands", script.1);
    }
}

/// Each listed object costs a command or more, so a list may not be longer than requested.
#[test]
fn a_list_that_is_longer_than_requested_is_malformed() {
    let mut sent = 0;
    for (listed, looked_at) in [(64, 64), (65, 0)] {
        let list = |count: u32| {
            let handles: Vec<u8> = (0..count).flat_map(|number| (0x8000_0000 + number).to_be_bytes()).collect();
            let body = [&[0, 0, 0, 0, 1], count.to_be_bytes().as_slice(), &handles].concat();
            let size = u32::try_from(10 + body.len()).unwrap();
            [&[0x80, 1], size.to_be_bytes().as_slice(), &[0; 4], &body].concat()
        };
        let full = |command: &[u8]| match command[8..10] {
            [1, 0x7a] => list(listed),
            [1, 0x73] => {
                sent += 1;
                refusal(0x18b)
            }
            _ => refusal(0x902),
        };
        let error = TpmClient::new(Script(full, 0)).sign(KeyUse::Hub, b"x").unwrap_err();
        assert_eq!(matches!(error, TpmError::Answer { command: "GetCapability" }), looked_at == 0, "{error}");
        assert_eq!(core::mem::take(&mut sent), looked_at);
    }
}

/// Random bytes with a valid header.
#[test]
fn no_response_causes_a_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let fields = recipe().fields(&[1; 316], &[2; 284]).concat();
    let mut commands = 0;
    for _ in 0..400 {
        let answer = |_: &[u8]| {
            let length = usize::try_from(random() % 120).unwrap();
            let mut body: Vec<u8> = (0..length).map(|_| random().to_le_bytes()[0] & 0x83).collect();
            if random() % 2 == 0 && length > 4 {
                body[..4].copy_from_slice(&u32::try_from(length.saturating_sub(9)).unwrap().to_be_bytes());
            }
            let size = u32::try_from(10 + length).unwrap();
            let tag = [0x80, 1 + u8::try_from(random() % 2).unwrap()];
            [&tag, size.to_be_bytes().as_slice(), &[0, 0, 0, 0], &body].concat()
        };
        let mut script = Script(answer, 0);
        let mut tpm = TpmClient::new(&mut script);
        let _ = tpm.facts();
        let _ = (tpm.endorsement_key(), tpm.storage_root_key(), tpm.sign(KeyUse::Hub, &[0; 3000]));
        for key_use in [KeyUse::Registration, KeyUse::Hub] {
            let _ = tpm.activate(&ActivationBlob::parse(&fields, key_use).unwrap());
            let _ = tpm.sign(key_use, b"x");
        }
        let _ = tpm.persist_keys();
        drop(tpm);
        commands += script.1;
    }
    assert!(commands > 3000, "{commands}");
}
