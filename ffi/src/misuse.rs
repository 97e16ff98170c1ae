//! Calls that do not match the state of their object, in the words of C: which action is pending, and which calls answer it.

use crate::{code::DEFENDERAUTH_STATE, failure::Failure};
use alloc::format;

/// A pending action, or the end of a run.
pub(crate) enum Pending {
    /// An action, by its constant, and the calls that answer it.
    Action(&'static str, &'static str),
    /// Nothing is expected any more, or not yet: the constant, and what to do.
    End(&'static str, &'static str),
}

impl Pending {
    /// The failure of a call on this object that does not answer what is pending.
    pub(crate) fn is_not_answered(&self, object: &'static str) -> Failure {
        let message = match self {
            Self::Action(action, answers) => {
                format!("{action} is pending, which this call does not answer; perform it, and report with {answers}")
            }
            Self::End(action, cure) => format!("the state is {action}, in which this call has no meaning; {cure}"),
        };
        Failure::new(DEFENDERAUTH_STATE, message).field(object)
    }
}

/// The pending action of an authenticator or a daemon, by its number.
pub(crate) const fn of_run(action: i32) -> Pending {
    use crate::code::{
        DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_ASK, DEFENDERAUTH_ACTION_DONE, DEFENDERAUTH_ACTION_OPEN,
        DEFENDERAUTH_ACTION_SEND, DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_WAIT,
    };
    match action {
        DEFENDERAUTH_ACTION_SEND => {
            Pending::Action("DEFENDERAUTH_ACTION_SEND", "`_handle_response` or `_handle_no_response`")
        }
        DEFENDERAUTH_ACTION_ASK => Pending::Action(
            "DEFENDERAUTH_ACTION_ASK",
            "`_handle_response`, `_handle_no_response` or `_handle_not_reached`",
        ),
        DEFENDERAUTH_ACTION_OPEN => Pending::Action("DEFENDERAUTH_ACTION_OPEN", "`_handle_certificate`"),
        DEFENDERAUTH_ACTION_WAIT => Pending::Action("DEFENDERAUTH_ACTION_WAIT", "`_handle_elapsed`"),
        DEFENDERAUTH_ACTION_ACTIVATE => Pending::Action("DEFENDERAUTH_ACTION_ACTIVATE", "`_handle_activated`"),
        DEFENDERAUTH_ACTION_SIGN => Pending::Action("DEFENDERAUTH_ACTION_SIGN", "`_handle_signature`"),
        DEFENDERAUTH_ACTION_DONE => Pending::End("DEFENDERAUTH_ACTION_DONE", "read what came of it"),
        _ => Pending::End("DEFENDERAUTH_ACTION_FAILED", "read `_failure`, and begin another"),
    }
}

/// The pending action of a renewal, by its number.
#[cfg(feature = "operational")]
pub(crate) const fn of_renewal(action: i32) -> Pending {
    use crate::operational::code::{
        DEFENDERAUTH_RENEWAL_ACTION_DONE, DEFENDERAUTH_RENEWAL_ACTION_LISTEN, DEFENDERAUTH_RENEWAL_ACTION_PUBLISH,
        DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE, DEFENDERAUTH_RENEWAL_ACTION_WAIT,
    };
    match action {
        DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE => Pending::Action(
            "DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE",
            "`_handle_subscribed` or `_handle_subscription_refused`",
        ),
        DEFENDERAUTH_RENEWAL_ACTION_PUBLISH => {
            Pending::Action("DEFENDERAUTH_RENEWAL_ACTION_PUBLISH", "`_handle_published`")
        }
        DEFENDERAUTH_RENEWAL_ACTION_LISTEN => {
            Pending::Action("DEFENDERAUTH_RENEWAL_ACTION_LISTEN", "`_handle_message` or `_handle_elapsed`")
        }
        DEFENDERAUTH_RENEWAL_ACTION_WAIT => Pending::Action("DEFENDERAUTH_RENEWAL_ACTION_WAIT", "`_handle_elapsed`"),
        DEFENDERAUTH_RENEWAL_ACTION_DONE => {
            Pending::End("DEFENDERAUTH_RENEWAL_ACTION_DONE", "call `defenderauth_certificates_take_renewal`")
        }
        _ => Pending::End("DEFENDERAUTH_RENEWAL_ACTION_FAILED", "read `_failure`, and begin another"),
    }
}

/// The pending action of a session, by its number. Those of the run and of the renewal within are more exact.
#[cfg(feature = "session")]
pub(crate) const fn of_session(action: i32) -> Pending {
    use crate::session::code::{
        DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE, DEFENDERAUTH_SESSION_ACTION_CONNECT,
        DEFENDERAUTH_SESSION_ACTION_DISCONNECT, DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE,
        DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST, DEFENDERAUTH_SESSION_ACTION_RENEW,
        DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE, DEFENDERAUTH_SESSION_ACTION_SAVE,
        DEFENDERAUTH_SESSION_ACTION_SIGN, DEFENDERAUTH_SESSION_ACTION_STAY, DEFENDERAUTH_SESSION_ACTION_WAIT,
    };
    const LOGIN: &str =
        "`_handle_connected`, `_handle_rejected`, `_handle_tls_failed` or `_handle_unreachable` of the session";
    const CERTIFICATE: &str =
        "`_handle_certificate_kept`, `_handle_certificate_refused` or `_handle_certificate_not_kept`";
    match action {
        DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE => Pending::Action(
            "DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE",
            "what answers the action of `defenderauth_session_authenticator`",
        ),
        DEFENDERAUTH_SESSION_ACTION_SIGN => {
            Pending::Action("DEFENDERAUTH_SESSION_ACTION_SIGN", "`_handle_signature` or `_handle_key_failed`")
        }
        DEFENDERAUTH_SESSION_ACTION_CONNECT => Pending::Action("DEFENDERAUTH_SESSION_ACTION_CONNECT", LOGIN),
        DEFENDERAUTH_SESSION_ACTION_RENEW => Pending::Action("DEFENDERAUTH_SESSION_ACTION_RENEW", LOGIN),
        DEFENDERAUTH_SESSION_ACTION_SAVE => Pending::Action("DEFENDERAUTH_SESSION_ACTION_SAVE", "`_handle_saved`"),
        DEFENDERAUTH_SESSION_ACTION_WAIT => Pending::Action("DEFENDERAUTH_SESSION_ACTION_WAIT", "`_handle_elapsed`"),
        DEFENDERAUTH_SESSION_ACTION_DISCONNECT => {
            Pending::Action("DEFENDERAUTH_SESSION_ACTION_DISCONNECT", "`_handle_disconnected`")
        }
        DEFENDERAUTH_SESSION_ACTION_STAY => {
            Pending::Action("DEFENDERAUTH_SESSION_ACTION_STAY", "`_handle_elapsed` or `_handle_disconnected`")
        }
        DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST => Pending::Action(
            "DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST",
            "`_handle_request_made` or `_handle_request_failed`",
        ),
        DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE => Pending::Action(
            "DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE",
            "what answers the action of `defenderauth_session_renewal`",
        ),
        DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE => {
            Pending::Action("DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE", CERTIFICATE)
        }
        _ => Pending::End("DEFENDERAUTH_SESSION_ACTION_NONE", "free the session, and create another"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const HEADER: &str = include_str!("../../include/defenderauth.h");

    /// The constants of the header with this prefix, and their numbers.
    fn constants(prefix: &str) -> Vec<(&'static str, i32)> {
        let defines = HEADER.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
        defines
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(name, number)| (name, number.parse().unwrap()))
            .collect()
    }

    /// Each action is named by its own constant, with functions that the header declares for this object.
    fn names_itself(prefix: &str, object: &'static str, of: impl Fn(i32) -> Pending) {
        let constants = constants(prefix);
        assert!(constants.len() > 3, "{prefix}");
        for (name, number) in constants.into_iter().filter(|(name, _)| *name != "DEFENDERAUTH_RENEWAL_ACTION_NONE") {
            let failure = of(number).is_not_answered(object);
            assert_eq!((failure.code(), &*failure.field), (DEFENDERAUTH_STATE, object));
            let words: BTreeSet<&str> = failure.message.split([' ', ',', ';', '`']).collect();
            assert!(words.contains(name), "{name}: {}", failure.message);
            for function in words.iter().filter(|word| word.starts_with("_handle_")) {
                assert!(HEADER.contains(&format!("defenderauth_{object}{function}(")), "{object}{function}");
            }
        }
    }

    #[test]
    fn every_action_is_named_as_the_header_does() {
        names_itself("DEFENDERAUTH_ACTION_", "authenticator", of_run);
        #[cfg(feature = "operational")]
        names_itself("DEFENDERAUTH_RENEWAL_ACTION_", "renewal", of_renewal);
        #[cfg(feature = "session")]
        names_itself("DEFENDERAUTH_SESSION_ACTION_", "session", of_session);
    }
}
