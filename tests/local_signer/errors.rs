//! Answers that are not those of a daemon, and daemons that are not there.

use crate::world::{Came, LIMIT, START, drive, string_for, workload};
use defender_auth::{
    Error, Now,
    error::{Code, ErrorKind},
    http::Response,
    identity_service::IdentityService,
    local::{Action, Event, Obstacle},
};

#[test]
fn a_missing_permission_names_the_group() {
    let service = IdentityService::default();
    let denied = [Came::Obstacle(Obstacle::Denied)];
    let error = drive(service.identify(START, LIMIT), &denied).1.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no permission to connect to aziot-identityd at unix:///run/aziot/identityd.sock: this user is not in group aziotid; \
         add it with `usermod -aG aziotid USER` and start the agent again"
    );
    assert_eq!((error.kind(), error.code()), (ErrorKind::Configuration, Code::FilePermission));
    let key = crate::identity_service::handle();
    let error = drive(service.sign_digest(&key, b"", START, LIMIT), &denied).1.unwrap_err();
    assert!(error.to_string().contains("this user is not in group aziotks"), "{error}");
    let error = drive(service.certificate("c", START, LIMIT), &denied).1.unwrap_err();
    assert!(error.to_string().contains("this user is not in group aziotcs"), "{error}");
    let error = drive(workload().trust_bundle(START, LIMIT), &denied).1.unwrap_err();
    assert!(!error.to_string().contains("group"), "{error}");
}

#[test]
fn a_socket_that_is_not_there_is_named() {
    let absent = [Came::Obstacle(Obstacle::Absent)];
    let error = drive(IdentityService::default().identify(START, LIMIT), &absent).1.unwrap_err();
    assert_eq!(
        error.to_string(),
        "aziot-identityd is not at unix:///run/aziot/identityd.sock; install the package aziot-identity-service, or start \
         aziot-identityd with `aziotctl system restart`"
    );
    assert_eq!(error.code(), Code::FileNotFound);
    let error = drive(workload().trust_bundle(START, LIMIT), &absent).1.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the workload API is not at unix:///var/lib/aziot/edged/mnt/azureiotsecurity.sock; start the agent as a module of \
         IoT Edge"
    );
}

#[test]
fn an_answer_that_is_not_the_daemons_names_the_member() {
    let workload = workload();
    let string = string_for(workload.identity());
    for (body, member) in [
        ("", "body"),
        ("<html>", "body"),
        ("[]", "body"),
        ("{}", "digest"),
        (r#"{"digest":null}"#, "digest"),
        (r#"{"digest":7}"#, "body"),
        (r#"{"digest":""}"#, "digest"),
        (r#"{"digest":"AAAA"}"#, "digest"),
        (r#"{"digest":"****"}"#, "digest"),
    ] {
        let error = drive(workload.sign(&string, START, LIMIT), &[Came::Answer(200, body)]).1.unwrap_err();
        assert_eq!(error.field().as_deref(), Some(member), "{body}: {error}");
    }
    for (body, member) in [
        (r#"{"type":"local","spec":{}}"#, "type"),
        (r#"{"spec":{}}"#, "type"),
        (r#"{"type":"aziot"}"#, "spec"),
        (r#"{"type":"aziot","spec":{}}"#, "spec.hubName"),
        (r#"{"type":"aziot","spec":{"hubName":"a b"}}"#, "spec.hubName"),
        (r#"{"type":"aziot","spec":{"hubName":"h"}}"#, "spec.deviceId"),
        (r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","gatewayHost":""}}"#, "spec.gatewayHost"),
        (r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","moduleId":""}}"#, "spec.moduleId"),
        (r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d"}}"#, "spec.auth"),
        (r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","auth":{}}}"#, "spec.auth.type"),
        (r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","auth":{"type":"none"}}}"#, "spec.auth.type"),
        (r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","auth":{"type":"sas"}}}"#, "spec.auth.keyHandle"),
        (
            r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","auth":{"type":"sas","keyHandle":7}}}"#,
            "spec.auth.keyHandle",
        ),
        (
            r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","auth":{"type":"sas","keyHandle":""}}}"#,
            "spec.auth.keyHandle",
        ),
        (
            r#"{"type":"aziot","spec":{"hubName":"h","deviceId":"d","auth":{"type":"x509","keyHandle":"k"}}}"#,
            "spec.auth.certId",
        ),
    ] {
        let task = IdentityService::default().identify(START, LIMIT);
        let error = drive(task, &[Came::Answer(200, body)]).1.unwrap_err();
        assert_eq!((error.field().as_deref(), error.kind()), (Some(member), ErrorKind::Peer), "{body}: {error}");
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let body = format!("{{\"digest\":\"{}\"}}", "A".repeat(64 * 1024));
    let workload = workload();
    let string = string_for(workload.identity());
    let error = drive(workload.sign(&string, START, LIMIT), &[Came::Answer(200, &body)]).1.unwrap_err();
    assert_eq!(error.code(), Code::ProtocolLimit);
}

#[test]
fn an_event_that_does_not_answer_the_action_changes_nothing() {
    let mut task = workload().trust_bundle(START, LIMIT);
    let error = task.handle(START, Event::Elapsed).unwrap_err();
    assert_eq!(error.to_string(), "Elapsed does not answer Send; poll again and answer what is pending");
    assert!(matches!(task.poll(), Action::Send(_)));
    task.handle(START, Event::Unanswered).unwrap();
    for event in [Event::Unanswered, Event::Answered(Response::new(200, b"{}")), Event::NotReached(Obstacle::Absent)] {
        assert!(task.handle(START, event).is_err());
        assert!(matches!(task.poll(), Action::Wait(_)));
    }
    assert!(matches!(task.into_answer(), Err(Error::ApiMisuse(_))));
}

#[test]
fn a_task_ends_in_time() {
    let late = Now { monotonic: START.monotonic + LIMIT + LIMIT, ..START };
    let mut task = workload().trust_bundle(START, LIMIT);
    task.handle(late, Event::Answered(Response::new(200, br#"{"certificate":""}"#))).unwrap();
    assert_eq!(task.into_answer().unwrap_err(), Error::OutOfTime);
}

#[test]
fn a_redirect_is_a_rejection() {
    let error = drive(workload().trust_bundle(START, LIMIT), &[Came::Answer(302, "")]).1.unwrap_err();
    assert!(error.to_string().starts_with("the workload API rejected the request with 302"), "{error}");
}
