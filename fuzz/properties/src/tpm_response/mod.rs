//! A TPM's answers: a client of one that answers anything, through all that a client can do.

mod command;
mod model;
mod public_area;
mod script;

use crate::{activation_blob, inputs::Inputs};
use defender_auth::{
    error::{CommandCause, Hierarchy, TpmError, TpmKeyKind},
    key::{ActivationBlob, KeyUse, SignatureScheme, ecdsa_signature},
    tpm::{Parent, SigningKey, Tpm as _, TpmClient, registration_id},
};
use model::{FIRMWARE, Model};
use public_area::{Object, written};
use script::{Script, Wire};
use std::{cell::RefCell, rc::Rc};

/// Where the three keys are.
const PLACES: [(u32, Object); 3] =
    [(0x8101_0001, Object::Endorsement), (0x8100_0001, Object::Storage), (0x8100_0100, Object::Identity)];
/// Of both hierarchies.
const PASSWORD: &[u8] = b"a password that stays where it is";

/// Every command that is sent is well formed, whatever came before. A TPM that answers as it should is understood. What
/// was opened is flushed, the old key stays until the new one is there, and the password is not shown.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let (setup, count) = (inputs.byte(), usize::from(inputs.byte() % 8) + 1);
    let operations = inputs.bytes(count);
    let present = PLACES.into_iter().zip([1, 2, 4]).filter(|(_, bit)| setup & bit != 0);
    // Keys of other programs at the handles of the two primary keys, which are then created from their templates.
    let foreign = PLACES.into_iter().zip([32, 64]).filter(|(_, bit)| setup & bit != 0);
    let objects = present.map(|(place, _)| place).chain(foreign.map(|((handle, _), _)| (handle, Object::Foreign)));
    let script = Rc::new(RefCell::new(Script::new(Model::new(objects), inputs)));
    let mut client = TpmClient::new(Wire(script.clone()));
    if setup & 8 != 0 {
        client.set_password(Hierarchy::Owner, PASSWORD).expect("it is short");
        client.set_password(Hierarchy::Endorsement, PASSWORD).expect("it is short");
    }
    let mut has_key = false;
    let mut tls_key = None;
    for operation in operations {
        {
            let mut script = script.borrow_mut();
            (script.has_loaded, script.has_removed) = (false, false);
        }
        // Those from here on are of a key for TLS.
        let result = match operation.checked_sub(0xe0) {
            None => one(&mut client, &script, *operation, &mut has_key),
            Some(operation) => one_of_tls(&mut client, &script, operation, &mut tls_key),
        };
        if let Err(error) = result {
            told(&error);
        }
    }
    hides_the_password(&format!("{client:?}"));
    if setup & 16 == 0 {
        drop(client);
    } else {
        let result = client.close();
        assert!(result.is_ok() || script.borrow().is_bent, "{result:?}");
    }
    let script = script.borrow();
    assert!(script.open.is_empty() || script.may_leave, "left behind: {:x?}", script.open);
    let most = 1000 + 16 * data.len();
    assert!(script.commands <= most, "{} commands for {} bytes", script.commands, data.len());
}

/// One operation. Where no answer was bent, its result is the model's.
fn one(
    client: &mut TpmClient<Wire<'_>>,
    script: &RefCell<Script<'_>>,
    operation: u8,
    has_key: &mut bool,
) -> Result<(), TpmError> {
    let is_there = |place| script.borrow().model.objects.contains_key(&place);
    let is_straight = || !script.borrow().is_bent;
    match operation % 8 {
        0 => {
            let facts = client.facts();
            if is_straight() {
                let facts = facts.as_ref().expect("facts");
                let firmware = u64::from(FIRMWARE[0]) << 32 | u64::from(FIRMWARE[1]);
                assert_eq!((facts.manufacturer.as_str(), facts.firmware.0), ("FUZZ", firmware));
                assert_eq!(facts.has_identity_key, is_there(PLACES[2].0));
            }
            facts.map(drop)
        }
        1 => {
            let key = client.endorsement_key();
            let id = client.registration_id();
            if is_straight() {
                let written = written(Object::Endorsement);
                assert_eq!((id.as_ref(), key.as_ref()), (Ok(&registration_id(&written)), Ok(&written)));
            }
            key.and(id.map(drop))
        }
        2 => {
            let key = client.storage_root_key();
            if is_straight() {
                assert_eq!(key.as_ref(), Ok(&written(Object::Storage)));
            }
            key.map(drop)
        }
        3 => {
            let result = client.persist_keys();
            let is_foreign = |place| script.borrow().model.objects.get(&place) == Some(&Object::Foreign);
            if is_straight() && (is_foreign(PLACES[0].0) || is_foreign(PLACES[1].0)) {
                assert!(matches!(result, Err(TpmError::Foreign { .. })), "{result:?}");
            } else if is_straight() {
                assert_eq!(result, Ok(()));
                assert!(is_there(PLACES[0].0) && is_there(PLACES[1].0));
            }
            result
        }
        4 | 5 => {
            let key_use = if operation % 8 == 4 { KeyUse::Hub } else { KeyUse::Registration };
            let blob = ActivationBlob::parse(&activation_blob::sound(), key_use).expect("a sound blob");
            let result = client.activate(&blob);
            if is_straight() {
                assert_eq!(result, Ok(()));
                *has_key |= key_use == KeyUse::Registration;
                assert!(key_use == KeyUse::Registration || is_there(PLACES[2].0));
            }
            let is_lost = matches!(result, Err(TpmError::IdentityLost { .. }));
            let has_removed = script.borrow().has_removed;
            assert!(result.is_ok() || is_lost || !has_removed, "the old key is gone, and {result:?} does not say so");
            result
        }
        6 => {
            let length = usize::from(operation) * 16;
            let result = client.sign(KeyUse::Hub, &vec![0x42; length]);
            if is_straight() && is_there(PLACES[2].0) {
                let signature = script.borrow().model.signature;
                assert_eq!(result.as_ref().expect("a signature").as_bytes(), &signature);
            } else if is_straight() {
                let Err(TpmError::Command(error)) = &result else { panic!("{result:?}") };
                assert_eq!(error.cause, CommandCause::NoIdentityKey { handle: PLACES[2].0 });
            }
            result.map(drop)
        }
        _ => {
            let result = client.sign(KeyUse::Registration, b"a challenge");
            if is_straight() && core::mem::take(has_key) {
                let signature = script.borrow().model.signature;
                assert_eq!(result.as_ref().expect("a signature").as_bytes(), &signature);
            } else if is_straight() {
                assert_eq!(result.as_ref().map(drop), Err(&TpmError::NoRegistrationKey));
            }
            result.map(drop)
        }
    }
}

/// The same with a key for TLS, which is created first.
fn one_of_tls(
    client: &mut TpmClient<Wire<'_>>,
    script: &RefCell<Script<'_>>,
    operation: u8,
    key: &mut Option<SigningKey>,
) -> Result<(), TpmError> {
    let result = (|| {
        let key = if let Some(key) = key {
            key
        } else {
            let file = client.create_key(TpmKeyKind::P256, Parent::StorageRoot, None)?;
            key.insert(client.open_key(&file, None)?)
        };
        match operation % 4 {
            0 | 1 => {
                let scheme = SignatureScheme::EcdsaP256Sha256;
                let signature = client.sign_digest(key, scheme, &[0x5a; 32])?;
                if !script.borrow().is_bent {
                    let numbers = script.borrow().model.signature;
                    assert_eq!(signature, ecdsa_signature(&numbers, &numbers));
                }
                Ok(())
            }
            2 => {
                let result = client.reload_key(key);
                let mut script = script.borrow_mut();
                // An object whose public area is another one is that of another program.
                script.may_leave |= script.is_bent;
                result
            }
            _ => client.close_key(key),
        }
    })();
    // With a password of the owner the model has no quarrel.
    assert!(script.borrow().is_bent || result.is_ok(), "{result:?}");
    result
}

fn told(error: &TpmError) {
    let error = match error {
        TpmError::IdentityLost { error } => error,
        error => error,
    };
    let is_expected = matches!(
        error,
        TpmError::Command(_)
            | TpmError::Access(_)
            | TpmError::Answer { .. }
            | TpmError::Foreign { .. }
            | TpmError::NoRegistrationKey
            | TpmError::SigningKey(_)
    );
    assert!(is_expected, "{error:?} comes of no answer");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains('\n'), "{shown}");
    hides_the_password(&shown);
}

fn hides_the_password(shown: &str) {
    let password = str::from_utf8(PASSWORD).expect("text");
    assert!(!shown.contains(password), "{shown}");
    assert!(!shown.contains(&format!("{PASSWORD:?}")), "{shown}");
}
