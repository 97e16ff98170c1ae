//! How long and how deep the parts of an answer may be.

use crate::world::{DEVICE_KEY, T0, at, attempt, key, profile};
use defender_auth::{
    Device, Error,
    dps::{Registration, Step},
    error::{ProtocolError, ProtocolProblem},
    http::{ApiVersion, BODY_LIMIT, Response},
    payload::Payload,
};

/// What becomes of an answer to a registration.
fn answered(status: u16, json: &str) -> Result<Step, Error> {
    let sending = Registration::start(profile(), key(&DEVICE_KEY), at(T0), attempt()).unwrap();
    sending.answered(at(T0), Response::new(status, json.as_bytes()))
}

fn nested(depth: usize) -> String {
    ["[".repeat(depth), "]".repeat(depth)].concat()
}

#[test]
fn an_operation_id_has_a_limit() {
    let pending = |length: usize| {
        let id = "a".repeat(length);
        answered(202, &format!(r#"{{"operationId":"{id}","status":"assigning"}}"#))
    };
    assert!(matches!(pending(256), Ok(Step::Wait(_))));
    let error = ProtocolError { field: "operationId", problem: ProtocolProblem::Unreadable };
    assert_eq!(pending(257).unwrap_err(), Error::Protocol(error));
}

#[test]
fn the_version_of_an_interface_has_a_limit() {
    assert!(ApiVersion::new(&"1".repeat(32)).is_ok());
    assert!(ApiVersion::new(&"1".repeat(33)).is_err());
}

/// What this library gives no meaning to is passed over without recursion, and kept as it came.
#[test]
fn json_of_any_depth_is_kept_where_it_is_not_read() {
    let deep = nested(BODY_LIMIT / 4);
    let json = format!(
        r#"{{"status":"assigned","deep":{deep},"registrationState":{{"assignedHub":"h.net","deviceId":"d","deep":"kept"}}}}"#
    );
    let Step::Done(device, _) = answered(200, &json).unwrap() else { panic!("it is assigned") };
    assert_eq!(others(&device), "\"kept\"");
    let json = format!(
        r#"{{"status":"assigned","registrationState":{{"assignedHub":"h.net","deviceId":"d","deep":{deep}}}}}"#
    );
    let Step::Done(device, _) = answered(200, &json).unwrap() else { panic!("it is assigned") };
    assert_eq!(others(&device), deep);
    assert_eq!(Payload::parse(&nested(Payload::LIMIT / 2)).unwrap().as_str().len(), Payload::LIMIT);
}

fn others(device: &Device) -> &str {
    device.registration_state().unwrap().others["deep"].as_str()
}

/// What is read has 127 levels at most, as with twins. What is not read of a refusal may be deeper.
#[test]
fn deep_json_in_the_place_of_what_is_read_is_an_error() {
    let deep = nested(BODY_LIMIT / 4);
    for json in [deep.clone(), format!(r#"{{"status":{deep}}}"#), format!(r#"{{"registrationState":{deep}}}"#)] {
        assert!(matches!(answered(200, &json), Err(Error::Protocol(_))));
    }
    let refused = |depth: usize| {
        let json = format!(r#"{{"errorCode":401002,"details":{}}}"#, nested(depth));
        let Error::Service(error) = answered(404, &json).unwrap_err() else { panic!("it is refused") };
        (error.status, error.code)
    };
    assert_eq!(refused(126), (404, Some(401_002)));
    assert_eq!(refused(127), (404, Some(401_002)));
    assert_eq!(refused(BODY_LIMIT / 4), (404, Some(401_002)));
}
