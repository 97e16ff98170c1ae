//! What happens to a token and its module while a key is open.

use crate::{
    alone::alone,
    token::{KINDS, Kind, PIN, Token},
};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    session::UserType,
    types::AuthPin,
};
use defender_auth::{
    credential::CertificateRequest,
    key::{
        PrivateKey, PrivateKeyError,
        SignatureScheme::{EcdsaP256Sha256, RsaPssSha256},
    },
};
use std::fs;

fn make(token: &Token) {
    token.make(KINDS[0], "key", "01");
}

fn sign(key: &dyn PrivateKey) -> Result<Vec<u8>, PrivateKeyError> {
    key.sign(EcdsaP256Sha256, b"hello")
}

/// The module, as other code of the process has it.
fn other_code(token: &Token) -> Pkcs11 {
    Pkcs11::new(token.module()).unwrap()
}

fn arguments() -> CInitializeArgs {
    CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)
}

fn a_module_may_be_initialized_before(test: &str, kind: Kind) {
    alone(test, kind, make, |token| {
        other_code(token).initialize(arguments()).unwrap();
        let key = token.open("key").unwrap();
        assert!(sign(&key).is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn softhsm_may_be_initialized_by_other_code() {
    a_module_may_be_initialized_before("events::softhsm_may_be_initialized_by_other_code", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm and opensc"]
fn tpm2_pkcs11_may_be_initialized_by_other_code() {
    a_module_may_be_initialized_before("events::tpm2_pkcs11_may_be_initialized_by_other_code", Kind::Tpm2);
}

fn a_module_may_be_finalized(test: &str, kind: Kind) {
    alone(test, kind, make, |token| {
        let [key, other] = [(); 2].map(|()| token.open("key").unwrap());
        other_code(token).finalize().unwrap();
        assert!(sign(&key).is_ok(), "it was initialized again");
        other_code(token).finalize().unwrap();
        other_code(token).initialize(arguments()).unwrap();
        assert!(sign(&other).is_ok() && sign(&key).is_ok(), "its session was opened again");
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn softhsm_may_be_finalized_by_other_code() {
    a_module_may_be_finalized("events::softhsm_may_be_finalized_by_other_code", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm and opensc"]
fn tpm2_pkcs11_may_be_finalized_by_other_code() {
    a_module_may_be_finalized("events::tpm2_pkcs11_may_be_finalized_by_other_code", Kind::Tpm2);
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn other_code_may_log_in_and_out() {
    alone("events::other_code_may_log_in_and_out", Kind::SoftHsm, make, |token| {
        let key = token.open("key").unwrap();
        let module = other_code(token);
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let session = module.open_ro_session(slot).unwrap();
        session.logout().unwrap();
        assert!(sign(&key).is_ok());
        session.logout().unwrap();
        session.login(UserType::User, Some(&AuthPin::from(Box::<str>::from(PIN)))).unwrap();
        assert!(sign(&key).is_ok());
        session.close().unwrap();
        assert!(sign(&key).is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn a_token_that_was_away_is_used_again() {
    alone("events::a_token_that_was_away_is_used_again", Kind::SoftHsm, make, |token| {
        let [key, other] = [(); 2].map(|()| token.open("key").unwrap());
        let (here, away) = (token.path("tokens"), token.path("away"));
        for _ in 0..3 {
            fs::rename(&here, &away).unwrap();
            fs::create_dir(&here).unwrap();
            for _ in 0..2 {
                let error = sign(&key).unwrap_err();
                assert!(error.is_retryable(), "{error}");
                assert!(error.to_string().contains("check that it is plugged in"), "{error}");
            }
            fs::remove_dir(&here).unwrap();
            fs::rename(&away, &here).unwrap();
            assert!(sign(&key).is_ok() && sign(&other).is_ok());
        }
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn a_token_that_comes_after_the_module_was_loaded_is_found() {
    alone("events::a_token_that_comes_after_the_module_was_loaded_is_found", Kind::SoftHsm, make, |token| {
        let (here, away) = (token.path("tokens"), token.path("away"));
        fs::rename(&here, &away).unwrap();
        fs::create_dir(&here).unwrap();
        let error = token.open("key").unwrap_err();
        assert!(error.is_retryable(), "{error}");
        fs::remove_dir(&here).unwrap();
        fs::rename(&away, &here).unwrap();
        assert!(sign(&token.open("key").unwrap()).is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn another_key_under_the_same_name_does_not_sign() {
    alone("events::another_key_under_the_same_name_does_not_sign", Kind::SoftHsm, make, |token| {
        let key = token.open("key").unwrap();
        for object in ["privkey", "pubkey"] {
            token.tool_in(&format!("--delete-object --type {object} --id 01"));
        }
        token.make(KINDS[0], "key", "01");
        let error = sign(&key).unwrap_err();
        assert!(error.to_string().contains("another key than before") && !error.is_retryable(), "{error}");
        assert!(sign(&token.open("key").unwrap()).is_ok());
    });
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm and opensc"]
fn a_token_without_a_session_left_is_told() {
    alone("events::a_token_without_a_session_left_is_told", Kind::Tpm2, make, |token| {
        let key = token.open("key").unwrap();
        let module = other_code(token);
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let mut sessions = Vec::new();
        while let Ok(session) = module.open_ro_session(slot) {
            sessions.push(session);
            assert!(sessions.len() <= 2000, "there is no limit");
        }
        let error = token.open("key").unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("CKR_SESSION_COUNT"), "{error}");
        assert!(sign(&key).is_ok(), "it has its session");
        sessions.pop();
        assert!(token.open("key").is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn a_session_that_ended_is_opened_once_more() {
    alone("events::a_session_that_ended_is_opened_once_more", Kind::Scripted, make, |token| {
        let key = token.open("key").unwrap();
        // SESSION_HANDLE_INVALID, SESSION_CLOSED, OBJECT_HANDLE_INVALID, KEY_HANDLE_INVALID, DEVICE_REMOVED,
        // TOKEN_NOT_PRESENT, OPERATION_ACTIVE, USER_NOT_LOGGED_IN.
        for value in ["0xb3", "0xb0", "0x82", "0x60", "0x32", "0xe0", "0x90", "0x101"] {
            token.script(&[&format!("C_SignInit {value}")]);
            let before = token.calls("C_OpenSession");
            assert!(sign(&key).is_ok(), "{value}");
            assert_eq!(token.calls("C_OpenSession"), before + 1, "{value}");
            token.script(&[&format!("C_Sign {value}")]);
            assert!(sign(&key).is_ok(), "{value}");
        }
        // The second time the module is initialized anew, and the third time is the last.
        token.script(&["C_SignInit 0xe0", "C_SignInit 0xe0"]);
        let before = token.calls("C_Initialize");
        assert!(sign(&key).is_ok());
        assert_eq!(token.calls("C_Initialize"), before + 1);
        token.script(&["C_SignInit 0xe0 *"]);
        let before = token.calls("C_SignInit");
        let error = sign(&key).unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("CKR_TOKEN_NOT_PRESENT"), "{error}");
        assert_eq!(token.calls("C_SignInit"), before + 3);
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn a_failure_tells_whether_to_try_again() {
    alone("events::a_failure_tells_whether_to_try_again", Kind::Scripted, make, |token| {
        let key = token.open("key").unwrap();
        // DEVICE_ERROR, DEVICE_MEMORY, FUNCTION_FAILED; GENERAL_ERROR, KEY_FUNCTION_NOT_PERMITTED, one of a maker's.
        for (value, is_retryable) in
            [("0x30", true), ("0x31", true), ("0x06", true), ("0x05", false), ("0x68", false), ("0x80000001", false)]
        {
            token.script(&[&format!("C_Sign {value}")]);
            let before = token.calls("C_OpenSession");
            let error = sign(&key).unwrap_err();
            assert_eq!(error.is_retryable(), is_retryable, "{error}");
            assert!(error.to_string().starts_with("pkcs11:token=agent;object=key?module-path="), "{error}");
            assert!(!error.to_string().contains(PIN) && !error.to_string().contains('\n'), "{error}");
            assert_eq!(token.calls("C_OpenSession"), before, "nothing was repeated");
            assert!(sign(&key).is_ok());
        }
        let error = key.sign(RsaPssSha256, b"hello").unwrap_err();
        assert!(error.to_string().contains("does not sign with rsa_pss_rsae_sha256"), "{error}");
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn a_wrong_bit_in_a_signature_never_leaves_this_process() {
    let name = "events::a_wrong_bit_in_a_signature_never_leaves_this_process";
    alone(name, Kind::Scripted, make, |token| {
        let key = token.open("key").unwrap();
        // The session is opened once more: its handle may be that of another one.
        token.script(&["bit 77"]);
        let before = token.calls("C_OpenSession");
        assert!(sign(&key).is_ok());
        assert_eq!(token.calls("C_OpenSession"), before + 1);
        token.script(&["bit 77 *"]);
        let (before, initialized) = (token.calls("C_SignInit"), token.calls("C_Initialize"));
        let error = sign(&key).unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains("does not verify"), "{error}");
        assert_eq!((token.calls("C_SignInit"), token.calls("C_Initialize")), (before + 2, initialized));
        assert!(CertificateRequest::sign("dev-01", &key).is_err(), "nor in a request");
        token.script(&[]);
        assert!(sign(&key).is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn the_login_after_an_absence_is_made_with_a_pin_that_was_right() {
    alone("events::the_login_after_an_absence_is_made_with_a_pin_that_was_right", Kind::Scripted, make, |token| {
        let key = token.open("key").unwrap();
        assert_eq!(token.calls("C_Login"), 1);
        token.script(&["C_SignInit 0xe0"]);
        assert!(sign(&key).is_ok());
        assert_eq!(token.calls("C_Login"), 2, "the session was the last one, and its end logged out");
        // The PIN was changed meanwhile.
        token.script(&["C_SignInit 0xe0", "C_Login 0xa0"]);
        assert!(!sign(&key).unwrap_err().is_retryable());
        for _ in 0..3 {
            assert!(sign(&key).unwrap_err().to_string().contains("tried once"));
        }
        assert_eq!(token.calls("C_Login"), 3);
    });
}
