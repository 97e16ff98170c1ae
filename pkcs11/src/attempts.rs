//! One attempt with one PIN in the life of a process: tokens count wrong PINs, and lock.

use crate::{cause::Cause, error::Error};
use cryptoki::error::RvError;
use ring::{hmac, rand::SystemRandom};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// What came of the attempt with a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Accepted,
    Spent,
}

/// By a keyed hash of module, token and PIN, so that the PIN itself is in no table.
struct Attempts {
    key: hmac::Key,
    made: BTreeMap<Vec<u8>, Attempt>,
}

static ATTEMPTS: Mutex<Option<Attempts>> = Mutex::new(None);

/// What came of a login.
pub(crate) enum Login {
    /// With this PIN, or with another one before.
    LoggedIn,
    Rejected,
    Spent,
    Locked,
    Failed(Cause),
}

/// Logs in, unless this PIN was tried before and was not accepted. Parallel calls wait for each other, so that two threads
/// do not try the same PIN.
pub(crate) fn once(
    of: &[&[u8]],
    pin: &[u8],
    login: impl FnOnce() -> Result<(), cryptoki::error::Error>,
) -> Result<Login, Error> {
    let mut attempts = ATTEMPTS.lock().unwrap_or_else(PoisonError::into_inner);
    let Attempts { key, made } = match &mut *attempts {
        Some(attempts) => attempts,
        none => {
            let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::NoEntropy)?;
            none.insert(Attempts { key, made: BTreeMap::new() })
        }
    };
    let mut hash = hmac::Context::with_key(key);
    for part in of.iter().chain([&pin]) {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    let name = hash.sign().as_ref().to_vec();
    let before = made.get(&name).copied();
    if before == Some(Attempt::Spent) {
        return Ok(Login::Spent);
    }
    // A login that does not return, or panics, has been tried.
    made.insert(name.clone(), Attempt::Spent);
    let result = login().map_err(Cause::from);
    let (after, login) = match result {
        Ok(()) => (Some(Attempt::Accepted), Login::LoggedIn),
        Err(cause) => match cause.value() {
            // It proves nothing: modules say it to a wrong PIN as well.
            Some(RvError::UserAlreadyLoggedIn) => (before, Login::LoggedIn),
            Some(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange) => {
                (Some(Attempt::Spent), Login::Rejected)
            }
            Some(RvError::PinLocked) => (Some(Attempt::Spent), Login::Locked),
            // The token did not see the PIN.
            _ if cause.is_of_an_ended_session() => (before, Login::Failed(cause)),
            _ => (Some(Attempt::Spent), Login::Failed(cause)),
        },
    };
    match after {
        Some(attempt) => made.insert(name, attempt),
        None => made.remove(&name),
    };
    Ok(login)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryptoki::{context::Function, error::Error as Failure};

    /// Tries a PIN of a token, and tells whether the token was asked.
    fn attempt(token: &str, pin: &str, answer: Result<(), RvError>) -> (Login, bool) {
        let mut is_asked = false;
        let login = once(&[b"/module", token.as_bytes()], pin.as_bytes(), || {
            is_asked = true;
            answer.map_err(|value| Failure::Pkcs11(value, Function::Login))
        });
        (login.unwrap(), is_asked)
    }

    #[test]
    fn a_rejected_pin_is_tried_once() {
        for (number, value) in
            [RvError::PinIncorrect, RvError::PinInvalid, RvError::PinLenRange].into_iter().enumerate()
        {
            let token = format!("rejected {number}");
            assert!(matches!(attempt(&token, "1", Err(value)), (Login::Rejected, true)));
            assert!(matches!(attempt(&token, "1", Ok(())), (Login::Spent, false)));
            // Another PIN, and another token, are others.
            assert!(matches!(attempt(&token, "2", Ok(())), (Login::LoggedIn, true)));
            assert!(matches!(attempt(&format!("{token}'"), "1", Ok(())), (Login::LoggedIn, true)));
        }
    }

    #[test]
    fn an_accepted_pin_is_tried_again_until_it_is_rejected() {
        for _ in 0..3 {
            assert!(matches!(attempt("accepted", "1", Ok(())), (Login::LoggedIn, true)));
        }
        assert!(matches!(attempt("accepted", "1", Err(RvError::PinIncorrect)), (Login::Rejected, true)));
        assert!(matches!(attempt("accepted", "1", Ok(())), (Login::Spent, false)));
    }

    #[test]
    fn a_token_that_is_logged_in_proves_no_pin() {
        assert!(matches!(attempt("in", "1", Err(RvError::UserAlreadyLoggedIn)), (Login::LoggedIn, true)));
        assert!(matches!(attempt("in", "1", Err(RvError::PinIncorrect)), (Login::Rejected, true)));
        assert!(matches!(attempt("in", "1", Err(RvError::UserAlreadyLoggedIn)), (Login::Spent, false)));
    }

    #[test]
    fn a_failure_of_unknown_kind_may_have_been_counted() {
        assert!(matches!(attempt("odd", "1", Err(RvError::GeneralError)), (Login::Failed(_), true)));
        assert!(matches!(attempt("odd", "1", Ok(())), (Login::Spent, false)));
        assert!(matches!(attempt("locked", "1", Err(RvError::PinLocked)), (Login::Locked, true)));
        assert!(matches!(attempt("locked", "1", Ok(())), (Login::Spent, false)));
    }

    #[test]
    fn a_session_that_ended_did_not_try_the_pin() {
        assert!(matches!(attempt("gone", "1", Err(RvError::SessionHandleInvalid)), (Login::Failed(_), true)));
        assert!(matches!(attempt("gone", "1", Ok(())), (Login::LoggedIn, true)));
    }

    #[test]
    fn a_login_that_panics_was_an_attempt() {
        let panics = std::panic::catch_unwind(|| once(&[b"panics"], b"1", || panic!("in the module")).map(drop));
        assert!(panics.is_err());
        assert!(matches!(once(&[b"panics"], b"1", || Ok(())), Ok(Login::Spent)));
    }

    #[test]
    fn the_parts_of_a_name_are_kept_apart() {
        assert!(matches!(once(&[b"ab", b"c"], b"1", || Err(incorrect())), Ok(Login::Rejected)));
        assert!(matches!(once(&[b"a", b"bc"], b"1", || Ok(())), Ok(Login::LoggedIn)));
    }

    const fn incorrect() -> Failure {
        Failure::Pkcs11(RvError::PinIncorrect, Function::Login)
    }
}
