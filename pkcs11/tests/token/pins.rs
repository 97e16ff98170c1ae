//! A PIN is tried once in the life of a process.

use crate::{
    alone::alone,
    token::{KINDS, Kind, PIN, Token},
};
use defender_auth::secret::SecretText;
use defender_auth_pkcs11::{Access, Error, TokenKey, Uri};

fn make(token: &Token) {
    token.make(KINDS[0], "key", "01");
}

fn with_pin(token: &Token, pin: &str) -> Result<TokenKey, Error> {
    let access = Access::new().with_pin(SecretText::new(pin.into()));
    TokenKey::open_with(&token.uri("token=agent;object=key"), access)
}

fn a_wrong_pin_is_tried_once(test: &str, kind: Kind) {
    alone(test, kind, make, |token| {
        token.write("pin", "4321\n");
        assert!(matches!(token.open("key"), Err(Error::PinIncorrect { .. })));
        for _ in 0..5 {
            let error = token.open("key").unwrap_err();
            assert!(matches!(error, Error::PinSpent { .. }) && !error.is_retryable(), "{error}");
        }
        // From elsewhere it is the same PIN. Another one is another.
        assert!(matches!(with_pin(token, "4321"), Err(Error::PinSpent { .. })));
        assert!(with_pin(token, PIN).is_ok());
        // It is no error of the token that remains logged in.
        token.write("pin", "1234\n");
        assert!(token.open("key").is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn softhsm_is_asked_once_about_a_wrong_pin() {
    a_wrong_pin_is_tried_once("pins::softhsm_is_asked_once_about_a_wrong_pin", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm and opensc"]
fn tpm2_pkcs11_is_asked_once_about_a_wrong_pin() {
    a_wrong_pin_is_tried_once("pins::tpm2_pkcs11_is_asked_once_about_a_wrong_pin", Kind::Tpm2);
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn the_module_is_called_once_with_a_wrong_pin() {
    alone("pins::the_module_is_called_once_with_a_wrong_pin", Kind::Scripted, make, |token| {
        for _ in 0..3 {
            assert!(with_pin(token, "4321").is_err());
        }
        assert_eq!(token.calls("C_Login"), 1);
        // PIN_LOCKED, and a failure that may have been counted.
        for (pin, value) in [("5000", "0xa4"), ("5001", "0x05")] {
            token.script(&[&format!("C_Login {value}")]);
            let before = token.calls("C_Login");
            let error = with_pin(token, pin).unwrap_err();
            assert!(matches!(error, Error::PinLocked { .. } | Error::Module { .. }), "{error}");
            assert!(matches!(with_pin(token, pin), Err(Error::PinSpent { .. })));
            assert_eq!(token.calls("C_Login"), before + 1);
        }
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn no_pin_is_tried_when_the_token_has_one_attempt_left_or_none() {
    let name = "pins::no_pin_is_tried_when_the_token_has_one_attempt_left_or_none";
    alone(name, Kind::Scripted, make, |token| {
        token.script(&["flags 0x20000"]);
        assert!(matches!(token.open("key"), Err(Error::PinFinalTry { .. })));
        token.script(&["flags 0x40000"]);
        assert!(matches!(token.open("key"), Err(Error::PinLocked { .. })));
        assert_eq!(token.calls("C_Login"), 0);
        // A low count is no reason, and SoftHSM shows one for ever.
        token.script(&["flags 0x10000"]);
        assert!(token.open("key").is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn without_a_pin_the_error_tells_how_to_give_one() {
    alone("pins::without_a_pin_the_error_tells_how_to_give_one", Kind::SoftHsm, make, |token| {
        let uri: Uri = format!("pkcs11:token=agent;object=key?module-path={}", token.module()).parse().unwrap();
        let error = TokenKey::open(&uri).unwrap_err();
        assert!(matches!(error, Error::NoKey { logged_in: false, .. }), "{error}");
        assert!(error.to_string().contains("pin-source=FILE"), "{error}");
        // A process that is logged in needs none.
        let _key = token.open("key").unwrap();
        assert!(TokenKey::open(&uri).is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn a_uri_with_the_pin_is_refused() {
    alone("pins::a_uri_with_the_pin_is_refused", Kind::SoftHsm, make, |token| {
        let uri = format!("pkcs11:token=agent;object=key?module-path={}&pin-value={PIN}", token.module());
        let error = TokenKey::open(&uri.parse().unwrap()).unwrap_err();
        assert!(matches!(error, Error::PinValue) && !error.to_string().contains(PIN), "{error}");
    });
}
