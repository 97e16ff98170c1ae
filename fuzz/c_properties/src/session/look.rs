use crate::{
    authenticator::look as authenticator,
    call::Call,
    memory::{bytes, fixed, text, written},
};
use defenderauth::{
    DEFENDERAUTH_ACTION_DONE, DEFENDERAUTH_ACTION_FAILED, Session, authenticator::defenderauth_authenticator_poll,
    diagnosis::*, session::code::*, session::*,
};

/// The data of the pending action is present; everything else is empty, 0 or NULL.
pub(super) fn look(it: Option<&Session>, call: &Call<'_>) {
    let action = defenderauth_session_poll(it);
    let is = |actions: &[i32]| actions.contains(&action);
    let run = defenderauth_session_authenticator(it);
    assert_eq!(run.is_some(), is(&[DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE]));
    if let Some(run) = run {
        authenticator::look(Some(run));
        let of_run = defenderauth_authenticator_poll(Some(run));
        assert!(of_run != DEFENDERAUTH_ACTION_DONE && of_run != DEFENDERAUTH_ACTION_FAILED);
    }
    if let Some(assigned) = defenderauth_session_assigned(it) {
        authenticator::look(Some(assigned));
        assert_eq!(defenderauth_authenticator_poll(Some(assigned)), DEFENDERAUTH_ACTION_DONE);
    }
    let signs = is(&[DEFENDERAUTH_SESSION_ACTION_SIGN]);
    assert_eq!(!bytes(defenderauth_session_sign_input(it)).is_empty(), signs);
    assert_eq!(defenderauth_session_key_use(it) != 0, signs);
    let connects = is(&[DEFENDERAUTH_SESSION_ACTION_CONNECT, DEFENDERAUTH_SESSION_ACTION_RENEW]);
    let token = written(call.cap(), true, &|buf, cap, len, error| {
        defenderauth_session_password(it, buf.cast(), cap, len, error)
    });
    let has_certificate = defenderauth_session_certificate(it).is_some();
    assert!(token.is_none() || connects);
    assert!(!connects || token.is_some() != has_certificate, "a login has a token or a certificate");
    for view in [
        defenderauth_session_mqtt_host_name(it),
        defenderauth_session_mqtt_client_id(it),
        defenderauth_session_mqtt_user_name(it),
        defenderauth_session_connection_profile(it),
        defenderauth_session_host_name(it),
        defenderauth_session_device_id(it),
    ] {
        let text = text(view);
        assert!(!connects || !text.is_empty());
    }
    let _ = text(defenderauth_session_gateway_host_name(it));
    let _ = text(defenderauth_session_module_id(it));
    let saves = is(&[DEFENDERAUTH_SESSION_ACTION_SAVE]);
    assert_eq!(!text(defenderauth_session_snapshot(it)).is_empty(), saves);
    assert_eq!(secret(it, call).is_some(), saves);
    window(it, action);
    status(it);
}

/// The keys to be saved.
pub(super) fn secret(it: Option<&Session>, call: &Call<'_>) -> Option<Vec<u8>> {
    written(call.cap(), true, &|buf, cap, len, error| {
        defenderauth_session_snapshot_secret(it, buf.cast(), cap, len, error)
    })
}

fn window(it: Option<&Session>, action: i32) {
    let (from, until) = (defenderauth_session_from_milliseconds(it), defenderauth_session_until_milliseconds(it));
    let waits = [DEFENDERAUTH_SESSION_ACTION_WAIT, DEFENDERAUTH_SESSION_ACTION_STAY].contains(&action);
    assert!(from <= until && (waits || until == 0));
    let picked = [0, 7, u32::MAX].map(|random| defenderauth_session_pick_milliseconds(it, random));
    if until > 0 {
        assert!(picked.iter().all(|at| (from..=until).contains(at)) && picked[0] == from, "{picked:?}");
    }
    let due = defenderauth_session_due(it);
    assert!((0..=2).contains(&due) && (due == 0 || action == DEFENDERAUTH_SESSION_ACTION_STAY));
    let why = defenderauth_session_diagnosis(it);
    let is_why = [DEFENDERAUTH_SESSION_ACTION_WAIT, DEFENDERAUTH_SESSION_ACTION_DISCONNECT].contains(&action);
    assert_eq!(why != 0, is_why);
    for number in [
        why,
        defenderauth_session_last_diagnosis(it),
        defenderauth_session_dropped_diagnosis(it),
        defenderauth_session_authenticator_diagnosis(it),
    ] {
        assert_eq!(fixed(defenderauth_diagnosis_word(number)) == "unknown", number == 0);
        assert_eq!(fixed(defenderauth_diagnosis_string(number)) == "unknown", number == 0);
    }
}

fn status(it: Option<&Session>) {
    let line = text(defenderauth_session_status(it));
    assert!(!line.contains(char::is_control) && line.is_empty() == it.is_none() && line.len() < 4096);
    assert!(!line.contains("SharedAccessSignature sr="));
    let phase = defenderauth_session_phase(it);
    assert!((1..=8).contains(&phase) == it.is_some());
    let count = |count| defenderauth_session_count(it, count);
    assert!(count(DEFENDERAUTH_COUNT_RENEWALS) <= count(DEFENDERAUTH_COUNT_CONNECTS));
    assert_eq!(count(0) + count(9), 0);
    let dropped = text(defenderauth_session_dropped_credential(it));
    assert_eq!(dropped.is_empty(), defenderauth_session_dropped_diagnosis(it) == 0);
    assert!(!dropped.is_empty() || defenderauth_session_dropped_at(it) == 0);
    let _ = text(defenderauth_session_credential(it));
    let _ = (defenderauth_session_failures_in_a_row(it), defenderauth_session_is_unsaved(it));
    let _ = (defenderauth_session_certificate_ends(it), defenderauth_session_deadline_milliseconds(it));
    for wall in [0, 1_800_000_000, u64::MAX] {
        let state = defenderauth_session_clock_state(it, wall, 7);
        assert!((0..=3).contains(&state) && (state == 0) == (it.is_none() || wall == u64::MAX));
        assert_eq!(defenderauth_session_clock_seconds(it, wall, 7) == 0, state == 0);
    }
}

/// What can be seen of it, as text.
pub(super) fn shown(it: Option<&Session>) -> String {
    let numbers = [
        u64::from(defenderauth_session_poll(it).unsigned_abs()),
        defenderauth_session_from_milliseconds(it),
        defenderauth_session_until_milliseconds(it),
        u64::from(defenderauth_session_diagnosis(it).unsigned_abs()),
    ];
    let run = defenderauth_session_authenticator(it).map(|run| authenticator::written(Some(run)));
    let snapshot = text(defenderauth_session_snapshot(it));
    format!("{numbers:?} {run:?} {} {snapshot}", text(defenderauth_session_status(it)))
}
