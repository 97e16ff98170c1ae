//! A TPM, through the C interface.

#![cfg(all(feature = "https", feature = "tpm", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    Action, Authenticator, Event, Now, Outcome, Password, Plan, UnixTime,
    dps::{Attestation, Profile},
    https::Client,
    key::{KeyUse, Signature},
    tls::Roots,
};
use defender_auth_emulator::{Dps, Emulator, Enrollment, Hub, World};
use defenderauth::{tpm::*, *};
use scratch::Scratch;
use std::{
    mem::MaybeUninit,
    ptr,
    time::{Duration, SystemTime},
};
use support::{Failed, blamed, call, made, place, text, written};
use swtpm::Swtpm;

/// No flow has more steps.
const STEPS: usize = 20;

fn open(endpoint: &str) -> Result<Box<Tpm>, Failed> {
    let (endpoint, len) = text(endpoint);
    made(|out, error| defenderauth_tpm_open(endpoint, len, Some(out), Some(error)))
}

fn open_at(swtpm: &Swtpm) -> Box<Tpm> {
    open(&swtpm.endpoint().to_string()).unwrap()
}

/// The bytes that a call writes to a buffer of this size, or its failure and the length that it reports.
fn bytes(
    cap: usize,
    run: impl FnOnce(*mut u8, usize, &mut MaybeUninit<usize>, &mut MaybeUninit<Option<Box<Error>>>) -> ResultCode,
) -> Result<Vec<u8>, (Failed, usize)> {
    let (mut buffer, mut len) = (vec![0; cap], place());
    let outcome = call(|error| run(buffer.as_mut_ptr(), cap, &mut len, error));
    // SAFETY: every call writes it.
    let len = unsafe { len.assume_init() };
    buffer.truncate(len);
    outcome.map(|()| buffer).map_err(|failed| (failed, len))
}

fn endorsement_key(tpm: &mut Tpm, cap: usize) -> Result<Vec<u8>, (Failed, usize)> {
    bytes(cap, |buf, cap, len, error| defenderauth_tpm_endorsement_key(Some(tpm), buf, cap, Some(len), Some(error)))
}

fn storage_root_key(tpm: &mut Tpm) -> Result<Vec<u8>, (Failed, usize)> {
    bytes(DEFENDERAUTH_PUBLIC_CAPACITY, |buf, cap, len, error| {
        defenderauth_tpm_storage_root_key(Some(tpm), buf, cap, Some(len), Some(error))
    })
}

fn registration_id(tpm: &mut Tpm) -> String {
    let (id, _) = written(DEFENDERAUTH_TEXT_CAPACITY, |buf, cap, len, error| {
        defenderauth_tpm_registration_id(Some(tpm), buf, cap, Some(len), Some(error))
    });
    id.unwrap()
}

fn activate(tpm: &mut Tpm, key_use: i32, blob: &[u8]) -> Result<(), Failed> {
    call(|error| defenderauth_tpm_activate(Some(tpm), key_use, blob.as_ptr(), blob.len(), Some(error)))
}

fn sign(tpm: &mut Tpm, key_use: i32, data: &[u8]) -> Result<Vec<u8>, Failed> {
    let signature = bytes(DEFENDERAUTH_SIGNATURE_CAPACITY, |buf, cap, len, error| {
        defenderauth_tpm_sign(Some(tpm), key_use, data.as_ptr(), data.len(), buf, cap, Some(len), Some(error))
    });
    signature.map_err(|(failed, _)| failed)
}

fn set_owner_password(tpm: &mut Tpm, password: &[u8]) -> Result<(), Failed> {
    call(|error| defenderauth_tpm_set_owner_password(Some(tpm), password.as_ptr(), password.len(), Some(error)))
}

fn set_endorsement_password(tpm: &mut Tpm, password: &[u8]) -> Result<(), Failed> {
    call(|error| defenderauth_tpm_set_endorsement_password(Some(tpm), password.as_ptr(), password.len(), Some(error)))
}

fn set_identity_handle(tpm: &mut Tpm, handle: u32) -> Result<(), Failed> {
    call(|error| defenderauth_tpm_set_identity_handle(Some(tpm), handle, Some(error)))
}

fn now() -> Now {
    let wall = UnixTime::from(SystemTime::now());
    Now { wall, monotonic: Duration::from_secs(wall.as_secs()) }
}

const fn number(key_use: KeyUse) -> i32 {
    match key_use {
        KeyUse::Registration => DEFENDERAUTH_KEY_USE_REGISTRATION,
        KeyUse::Hub => DEFENDERAUTH_KEY_USE_HUB,
    }
}

fn signature(tpm: &mut Tpm, key_use: KeyUse, data: &[u8]) -> Signature {
    Signature::from_bytes(sign(tpm, number(key_use), data).unwrap().try_into().unwrap())
}

/// Registers with only the TPM functions of the C interface.
fn register(tpm: &mut Tpm) -> Outcome {
    let endorsement_key = endorsement_key(tpm, DEFENDERAUTH_PUBLIC_CAPACITY).unwrap();
    let id = registration_id(tpm);
    let enrollment = Enrollment::with_endorsement_key(&id, &STANDARD.encode(&endorsement_key)).pending(0);
    let world =
        World::new().hub(Hub::new("contoso.azure-devices.net")).dps(Dps::new("0ne00000A0A").enrollment(enrollment));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), Vec::new()).unwrap();
    let client = client.connect_to("127.0.0.1", cloud.https_address().port());

    let profile = Profile::new("0ne00000A0A".parse().unwrap(), id.parse().unwrap());
    let attestation = Attestation::Tpm { endorsement_key, storage_root_key: storage_root_key(tpm).unwrap() };
    let plan = Plan::provision(profile, attestation).unwrap();
    let mut auth = Authenticator::new(&plan, now(), Duration::from_secs(600));
    for _ in 0..STEPS {
        match auth.poll() {
            Action::Send(request) => {
                let reply = client.exchange(request).unwrap();
                auth.handle(now(), Event::Answered(reply.as_response())).unwrap();
            }
            Action::Activate(blob) => {
                activate(tpm, number(blob.key_use()), blob.as_bytes()).unwrap();
                auth.handle(now(), Event::Activated).unwrap();
            }
            Action::Sign(key_use, string) => {
                let signature = signature(tpm, key_use, string.as_bytes());
                auth.handle(now(), Event::Signed(signature)).unwrap();
            }
            _ => return auth.into_outcome().unwrap(),
        }
    }
    panic!("it does not end: {auth:?}")
}

#[test]
fn an_endpoint_without_a_tpm_is_named() {
    let scratch = Scratch::new();
    for kind in ["device:", "swtpm:path="] {
        let missing = format!("{kind}{}", scratch.path("missing"));
        assert_eq!(open(&missing).err().map(|failed| failed.code), Some(DEFENDERAUTH_TPM_ACCESS), "{missing}");
    }
    for endpoint in ["/dev/tpm0", "tabrmd:x", "swtpm:path="] {
        let failed = open(endpoint).err().map(|failed| (failed.code, failed.field));
        assert_eq!(failed, Some((DEFENDERAUTH_TPM_ACCESS, "endpoint".into())), "{endpoint}");
    }
}

#[test]
fn null_is_named() {
    let null = |name: &str| (DEFENDERAUTH_NULL, name.to_owned());
    let (endpoint, len) = text("device:");
    assert_eq!(blamed(call(|error| defenderauth_tpm_open(endpoint, len, None, Some(error)))), null("out"));
    let failed = bytes(1, |buf, cap, len, error| {
        defenderauth_tpm_sign(None, DEFENDERAUTH_KEY_USE_HUB, ptr::null(), 0, buf, cap, Some(len), Some(error))
    });
    let (failed, len) = failed.unwrap_err();
    assert_eq!((blamed::<()>(Err(failed)), len), (null("tpm"), 0));
    for outcome in [
        call(|error| defenderauth_tpm_set_identity_handle(None, 0x8100_0101, Some(error))),
        call(|error| defenderauth_tpm_set_owner_password(None, ptr::null(), 0, Some(error))),
        call(|error| defenderauth_tpm_set_endorsement_password(None, ptr::null(), 0, Some(error))),
        call(|error| defenderauth_tpm_persist_keys(None, Some(error))),
        call(|error| defenderauth_tpm_activate(None, DEFENDERAUTH_KEY_USE_HUB, ptr::null(), 0, Some(error))),
    ] {
        assert_eq!(blamed(outcome), null("tpm"));
    }
    let (token, _) = written(1, |buf, cap, len, error| {
        defenderauth_tpm_sas_token(None, None, 0, 1, buf, cap, Some(len), Some(error))
    });
    assert_eq!(blamed(token), null("tpm"));
    defenderauth_tpm_free(None);
}

#[test]
#[ignore = "needs swtpm"]
fn its_public_keys_are_written_and_made_persistent() {
    let swtpm = Swtpm::new();
    let mut tpm = open_at(&swtpm);
    let key = endorsement_key(&mut tpm, DEFENDERAUTH_PUBLIC_CAPACITY).unwrap();
    let (failed, len) = endorsement_key(&mut tpm, key.len() - 1).unwrap_err();
    assert_eq!((failed.code, len), (DEFENDERAUTH_BUFFER_TOO_SMALL, key.len()));
    assert_ne!(storage_root_key(&mut tpm).unwrap(), key);
    assert_eq!(registration_id(&mut tpm), defender_auth::tpm::registration_id(&key).as_str());
    call(|error| defenderauth_tpm_persist_keys(Some(&mut *tpm), Some(error))).unwrap();
    defenderauth_tpm_free(Some(tpm));
    assert_eq!(swtpm.handles("persistent"), ["0x81000001", "0x81010001"]);
    swtpm.assert_empty("afterwards");
}

#[test]
#[ignore = "needs swtpm"]
fn each_key_has_the_handle_that_was_set() {
    let swtpm = Swtpm::new();
    let mut tpm = open_at(&swtpm);
    let it = &mut *tpm;
    call(|error| defenderauth_tpm_set_endorsement_handle(Some(it), 0x8101_0002, Some(error))).unwrap();
    call(|error| defenderauth_tpm_set_storage_handle(Some(it), 0x8100_0002, Some(error))).unwrap();
    for handle in [0x8101_0002, 0x8100_0100, 0x8080_0000, 0x4000_0001] {
        let failed = call(|error| defenderauth_tpm_set_storage_handle(Some(it), handle, Some(error)));
        assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, "handle".into()), "{handle:#x}");
    }
    call(|error| defenderauth_tpm_persist_keys(Some(it), Some(error))).unwrap();
    defenderauth_tpm_free(Some(tpm));
    assert_eq!(swtpm.handles("persistent"), ["0x81000002", "0x81010002"]);
    swtpm.assert_empty("afterwards");
}

#[test]
#[ignore = "needs swtpm"]
fn a_registration_ends_with_a_key_that_signs_for_the_hub() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = open_at(&swtpm);
    set_identity_handle(&mut tpm, 0x8100_0101).unwrap();
    let me = register(&mut tpm);
    assert_eq!(me.identity().device_id().as_str(), registration_id(&mut tpm));
    let Password::Sign(string) = me.password(now().wall) else { panic!("{me:?}") };
    let by_c = signature(&mut tpm, KeyUse::Hub, string.as_bytes());
    defenderauth_tpm_free(Some(tpm));
    assert!(swtpm.handles("persistent").contains(&"0x81000101".to_owned()));
    swtpm.assert_empty("afterwards");

    // The key is persistent and creates the same signature.
    let mut tpm = open_at(&swtpm);
    set_identity_handle(&mut tpm, 0x8100_0101).unwrap();
    assert_eq!(signature(&mut tpm, KeyUse::Hub, string.as_bytes()).as_bytes(), by_c.as_bytes());
    defenderauth_tpm_free(Some(tpm));
}

#[test]
#[ignore = "needs swtpm"]
fn a_missing_password_is_rejected_by_the_tpm() {
    let swtpm = Swtpm::new();
    swtpm.tool("changeauth -c owner owned");
    swtpm.tool("changeauth -c endorsement endorsed");
    let mut tpm = open_at(&swtpm);
    let mut error = place();
    let (buf, len) = (&mut [0; DEFENDERAUTH_PUBLIC_CAPACITY], DEFENDERAUTH_PUBLIC_CAPACITY);
    let code = defenderauth_tpm_storage_root_key(Some(&mut tpm), buf.as_mut_ptr(), len, None, Some(&mut error));
    // SAFETY: every call writes it.
    let error = unsafe { error.assume_init() };
    assert_eq!(code, DEFENDERAUTH_TPM_COMMAND);
    // TPM_RC_BAD_AUTH for the first session.
    assert_eq!(error::defenderauth_error_tpm_code(error.as_deref()), 0x9a2);
    error::defenderauth_error_free(error);

    set_owner_password(&mut tpm, b"owned").unwrap();
    set_endorsement_password(&mut tpm, b"endorsed").unwrap();
    storage_root_key(&mut tpm).unwrap();
    endorsement_key(&mut tpm, DEFENDERAUTH_PUBLIC_CAPACITY).unwrap();
    assert_eq!(blamed(set_owner_password(&mut tpm, &[1; 65])), (DEFENDERAUTH_ARGUMENT, "password".into()));
    defenderauth_tpm_free(Some(tpm));
}

#[test]
#[ignore = "needs swtpm"]
fn an_invalid_argument_is_named() {
    let swtpm = Swtpm::new();
    let mut tpm = open_at(&swtpm);
    for handle in [0, 0x8100_0001, 0x8101_0001, 0x8180_0000] {
        assert_eq!(blamed(set_identity_handle(&mut tpm, handle)), (DEFENDERAUTH_ARGUMENT, "handle".into()));
    }
    for key_use in [0, 3, -1] {
        let argument = (DEFENDERAUTH_ARGUMENT, "key_use".to_owned());
        assert_eq!(blamed(activate(&mut tpm, key_use, &[])), argument);
        assert_eq!(blamed(sign(&mut tpm, key_use, &[])), argument);
    }
    let cut = activate(&mut tpm, DEFENDERAUTH_KEY_USE_HUB, &[0, 1, 0, 0]);
    assert_eq!(blamed(cut).0, DEFENDERAUTH_TPM_BLOB);
    assert_eq!(blamed(sign(&mut tpm, DEFENDERAUTH_KEY_USE_REGISTRATION, b"data")).0, DEFENDERAUTH_STATE);
    assert_eq!(blamed(sign(&mut tpm, DEFENDERAUTH_KEY_USE_HUB, b"data")).0, DEFENDERAUTH_TPM_COMMAND);
    defenderauth_tpm_free(Some(tpm));
}
