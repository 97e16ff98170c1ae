//! Which action is pending.

use super::object::Authenticator;
use crate::{abi::Str, code::DEFENDERAUTH_ACTION_FAILED, error::Error, guard};

/// The failure of an authenticator that does not exist.
static NO_OBJECT: Error = Error::no_object();

/// The next action, one of `DEFENDERAUTH_ACTION_`. Polling changes nothing; poll as often as you like.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_poll(authenticator: Option<&Authenticator>) -> i32 {
    guard::look(authenticator, DEFENDERAUTH_ACTION_FAILED, |authenticator| authenticator.views.action)
}

/// The current state in words: for logs, not for decisions.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_state(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.state)
}

/// The ID of the operation by which the provisioning service carries out a registration that requests a certificate, while that
/// is under way; else empty. Keep it before the next request is sent: `defenderauth_certificates_sent_by`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_pending_operation(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.operation)
}

/// Why it failed. Non-NULL exactly when `defenderauth_authenticator_poll` returns FAILED, which includes a NULL or
/// unusable object. The authenticator owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_failure(authenticator: Option<&Authenticator>) -> Option<&Error> {
    guard::look(authenticator, Some(&NO_OBJECT), |it| it.views.failure.as_ref())
}
