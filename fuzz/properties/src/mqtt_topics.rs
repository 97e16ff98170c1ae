//! The topics of a registration and of a twin.

use crate::inputs::Inputs;
use core::time::Duration;
use defender_auth::{
    Attempt, Now, SharedAccessKey, UnixTime,
    dps::{Profile, Registration, Step},
    http::{Operation, Response},
    identity::HostName,
    mqtt::{self, Connect, provisioning_answer, provisioning_topic},
    twin::{self, Answer, Incoming},
};

const NOW: Now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::ZERO };

/// A text is the topic of one thing at most. What is written here is read as what it was.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let (rid, version, status) = (inputs.number(), inputs.number(), inputs.number());
    let rest = inputs.rest();
    for topic in [data, rest].into_iter().filter_map(|bytes| str::from_utf8(bytes).ok()) {
        read(topic);
    }
    let rid = u32::try_from(rid >> 32).expect("half of it");
    let status = u16::try_from(status >> 48).expect("a quarter of it");
    twin_topics(rid, status, version);
    let Ok(rest) = str::from_utf8(rest) else { return };
    registration_topics(rid, 100 + status % 500, rest);
}

fn read(topic: &str) {
    let twin = Incoming::of(topic);
    let provisioning = provisioning_answer(topic, b"{}");
    assert!(twin.is_none() || provisioning.is_none(), "{topic} is of one service");
    let is_under = |filters: &[&str]| filters.iter().any(|filter| topic.starts_with(filter.trim_end_matches('#')));
    if let Some(incoming) = twin {
        assert!(is_under(&twin::SUBSCRIPTIONS), "{topic} was subscribed to");
        assert_eq!(Incoming::of(&written(incoming)), Some(incoming), "written and read again it is the same");
    }
    if let Some((rid, response)) = provisioning {
        assert!(is_under(&[mqtt::PROVISIONING_ANSWERS]), "{topic} was subscribed to");
        assert!(
            topic.split(['?', '&']).any(|pair| pair.strip_prefix("$rid=").is_some_and(|text| text.parse() == Ok(rid)))
        );
        let status = response.status();
        assert!((100..600).contains(&status));
        let plain = format!("$dps/registrations/res/{status}/?$rid={rid}");
        assert_eq!(
            provisioning_answer(&plain, b"").map(|(again, response)| (again, response.status())),
            Some((rid, status))
        );
        let digits = topic.split('/').nth(3).unwrap_or_default();
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{topic} has a status of digits");
    }
}

/// As the hub writes it.
fn written(incoming: Incoming) -> String {
    let version = |version: Option<u64>| version.map_or(String::new(), |version| format!("$version={version}"));
    match incoming {
        Incoming::Patch { version: known } => format!("$iothub/twin/PATCH/properties/desired/?{}", version(known)),
        Incoming::Answer(Answer { rid, status, version: known }) => {
            format!("$iothub/twin/res/{status}/?$rid={rid}&{}", version(known))
        }
    }
}

fn twin_topics(rid: u32, status: u16, version: u64) {
    for version in [None, Some(version)] {
        for incoming in [Incoming::Patch { version }, Incoming::Answer(Answer { rid, status, version })] {
            assert_eq!(Incoming::of(&written(incoming)), Some(incoming));
        }
    }
    for topic in [twin::get_topic(rid), twin::report_topic(rid)] {
        assert_eq!(Incoming::of(&topic), None, "what is sent does not come");
        assert!(topic.ends_with(&format!("/?$rid={rid}")));
    }
}

/// A registration over MQTT as far as its second request, whose topic holds what the service chose.
fn registration_topics(rid: u32, status: u16, operation: &str) {
    let profile = Profile::new("0ne1".parse().expect("a scope"), "dev-1".parse().expect("an id"));
    let key = SharedAccessKey::from_bytes(b"a key of a registration").expect("a key");
    let sending =
        Registration::start(profile, key, NOW, Attempt::new(NOW, Duration::from_secs(600))).expect("a registration");
    let topic = provisioning_topic(sending.request(), rid).expect("MQTT carries it");
    assert_eq!(topic, format!("$dps/registrations/PUT/iotdps-register/?$rid={rid}"));
    assert!(provisioning_answer(&topic, b"").is_none(), "what is sent does not come");

    let answer = format!("$dps/registrations/res/{status}/?$rid={rid}&retry-after=3");
    let (again, response) = provisioning_answer(&answer, b"").expect("an answer");
    assert_eq!((again, response.status()), (rid, status));

    let body = format!(r#"{{"operationId":{},"status":"assigning"}}"#, serde_json::Value::from(operation));
    let Ok(Step::Wait(waiting)) = sending.answered(NOW, Response::new(202, body.as_bytes())) else { return };
    let Ok(Step::Send(sending)) = waiting.elapsed(NOW) else { panic!("there is time") };
    let request = sending.request();
    assert!(matches!(request.operation(), Operation::RegistrationStatus(id) if id.as_str() == operation));
    let topic = provisioning_topic(request, rid).expect("MQTT carries it");
    let expected = format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid={rid}&operationId={operation}");
    assert_eq!(topic, expected);
    assert!(!operation.contains(['/', '+', '#', '&', '?', '\0']), "it changes no topic");
    let path = format!("/0ne1/registrations/dev-1/operations/{operation}?api-version=2019-03-31");
    let url = url::Url::parse(&format!("https://h{path}")).expect("a URL");
    assert_eq!((request.target(), url.path()), (path.as_str(), path.split('?').next().unwrap_or_default()));
    let connect = Connect::provisioning(request).expect("MQTT carries it");
    assert_eq!(connect.host, HostName::from(defender_auth::dps::Cloud::Global));
    assert!(connect.user_name.starts_with("0ne1/registrations/dev-1/api-version=2019-03-31&ClientVersion="));
}
