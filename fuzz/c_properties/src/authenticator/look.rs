use crate::memory::{bytes, text};
use core::fmt::Write as _;
use defenderauth::{
    Authenticator, DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_DONE, DEFENDERAUTH_ACTION_FAILED,
    DEFENDERAUTH_ACTION_SEND, DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_WAIT, DEFENDERAUTH_CREDENTIAL_NONE,
    DEFENDERAUTH_OK, DEFENDERAUTH_REQUEST_HEADER_LIMIT, authenticator::*, error::defenderauth_error_result,
};

/// The data of the pending action is present; everything else is empty, 0 or NULL.
pub(crate) fn look(it: Option<&Authenticator>) {
    let action = defenderauth_authenticator_poll(it);
    let (sends, waits) = (action == DEFENDERAUTH_ACTION_SEND, action == DEFENDERAUTH_ACTION_WAIT);
    let by_tpm = [DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_SIGN].contains(&action);
    let (is_done, has_failed) = (action == DEFENDERAUTH_ACTION_DONE, action == DEFENDERAUTH_ACTION_FAILED);
    assert_eq!(text(defenderauth_authenticator_state(it)).is_empty(), it.is_none());
    let failure = defenderauth_authenticator_failure(it);
    assert_eq!((failure.is_some(), defenderauth_error_result(failure) != DEFENDERAUTH_OK), (has_failed, has_failed));
    for view in [
        defenderauth_authenticator_request_host(it),
        defenderauth_authenticator_request_method(it),
        defenderauth_authenticator_request_target(it),
    ] {
        let text = text(view);
        assert!(text.is_empty() != sends && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    }
    let body = bytes(defenderauth_authenticator_request_body(it));
    assert!(sends || body.is_empty());
    let login = [
        defenderauth_authenticator_dps_mqtt_client_id(it),
        defenderauth_authenticator_dps_mqtt_user_name(it),
        defenderauth_authenticator_dps_mqtt_subscription(it),
    ];
    let [carried, ..] = login.map(|view| view.len > 0);
    assert!(login.iter().all(|view| (view.len > 0) == carried) && (sends || !carried));
    let authorization = text(defenderauth_authenticator_request_authorization(it));
    let headers = headers(it);
    assert!(headers.len() <= DEFENDERAUTH_REQUEST_HEADER_LIMIT && headers.is_empty() != sends);
    for (name, value) in &headers {
        assert!(!["host", "connection", "content-length"].contains(&name.to_ascii_lowercase().as_str()));
        assert!(!value.contains(char::is_control) && name.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    let among = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    assert_eq!(among.map_or("", |(_, value)| value.as_str()), authorization);
    assert!(sends || is_done || defenderauth_authenticator_certificate(it).is_none());
    let least = defenderauth_authenticator_wait_at_least_milliseconds(it);
    let most = defenderauth_authenticator_wait_at_most_milliseconds(it);
    assert!(least <= most && (least > 0) == waits && (most > 0) == waits);
    assert_eq!(!bytes(defenderauth_authenticator_tpm_input(it)).is_empty(), by_tpm);
    assert_eq!(defenderauth_authenticator_key_use(it) != 0, by_tpm);
    let _ = defenderauth_authenticator_clock_offset_seconds(it);
    assert_eq!(defenderauth_authenticator_credential(it) != DEFENDERAUTH_CREDENTIAL_NONE, is_done);
    for view in [
        defenderauth_authenticator_host_name(it),
        defenderauth_authenticator_device_id(it),
        defenderauth_authenticator_mqtt_host_name(it),
        defenderauth_authenticator_mqtt_client_id(it),
        defenderauth_authenticator_mqtt_user_name(it),
    ] {
        let text = text(view);
        assert!(text.is_empty() != is_done && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    }
    for view in [
        defenderauth_authenticator_gateway_host_name(it),
        defenderauth_authenticator_module_id(it),
        defenderauth_authenticator_audience(it),
        defenderauth_authenticator_dps_payload(it),
        defenderauth_authenticator_dps_substatus(it),
        defenderauth_authenticator_dps_last_updated(it),
    ] {
        let text = text(view);
        assert!(text.is_empty() || is_done, "{text:?}");
    }
}

/// The pending action and its data, as text.
pub(crate) fn written(it: Option<&Authenticator>) -> String {
    let mut all = format!("{} ", defenderauth_authenticator_poll(it));
    for view in [
        defenderauth_authenticator_state(it),
        defenderauth_authenticator_request_host(it),
        defenderauth_authenticator_request_method(it),
        defenderauth_authenticator_request_target(it),
        defenderauth_authenticator_mqtt_user_name(it),
    ] {
        let _ = write!(all, "{} ", text(view));
    }
    let input = bytes(defenderauth_authenticator_tpm_input(it));
    let body = bytes(defenderauth_authenticator_request_body(it));
    let wait = defenderauth_authenticator_wait_at_least_milliseconds(it);
    let why = defenderauth_error_result(defenderauth_authenticator_failure(it));
    let _ = write!(all, "{input:?} {body:?} {wait} {why} {:?}", headers(it));
    all
}

/// All headers, up to the first without a name.
fn headers(it: Option<&Authenticator>) -> Vec<(String, String)> {
    let header = |index| {
        let header = defenderauth_authenticator_request_header(it, index);
        (text(header.name), text(header.value))
    };
    (0..99).map(header).take_while(|(name, _)| !name.is_empty()).collect()
}
