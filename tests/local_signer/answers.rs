//! What the daemons of release 1.6.0 answered, to the byte.

use crate::identity_service::handle;
use crate::world::{Came, LIMIT, START, drive, string_for, workload};
use defender_auth::{
    Error,
    error::{Code, Daemon, DaemonError, DaemonProblem, ErrorKind},
    identity_service::{IdentityService, Parameter},
    local::{Question, Task},
};

fn failed<Q: Question>(task: Task<Q>, status: u16, body: &str) -> DaemonError {
    match drive(task, &[Came::Answer(status, body)]).1 {
        Err(Error::Daemon(error)) => *error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("{status} is no success"),
    }
}

#[test]
fn a_user_that_is_no_principal_is_told_what_to_write() {
    let service = IdentityService::default().with_uid(998);
    let body = r#"{"message":"authorization error"}"#;
    for error in
        [failed(service.identify(START, LIMIT), 401, body), failed(service.provisioning(START, LIMIT), 401, body)]
    {
        assert_eq!(
            (error.daemon, &error.problem),
            (Daemon::Identity, &DaemonProblem::NotAPrincipal { uid: Some(998) })
        );
        assert_eq!(
            error.to_string(),
            "uid 998 is not a principal of aziot-identityd: add /etc/aziot/identityd/config.d/azureiotsecurity.toml with \
             [[principal]], uid = 998, name = \"azureiotsecurity\", idtype = [\"module\"], then run `aziotctl system restart`"
        );
        let error = Error::from(error);
        assert_eq!((error.kind(), error.code()), (ErrorKind::Configuration, Code::ServiceUnauthorized));
        assert!(!error.is_retryable());
    }
    let error = failed(IdentityService::default().identify(START, LIMIT), 401, body);
    assert!(error.to_string().starts_with("this user is not a principal of aziot-identityd: add "), "{error}");
}

#[test]
fn every_other_rejection_is_quoted() {
    let (service, key) = (IdentityService::default(), handle());
    for (error, said) in [
        (failed(service.identify(START, LIMIT), 404, r#"{"message":"not found"}"#), "404: not found"),
        (
            failed(service.identify(START, LIMIT), 400, r#"{"message":"invalid api-version \"1999-01-01\""}"#),
            "400: invalid api-version \"1999-01-01\"",
        ),
        (
            failed(
                service.sign_digest(&key, b"", START, LIMIT),
                422,
                r#"{"message":"Invalid symbol 42, offset 0. at line 1 column 297"}"#,
            ),
            "422: Invalid symbol 42, offset 0. at line 1 column 297",
        ),
        (
            failed(
                service.parameter(&key, Parameter::RsaModulus, START, LIMIT),
                400,
                r#"{"message":"a parameter has an invalid value"}"#,
            ),
            "400: a parameter has an invalid value",
        ),
        (
            failed(
                service.certificate("none", START, LIMIT),
                400,
                r#"{"message":"parameter \"id\" has an invalid value\ncaused by: not found"}"#,
            ),
            "400: parameter \"id\" has an invalid value caused by: not found",
        ),
    ] {
        let text = error.to_string();
        assert!(text.contains(&format!("rejected the request with {said}; ")), "{text}");
        assert!(!text.contains('\n'));
    }
}

#[test]
fn the_workload_api_names_what_to_check() {
    let workload = workload();
    let string = string_for(workload.identity());
    let error = failed(workload.sign(&string, START, LIMIT), 403, r#"{"message":"forbidden"}"#);
    assert_eq!(
        error.to_string(),
        "the workload API rejected the request with 403: forbidden; only the module itself may sign for it: check \
         IOTEDGE_MODULEID and IOTEDGE_MODULEGENERATIONID"
    );
}

#[test]
fn a_rejection_that_quotes_a_handle_is_withheld() {
    let body = r#"{"message":"no such handle sr=a&sig=b"}"#;
    let error = failed(IdentityService::default().parameter(&handle(), Parameter::Algorithm, START, LIMIT), 400, body);
    assert!(!error.to_string().contains("sr=a"), "{error}");
}

#[test]
fn a_curve_and_a_point_are_those_of_the_real_daemon() {
    let (service, key) = (IdentityService::default(), handle());
    let read = |parameter, value: &str| {
        let answer = format!(r#"{{"value":"{value}"}}"#);
        drive(service.parameter(&key, parameter, START, LIMIT), &[Came::Answer(200, &answer)]).1.unwrap()
    };
    assert_eq!(read(Parameter::Algorithm, "ECDSA"), "ECDSA");
    assert_eq!(read(Parameter::EcCurve, "BggqhkjOPQMBBw=="), "BggqhkjOPQMBBw==");
}
