//! Sources, policies and sessions: `0` to `9`.

mod look;

use crate::{
    call::Call,
    held::Held,
    memory::{call, made, text, written},
};
use core::ptr::null;
use defenderauth::{
    DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_SEND, DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_WAIT,
    DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_NULL, DEFENDERAUTH_OK, DEFENDERAUTH_STATE, DEFENDERAUTH_UTF8, Header,
    ResultCode, Session, Str, authenticator::defenderauth_authenticator_poll, session::code::*, session::*,
};

impl Held {
    pub(crate) fn with_sessions(&mut self, it: &Call<'_>) {
        let (first, number) = (it.text(0), it.number(1));
        match it.function {
            b'0' => self.sources.extend(made(it.wants_error(), |out, error| defenderauth_sources_new(out, error))),
            b'1' => {
                let authenticator = it.pick(&self.authenticators);
                if let Some(sources) = self.sources.last_mut() {
                    call(it.wants_error(), |error| {
                        defenderauth_sources_add(Some(sources), first.0, first.1, authenticator, error)
                    });
                }
            }
            b'2' => {
                let sources = it.pick_mut(&mut self.sources);
                call(it.wants_error(), |error| defenderauth_sources_set_validity(sources, it.number(0), number, error));
            }
            b'3' => self.policies.extend(made(it.wants_error(), |out, error| defenderauth_policy_new(out, error))),
            b'4' => self.set_policy(it),
            b'5' => self.begin(it, first, it.text(1)),
            b'6' => {
                let sources = self.sources.last();
                event(it.pick_mut(&mut self.sessions), sources.map(|it| &**it), it);
            }
            b'7' => look::look(it.pick(&self.sessions), it),
            b'8' => go_on(it.pick_mut(&mut self.sessions), it),
            _ => self.restart(it),
        }
    }

    fn set_policy(&mut self, it: &Call<'_>) {
        let (which, number) = (it.bytes(0).first().copied(), i32::try_from(it.number(1)).unwrap_or(-1));
        let (value, other) = (it.number(2), it.number(3));
        let count = u32::try_from(value).unwrap_or(u32::MAX);
        let policy = it.pick_mut(&mut self.policies);
        call(it.wants_error(), |error| match which {
            Some(b's') => defenderauth_policy_set_seconds(policy, number, value, error),
            Some(b'p') => {
                defenderauth_policy_set_renewal_percent(policy, value.to_le_bytes()[0], other.to_le_bytes()[0], error)
            }
            Some(b'b') => defenderauth_policy_set_backoff(policy, number, value, other, count, error),
            Some(b'r') => defenderauth_policy_set_rate(policy, number, count, other, error),
            Some(b'l') => defenderauth_policy_set_limit(policy, number, count, error),
            _ => defenderauth_policy_set_floor(policy, value, error),
        });
    }

    fn begin(&mut self, it: &Call<'_>, saved: crate::call::Given, secret: crate::call::Given) {
        let (sources, policy, options) = (it.pick(&self.sources), it.option(&self.policies), it.option(&self.options));
        let session = made(it.wants_error(), |out, error| {
            let (wall, monotonic) = (it.number(2), it.number(3));
            defenderauth_session_new(
                sources, policy, options, saved.0, saved.1, secret.0, secret.1, wall, monotonic, out, error,
            )
        });
        self.sessions.extend(session);
    }

    /// What a session saves is restored with the same sources.
    fn restart(&mut self, it: &Call<'_>) {
        let session = it.pick(&self.sessions);
        if defenderauth_session_poll(session) != DEFENDERAUTH_SESSION_ACTION_SAVE {
            return;
        }
        let saved = text(defenderauth_session_snapshot(session));
        let secret = look::secret(session, it).expect("it is to be saved");
        let before = self.sessions.len();
        self.begin(it, (saved.as_ptr().cast(), saved.len()), (secret.as_ptr().cast(), secret.len()));
        let is_usable = it.number(2) <= 253_402_300_799 && it.pick(&self.sources).is_some();
        assert!(self.sessions.len() > before || !is_usable || it.pick(&self.sources).is_some_and(is_empty));
    }
}

/// Whether no session can begin with them.
fn is_empty(sources: &defenderauth::Sources) -> bool {
    let begun = made(true, |out, error| {
        defenderauth_session_new(Some(sources), None, None, null(), 0, null(), 0, 1, 1, out, error)
    });
    let is_empty = begun.is_none();
    defenderauth_session_free(begun);
    is_empty
}

/// What answers the pending action, or may come at any time, is accepted, and nothing else. An event that is not accepted
/// changes nothing.
fn event(it: Option<&mut Session>, sources: Option<&defenderauth::Sources>, given: &Call<'_>) {
    let Some(it) = it else { return without_object(given) };
    let (pending, before) = (defenderauth_session_poll(Some(it)), look::shown(Some(it)));
    let run = defenderauth_authenticator_poll(defenderauth_session_authenticator(Some(it)));
    let which = given.bytes(0).first().copied().unwrap_or_default();
    let code = handle(it, sources, given, which);
    let is_running = pending == DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE;
    let connects = [DEFENDERAUTH_SESSION_ACTION_CONNECT, DEFENDERAUTH_SESSION_ACTION_RENEW].contains(&pending);
    let signs = pending == DEFENDERAUTH_SESSION_ACTION_SIGN;
    let fits = match which {
        b'A' | b'U' => is_running && run == DEFENDERAUTH_ACTION_SEND,
        b'T' => is_running && run == DEFENDERAUTH_ACTION_ACTIVATE,
        b'S' => signs || is_running && run == DEFENDERAUTH_ACTION_SIGN,
        b'F' => signs || is_running && [DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_ACTIVATE].contains(&run),
        b'C' | b'J' | b'N' => connects,
        b'L' => connects || is_running,
        b'E' => {
            [DEFENDERAUTH_SESSION_ACTION_WAIT, DEFENDERAUTH_SESSION_ACTION_STAY].contains(&pending)
                || is_running && run == DEFENDERAUTH_ACTION_WAIT
        }
        b'V' => pending == DEFENDERAUTH_SESSION_ACTION_SAVE,
        _ => true,
    };
    let is_wrong = [DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_NULL, DEFENDERAUTH_UTF8].contains(&code);
    assert!(is_wrong || (code == DEFENDERAUTH_OK) == fits, "{} in {pending}: {code}", which as char);
    assert!(is_wrong || fits || code == DEFENDERAUTH_STATE);
    if code != DEFENDERAUTH_OK {
        assert_eq!(look::shown(Some(it)), before, "an event that is not accepted changes nothing");
    }
}

fn handle(it: &mut Session, sources: Option<&defenderauth::Sources>, given: &Call<'_>, which: u8) -> ResultCode {
    let (wall, at, number) = (given.number(1), given.number(2), given.number(3));
    let (kind, status) = (i32::try_from(number).unwrap_or(-1), u16::try_from(given.number(4)).unwrap_or(200));
    let (body, retry_after, date) = (given.text(5), given.text(6), given.number(7));
    let headers = [("Retry-After", retry_after)].map(|(name, value)| Header {
        name: Str { data: name.as_ptr().cast(), len: name.len() },
        value: Str { data: value.0, len: value.1 },
    });
    let (headers, count) = if given.bytes(6).is_empty() { (null(), 0) } else { (headers.as_ptr(), headers.len()) };
    call(given.wants_error(), |error| match which {
        b'A' => {
            let (start, len) = (body.0.cast(), body.1);
            defenderauth_session_handle_response(Some(it), wall, at, status, headers, count, start, len, error)
        }
        b'U' => defenderauth_session_handle_no_response(Some(it), wall, at, error),
        b'T' => defenderauth_session_handle_activated(Some(it), wall, at, error),
        b'S' => defenderauth_session_handle_signature(Some(it), wall, at, body.0.cast(), body.1, error),
        b'F' => defenderauth_session_handle_key_failed(Some(it), wall, at, error),
        b'C' => defenderauth_session_handle_connected(Some(it), wall, at, date, error),
        b'J' => defenderauth_session_handle_rejected(Some(it), wall, at, kind, status, date, date, error),
        b'N' => defenderauth_session_handle_unreachable(Some(it), wall, at, error),
        b'L' => defenderauth_session_handle_tls_failed(Some(it), wall, at, kind, date, error),
        b'E' => defenderauth_session_handle_elapsed(Some(it), wall, at, error),
        b'V' => defenderauth_session_handle_saved(Some(it), wall, at, kind.to_le_bytes()[0], error),
        b'D' => defenderauth_session_handle_disconnected(Some(it), wall, at, kind, error),
        b'B' => defenderauth_session_handle_disconnected_by_server(Some(it), wall, at, kind, status, error),
        b'O' => defenderauth_session_handle_rotated(Some(it), wall, at, sources, error),
        b'K' => defenderauth_session_handle_clock_set(Some(it), wall, at, error),
        _ => defenderauth_session_handle_wake(Some(it), wall, at, error),
    })
}

/// Answers the pending action well, or badly; a time that is to pass passes.
fn go_on(it: Option<&mut Session>, given: &Call<'_>) {
    let Some(it) = it else { return };
    let (wall, is_well) = (given.number(0), given.number(1) == 1);
    let at = defenderauth_session_from_milliseconds(Some(it));
    let run = defenderauth_authenticator_poll(defenderauth_session_authenticator(Some(it)));
    let signature = [7; 32];
    let code = call(given.wants_error(), |error| match defenderauth_session_poll(Some(it)) {
        DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE => match run {
            DEFENDERAUTH_ACTION_SEND => defenderauth_session_handle_no_response(Some(it), wall, 0, error),
            DEFENDERAUTH_ACTION_WAIT => defenderauth_session_handle_elapsed(Some(it), wall, 0, error),
            _ => defenderauth_session_handle_key_failed(Some(it), wall, 0, error),
        },
        DEFENDERAUTH_SESSION_ACTION_SIGN if is_well => {
            defenderauth_session_handle_signature(Some(it), wall, 0, signature.as_ptr(), 32, error)
        }
        DEFENDERAUTH_SESSION_ACTION_SIGN => defenderauth_session_handle_key_failed(Some(it), wall, 0, error),
        DEFENDERAUTH_SESSION_ACTION_CONNECT | DEFENDERAUTH_SESSION_ACTION_RENEW if is_well => {
            defenderauth_session_handle_connected(Some(it), wall, 0, 0, error)
        }
        DEFENDERAUTH_SESSION_ACTION_CONNECT | DEFENDERAUTH_SESSION_ACTION_RENEW => {
            defenderauth_session_handle_rejected(Some(it), wall, 0, DEFENDERAUTH_REJECTION_CONNACK, 5, 0, 0, error)
        }
        DEFENDERAUTH_SESSION_ACTION_SAVE => defenderauth_session_handle_saved(Some(it), wall, 0, is_well.into(), error),
        DEFENDERAUTH_SESSION_ACTION_WAIT => defenderauth_session_handle_elapsed(Some(it), wall, at, error),
        DEFENDERAUTH_SESSION_ACTION_STAY if is_well => defenderauth_session_handle_elapsed(Some(it), wall, at, error),
        _ => defenderauth_session_handle_disconnected(Some(it), wall, 0, DEFENDERAUTH_LOSS_DROPPED, error),
    });
    assert!(code == DEFENDERAUTH_OK || code == DEFENDERAUTH_ARGUMENT, "what answers the action is accepted: {code}");
}

/// NULL accepts nothing and returns nothing.
fn without_object(given: &Call<'_>) {
    let code = call(given.wants_error(), |error| defenderauth_session_handle_wake(None, 0, 0, error));
    assert_eq!(code, DEFENDERAUTH_NULL);
    assert_eq!(defenderauth_session_poll(None), DEFENDERAUTH_SESSION_ACTION_NONE);
    assert_eq!(text(defenderauth_session_status(None)), "");
    assert!(
        written(0, true, &|buf, cap, len, error| defenderauth_session_password(None, buf.cast(), cap, len, error))
            .is_none()
    );
}
