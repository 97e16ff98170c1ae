//! The renewal of a certificate: every arrow of its diagram, and every row of the hub's errors.

use crate::{certificate_request::request, world::*};
use defender_auth::{
    Error,
    credential::CertificateRequest,
    error::{Code, ProtocolProblem, Refusal},
    renewal::{Action, Certificates, Event, RecordedKey, Renewal, RequestId, certificate_report},
    wait::Reason,
};
use serde_json::{Value, json};
use std::time::Duration;

const RID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const FILTER: &str = "$iothub/credentials/res/#";
const HOUR: Duration = Duration::from_secs(3600);

/// A renewal with its carrier: what it asked for, in order.
struct Run {
    renewal: Renewal,
    request: CertificateRequest,
    now: u64,
    published: Vec<Value>,
}

impl Run {
    fn new() -> Self {
        Self::with_limit(HOUR)
    }

    fn with_limit(limit: Duration) -> Self {
        let (request, rid) = (request(), RequestId::new(RID).unwrap());
        let renewal = Renewal::start(&"dev-01".parse().unwrap(), request.clone(), rid, at(T0), limit);
        Self { renewal, request, now: 0, published: Vec::new() }
    }

    /// A renewal whose first request is sent.
    fn sent() -> Self {
        let mut run = Self::new();
        run.subscribe();
        run.publish();
        run
    }

    fn event(&mut self, event: Event<'_>) {
        self.renewal.handle(at(T0 + seconds(self.now)), event).unwrap();
    }

    fn subscribe(&mut self) {
        assert!(matches!(self.renewal.poll(), Action::Subscribe(FILTER)), "{:?}", self.renewal.poll());
        self.event(Event::Subscribed);
    }

    /// What is published, whose topic is always the same.
    fn publish(&mut self) -> Value {
        let Action::Publish { topic, body } = self.renewal.poll() else { panic!("{:?}", self.renewal.poll()) };
        assert_eq!(topic, format!("$iothub/credentials/POST/issueCertificate/?$rid={RID}"));
        let body = serde_json::from_str::<Value>(body).unwrap();
        self.published.push(body.clone());
        self.event(Event::Published);
        body
    }

    fn message(&mut self, topic: &str, payload: &str) {
        self.event(Event::Message { topic, payload: payload.as_bytes() });
    }

    fn answer(&mut self, status: u16, body: &Value) {
        self.message(&format!("$iothub/credentials/res/{status}/?$rid={RID}"), &body.to_string());
    }

    fn reject(&mut self, code: u32, more: &Value) {
        let mut body = json!({ "errorCode": code, "message": "it says why.", "trackingId": "t-1", "info": null });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.answer(u16::try_from(code / 1000).unwrap(), &body);
    }

    fn accept(&mut self) {
        self.answer(202, &json!({ "correlationId": "c-1", "operationExpires": "2026-01-31T12:52:20.565000000Z" }));
    }

    fn issue(&mut self) {
        self.answer(200, &json!({ "correlationId": "c-1", "certificates": [base64(&[0x30, 1]), base64(&[0x30, 2])] }));
    }

    /// The wait that is pending, in whole seconds at the least; then it has passed.
    fn wait(&mut self) -> (u64, Reason) {
        let Action::Wait(wait) = self.renewal.poll() else { panic!("{:?}", self.renewal.poll()) };
        self.now += wait.at_least.as_secs();
        self.event(Event::Elapsed);
        (wait.at_least.as_secs(), wait.reason)
    }

    /// How long it listens from now on.
    fn listens(&self) -> u64 {
        let Action::Listen { until } = self.renewal.poll() else { panic!("{:?}", self.renewal.poll()) };
        until.saturating_sub(at(T0 + seconds(self.now)).monotonic).as_secs()
    }

    fn error(self) -> Error {
        self.renewal.into_chain().unwrap_err()
    }

    fn issued(self) -> usize {
        self.renewal.into_chain().unwrap().certificates().len()
    }

    fn replaced(&self) -> Vec<Option<&str>> {
        self.published.iter().map(|body| body["replace"].as_str()).collect()
    }
}

#[test]
fn a_renewal_subscribes_then_asks_then_waits_for_two_answers() {
    let mut run = Run::new();
    assert!(matches!(run.renewal.poll(), Action::Subscribe(FILTER)));
    run.subscribe();
    let Action::Publish { body, .. } = run.renewal.poll() else { panic!() };
    assert_eq!(body, format!(r#"{{"id":"dev-01","csr":"{}"}}"#, run.request.to_base64()));
    run.publish();
    assert_eq!((run.listens(), run.renewal.accepted()), (120, None));
    run.now += 100;
    run.accept();
    assert_eq!(run.listens(), 120, "a 202 begins the time anew");
    let accepted = run.renewal.accepted().unwrap();
    assert_eq!(accepted.correlation_id.as_deref(), Some("c-1"));
    assert_eq!(accepted.operation_expires.unwrap().to_string(), "2026-01-31T12:52:20Z");
    run.now += 100;
    run.issue();
    let Action::Done(chain) = run.renewal.poll() else { panic!() };
    assert_eq!(chain.certificates(), [[0x30, 1], [0x30, 2]]);
    assert_eq!((run.published.len(), run.issued()), (1, 2));
}

#[test]
fn a_certificate_may_come_without_a_202() {
    let mut run = Run::sent();
    run.issue();
    assert_eq!(run.issued(), 2);
}

#[test]
fn the_parameters_of_a_topic_come_in_any_order() {
    for query in [format!("$rid={RID}"), format!("$rid={RID}&$version=1"), format!("$version=1&$rid={RID}&x")] {
        let mut run = Run::sent();
        run.message(&format!("$iothub/credentials/res/200/?{query}"), r#"{"certificates":["MAA="]}"#);
        assert_eq!(run.issued(), 1, "{query}");
    }
}

#[test]
fn messages_of_others_are_ignored() {
    let body = r#"{"certificates":["MAA="]}"#;
    for topic in [
        "$iothub/credentials/res/200/?$rid=another-1".to_owned(),
        format!("$iothub/credentials/res/200/?$rid={RID}x"),
        format!("$iothub/credentials/res/200/?x$rid={RID}"),
        format!("$iothub/credentials/res/200/$rid={RID}"),
        format!("$iothub/credentials/res/200?$rid={RID}"),
        format!("$iothub/credentials/res/+200/?$rid={RID}"),
        format!("$iothub/credentials/res/99/?$rid={RID}"),
        format!("$iothub/credentials/res/600/?$rid={RID}"),
        format!("$iothub/credentials/res/200/?$rid={}", RID.to_uppercase()),
        format!("$iothub/credentials/POST/issueCertificate/?$rid={RID}"),
        format!("$iothub/twin/res/200/?$rid={RID}"),
        "$iothub/credentials/res/200/".to_owned(),
        String::new(),
    ] {
        let mut run = Run::sent();
        run.now += 30;
        run.message(&topic, body);
        assert_eq!(run.listens(), 90, "{topic}: the time does not begin anew");
    }
}

#[test]
fn after_a_drop_the_same_request_is_sent_again_with_the_same_id() {
    let mut run = Run::sent();
    run.accept();
    run.event(Event::Dropped);
    run.subscribe();
    run.publish();
    assert_eq!(run.published[0], run.published[1]);
    run.accept();
    run.issue();
    assert_eq!(run.issued(), 2);
}

#[test]
fn an_answer_of_an_earlier_session_counts_in_every_state() {
    let mut run = Run::sent();
    run.event(Event::Dropped);
    run.issue();
    assert_eq!(run.issued(), 2, "before the subscription");
    let mut run = Run::sent();
    run.event(Event::Dropped);
    run.subscribe();
    run.issue();
    assert_eq!((run.published.len(), run.issued()), (1, 2), "before the request");
    let mut run = Run::sent();
    run.reject(429_001, &json!({}));
    run.issue();
    assert_eq!(run.issued(), 2, "in a wait");
}

#[test]
fn a_certificate_that_comes_after_a_failure_counts() {
    let mut run = Run::sent();
    run.reject(400_004, &json!({}));
    run.accept();
    assert!(matches!(run.renewal.poll(), Action::Failed(_)), "nothing else changes it");
    run.answer(200, &json!({ "certificates": [] }));
    assert!(matches!(run.renewal.poll(), Action::Failed(Error::Service(_))), "the first reason stays");
    run.issue();
    run.reject(400_004, &json!({}));
    assert_eq!(run.issued(), 2);
    let mut run = Run::sent();
    run.now += 3601;
    run.event(Event::Elapsed);
    assert!(matches!(run.renewal.poll(), Action::Failed(Error::OutOfTime)));
    run.issue();
    assert_eq!(run.issued(), 2);
}

#[test]
fn without_an_answer_it_subscribes_and_asks_again_and_gives_up_at_the_end() {
    let mut run = Run::with_limit(24 * HOUR);
    run.subscribe();
    run.publish();
    for wait in [1, 2, 4, 8, 16] {
        assert_eq!(run.listens(), 120);
        run.now += 120;
        run.event(Event::Elapsed);
        assert_eq!(run.wait(), (wait, Reason::Unanswered));
        run.subscribe();
        run.publish();
    }
    run.now += 120;
    run.event(Event::Elapsed);
    assert_eq!(run.published.len(), usize::from(Renewal::REQUESTS));
    assert!(run.published.iter().all(|body| *body == run.published[0]));
    assert_eq!(run.error(), Error::Unreachable { attempts: 6 });
}

#[test]
fn after_the_last_request_and_a_drop_only_the_answer_is_awaited() {
    let mut run = Run::sent();
    for _ in 1..Renewal::REQUESTS {
        run.event(Event::Dropped);
        run.subscribe();
        run.publish();
    }
    run.event(Event::Dropped);
    run.subscribe();
    assert_eq!(run.listens(), 120);
    run.issue();
    assert_eq!(run.issued(), 2);
}

#[test]
fn it_ends_with_its_time_however_often_the_hub_says_202() {
    let mut run = Run::sent();
    for _ in 0..36 {
        run.accept();
        run.now += 100;
    }
    assert_eq!(run.now, 3600);
    run.accept();
    assert_eq!(run.listens(), 0);
    run.now += 1;
    run.accept();
    assert_eq!(run.error(), Error::OutOfTime);
}

#[test]
fn it_does_not_wait_until_the_operation_expires() {
    let mut run = Run::sent();
    run.accept();
    run.now += 120;
    run.event(Event::Elapsed);
    assert_eq!(run.wait().0, 1);
}

#[test]
fn a_refused_subscription_is_a_hub_without_renewal() {
    let mut run = Run::new();
    run.event(Event::SubscriptionRefused);
    let error = service_error(run.error());
    assert_eq!(error.refusal, Refusal::RenewalNotOffered);
    assert!(error.to_string().ends_with("; register again with a new request instead"), "{error}");
}

#[test]
fn what_is_wrong_with_the_request_ends_the_renewal() {
    for code in [400_004, 400_006, 400_999] {
        let mut run = Run::sent();
        run.reject(code, &json!({}));
        assert_eq!(run.published.len(), 1);
        let error = service_error(run.error());
        assert_eq!((error.code, error.tracking_id.as_deref()), (Some(code), Some("t-1")));
        assert!(!error.is_of_authority());
        let text = error.to_string();
        assert!(text.starts_with(&format!("the hub answered 400 ({code}): it says why [tracking id t-1]; ")), "{text}");
        assert!(text.contains("defect of this library"), "{text}");
        assert!(!Error::from(Box::new(error)).is_retryable());
    }
}

#[test]
fn an_authority_that_refuses_is_told_apart_and_the_kind_of_key_is_named() {
    let info = json!({ "info": {
        "correlationId": "c-1", "credentialError": "400000", "credentialMessage": "Unsupported key.", "requestId": null,
    } });
    for (code, more) in [(400_037, json!({})), (400_040, info.clone()), (400_077, info)] {
        let mut run = Run::sent();
        run.accept();
        run.reject(code, &more);
        let error = service_error(run.error());
        assert!(error.is_of_authority());
        let text = error.to_string();
        assert!(text.contains("refuses the request, whose key is P-384;"), "{text}");
        if more != json!({}) {
            assert!(text.contains("it says why: Unsupported key [tracking id t-1] [correlation id c-1]; "), "{text}");
        }
    }
}

#[test]
fn another_operation_is_replaced_by_its_id_or_without_one_by_a_star() {
    for code in [409_004, 409_005, 409_123] {
        let mut run = Run::sent();
        run.reject(code, &json!({ "info": { "requestId": "older-1", "operationExpires": "2026-01-31T12:52:20Z" } }));
        let body = run.publish();
        let csr = run.request.to_base64();
        assert_eq!(body, json!({ "id": "dev-01", "csr": csr, "replace": "older-1" }));
        run.accept();
        run.issue();
        assert_eq!(run.issued(), 2);
        for info in [json!(null), json!({}), json!({ "requestId": "no id" }), json!({ "requestId": 7 }), json!([])] {
            let mut run = Run::sent();
            run.reject(code, &json!({ "info": info }));
            assert_eq!(run.publish()["replace"], "*", "{info}");
        }
    }
    let mut run = Run::sent();
    run.message(&format!("$iothub/credentials/res/409/?$rid={RID}"), "");
    assert_eq!(run.publish()["replace"], "*");
}

#[test]
fn an_active_operation_of_its_own_is_awaited_and_replaced_only_when_nothing_comes() {
    let own = || json!({ "info": { "requestId": RID } });
    let mut run = Run::sent();
    run.event(Event::Dropped);
    run.subscribe();
    run.publish();
    run.reject(409_004, &own());
    assert_eq!(run.listens(), 120);
    run.now += 120;
    run.event(Event::Elapsed);
    run.wait();
    run.subscribe();
    run.publish();
    run.reject(409_004, &own());
    run.publish();
    assert_eq!(run.replaced(), [None, None, None, Some("*")]);
    run.issue();
    assert_eq!(run.issued(), 2);
}

#[test]
fn nothing_to_replace_is_answered_without_replace() {
    let mut run = Run::sent();
    run.reject(409_005, &json!({ "info": { "requestId": "older-1" } }));
    run.publish();
    run.reject(412_001, &json!({ "info": { "requestId": "older-1" } }));
    run.publish();
    assert_eq!(run.replaced(), [None, Some("older-1"), None]);
    run.issue();
    assert_eq!(run.issued(), 2);
    let mut run = Run::sent();
    run.reject(412_001, &json!({}));
    assert_eq!(service_error(run.error()).status, 412, "it had not asked for that");
}

#[test]
fn a_hub_that_contradicts_itself_is_asked_a_bounded_number_of_times() {
    let mut run = Run::sent();
    while !matches!(run.renewal.poll(), Action::Failed(_)) {
        let has_replaced = run.published.last().unwrap()["replace"].is_string();
        run.reject(if has_replaced { 412_001 } else { 409_005 }, &json!({}));
        if matches!(run.renewal.poll(), Action::Publish { .. }) {
            run.publish();
        }
    }
    assert_eq!(run.published.len(), usize::from(Renewal::REQUESTS));
    assert_eq!(service_error(run.error()).status, 412);
    let mut run = Run::sent();
    run.reject(409_005, &json!({}));
    for wait in [1, 2, 4, 8] {
        run.publish();
        run.reject(409_005, &json!({ "info": { "operationExpires": "2026-01-31T12:52:20Z" } }));
        assert_eq!(run.wait(), (wait, Reason::Busy { status: 409 }));
    }
    run.publish();
    run.reject(409_005, &json!({ "info": { "requestId": "x-11", "operationExpires": "2026-01-31T12:52:20Z" } }));
    assert_eq!(run.published.len(), usize::from(Renewal::REQUESTS));
    let error = run.error();
    let text = error.to_string();
    assert!(
        error.is_retryable() && text.contains("(request x-11); try again after it has ended, at 2026-01-31T12:52:20Z")
    );
}

#[test]
fn a_busy_hub_is_asked_again_after_the_time_that_it_says_or_that_its_status_means() {
    for (code, more, wait) in [
        (429_001, json!({ "retryAfter": 17 }), 17),
        (429_002, json!({ "retryAfter": 2.5 }), 3),
        (429_003, json!({ "retryAfter": 0 }), 1),
        (429_001, json!({}), 1),
        (429_002, json!({ "retryAfter": null }), 1),
        (429_003, json!({ "retryAfter": -5 }), 1),
        (429_003, json!({ "retryAfter": "soon" }), 1),
        (503_001, json!({}), 5),
        (503_001, json!({ "retryAfter": 60 }), 60),
        (500_001, json!({}), 300),
        (502_001, json!({}), 300),
        (408_001, json!({}), 1),
    ] {
        let mut run = Run::sent();
        run.reject(code, &more);
        assert_eq!(run.wait(), (wait, Reason::Busy { status: u16::try_from(code / 1000).unwrap() }), "{code}");
        run.publish();
        assert_eq!(run.published[0], run.published[1], "on the same subscription");
        run.issue();
        assert_eq!(run.issued(), 2);
    }
}

#[test]
fn a_fleet_that_is_told_to_wait_comes_back_spread() {
    for (code, more, least, most) in
        [(503_001, json!({}), 5, 10), (500_001, json!({}), 300, 600), (429_001, json!({ "retryAfter": 40 }), 40, 51)]
    {
        let mut run = Run::sent();
        run.reject(code, &more);
        let Action::Wait(wait) = run.renewal.poll() else { panic!("{:?}", run.renewal.poll()) };
        assert_eq!((wait.at_least, wait.at_most), (seconds(least), seconds(most)), "{code}");
    }
}

#[test]
fn an_answer_may_be_as_long_as_any_and_its_ids_may_be_numbers() {
    let long = |length: usize| {
        let answer = json!({ "certificates": [base64(&[0x30, 1])] }).to_string();
        let rest = length - answer.len();
        answer + &" ".repeat(rest)
    };
    let mut run = Run::sent();
    run.message(&format!("$iothub/credentials/res/200/?$rid={RID}"), &long(64 * 1024));
    assert_eq!(run.issued(), 1);
    let mut run = Run::sent();
    run.message(&format!("$iothub/credentials/res/200/?$rid={RID}"), &long(64 * 1024 + 1));
    assert_eq!(protocol_error(run.error()).problem, ProtocolProblem::TooLong);

    let mut run = Run::sent();
    run.answer(202, &json!({ "correlationId": 17, "operationExpires": 5 }));
    let accepted = run.renewal.accepted().unwrap();
    assert_eq!((accepted.correlation_id.as_deref(), accepted.operation_expires), (Some("17"), None));
    run.reject(400_004, &json!({ "trackingId": 18, "timestampUtc": "2026-01-31T12:52:20.565000000Z" }));
    let error = service_error(run.error());
    assert_eq!(error.tracking_id.as_deref(), Some("18"));
    assert_eq!(error.date.unwrap().to_string(), "2026-01-31T12:52:20Z", "it may correct a clock");
}

#[test]
fn a_wait_that_is_longer_than_the_renewal_is_not_begun() {
    let mut run = Run::sent();
    run.reject(429_001, &json!({ "retryAfter": 3601 }));
    let error = run.error();
    assert_eq!((error.code(), error.retry_after()), (Code::ServiceThrottled, Some(seconds(3601))));
    let mut run = Run::sent();
    run.reject(429_001, &json!({ "retryAfter": 1e300 }));
    assert_eq!(run.wait().0, 1, "no time is that long");
}

#[test]
fn a_drop_in_a_wait_ends_the_subscription_and_not_the_wait() {
    let mut run = Run::sent();
    run.reject(429_001, &json!({ "retryAfter": 30 }));
    run.event(Event::Dropped);
    assert_eq!(run.wait().0, 30);
    run.subscribe();
    run.publish();
}

#[test]
fn what_the_device_may_not_do_ends_the_renewal() {
    for (code, text) in [(401_003, "does not let this device renew"), (404_001, "does not offer the renewal")] {
        let mut run = Run::sent();
        run.reject(code, &json!({}));
        let error = run.error();
        assert!(error.to_string().contains(text) && !error.is_retryable(), "{error}");
    }
    let mut run = Run::sent();
    run.message(&format!("$iothub/credentials/res/400/?$rid={RID}"), "<html>");
    assert!(service_error(run.error()).is_unrecognized);
}

#[test]
fn an_answer_that_cannot_be_read_ends_the_renewal_with_the_name_of_its_fault() {
    for (status, payload, field, problem) in [
        (200, "", "certificates", ProtocolProblem::Unreadable),
        (200, "{}", "certificates", ProtocolProblem::Missing),
        (200, r#"{"certificates":[]}"#, "certificates", ProtocolProblem::Missing),
        (200, r#"{"certificates":null}"#, "certificates", ProtocolProblem::Missing),
        (200, r#"{"certificates":"MAA="}"#, "certificates", ProtocolProblem::Unreadable),
        (200, r#"{"certificates":["MAA=","?"]}"#, "certificates", ProtocolProblem::Unreadable),
        (204, "", "status", ProtocolProblem::Unexpected),
        (100, "", "status", ProtocolProblem::Unexpected),
        (400, &" ".repeat(64 * 1024 + 1), "payload", ProtocolProblem::TooLong),
    ] {
        let mut run = Run::sent();
        run.message(&format!("$iothub/credentials/res/{status}/?$rid={RID}"), payload);
        let error = protocol_error(run.error());
        assert_eq!((error.field, error.problem), (field, problem), "{status}");
    }
    let mut run = Run::sent();
    run.message(&format!("$iothub/credentials/res/202/?$rid={RID}"), "no json");
    assert_eq!(run.listens(), 120, "a 202 says all in its topic");
}

#[test]
fn what_a_hub_says_is_shown_without_control_characters() {
    let mut run = Run::sent();
    let info = json!({ "correlationId": "c\u{1b}[2J", "credentialMessage": "a\nb", "requestId": "r\r" });
    run.reject(400_040, &json!({ "message": "x\u{202e}y", "trackingId": "t\u{0}", "info": info }));
    let text = run.error().to_string();
    assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
}

#[test]
fn an_event_that_answers_nothing_changes_nothing() {
    let mut run = Run::new();
    for (event, name) in [(Event::Published, "Published"), (Event::Elapsed, "Elapsed")] {
        let error = run.renewal.handle(at(T0), event).unwrap_err();
        assert_eq!((error.pending, error.given), ("Subscribe", name));
    }
    run.subscribe();
    assert!(run.renewal.handle(at(T0), Event::Subscribed).is_err());
    run.publish();
    for (event, name) in [
        (Event::Subscribed, "Subscribed"),
        (Event::SubscriptionRefused, "SubscriptionRefused"),
        (Event::Published, "Published"),
    ] {
        let error = run.renewal.handle(at(T0), event).unwrap_err();
        assert_eq!((error.pending, error.given), ("Listen", name));
    }
    run.event(Event::Message { topic: "x", payload: b"" });
    assert_eq!(Run::new().error().code(), Code::State);
    run.issue();
    assert!(run.renewal.handle(at(T0), Event::Elapsed).is_err());
    run.event(Event::Dropped);
    assert_eq!(run.issued(), 2);
}

#[test]
fn a_device_id_is_escaped_in_the_body() {
    let rid = RequestId::new(RID).unwrap();
    let mut renewal = Renewal::start(&"a'$@=b".parse().unwrap(), request(), rid, at(T0), HOUR);
    renewal.handle(at(T0), Event::Subscribed).unwrap();
    let Action::Publish { body, .. } = renewal.poll() else { panic!() };
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["id"], "a'$@=b");
}

#[test]
fn what_is_kept_says_where_a_key_is_and_what_the_twin_reports() {
    for (key, name, pkcs8) in [
        (RecordedKey::elsewhere("pkcs11:object=a \"b\""), Some("pkcs11:object=a \"b\""), None),
        (RecordedKey::pkcs8(&[1, 2, 3]), None, Some(&[1, 2, 3][..])),
    ] {
        let mut kept = Certificates::default();
        kept.begin(key, request(), RequestId::new(RID).unwrap());
        let kept = Certificates::parse(kept.text().expose()).unwrap();
        let key = &kept.pending().unwrap().key;
        assert_eq!((key.name(), key.expose_pkcs8()), (name, pkcs8));
    }
    let (from, until) = ("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z");
    assert_eq!(
        certificate_report(from.parse().unwrap(), until.parse().unwrap()),
        r#"{"certificate":{"validFrom":"2026-03-01T00:00:00Z","validUntil":"2026-03-31T00:00:00Z"}}"#
    );
}
