//! Messages of presence at a hub with the connection profile `mqttV5`.

use crate::inputs::Inputs;
use defender_auth::{
    identity::Identity,
    mqtt::{
        ReasonCode,
        presence::{Acknowledged, Connecting, Correlation, Incoming},
    },
    outcome::ConnectionProfile,
};

/// The first line is a topic, the second a type; then comes a payload.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let [topic, kind] = [(); 2].map(|()| str::from_utf8(inputs.line()).unwrap_or_default());
    let payload = inputs.rest();
    let me = Identity::device("h.net".parse().expect("a host"), "dev-01".parse().expect("an ID"));
    let correlation = Correlation::from_entropy([7; 16]);
    let waiting = Connecting::new(&me, correlation).expect("a device").accepted(false).granted();
    let right = Incoming {
        topic: "ih/dev-01/dev/presence",
        kind: Some("birth-ack"),
        correlation: Some(correlation.as_bytes()),
        payload,
    };
    let read = waiting.received(&right).expect("it is the acknowledgement");
    if let Ok(Acknowledged { desired_version: Some(desired), .. }) = read {
        // A later value of a field counts.
        let next = [payload, &[0x50, 1]].concat();
        let changed = waiting.received(&Incoming { payload: &next, ..right }).expect("it is the acknowledgement");
        assert_eq!(changed.map(|read| read.desired_version), Ok(Some(1)), "after {desired}");
    }
    let given = waiting.received(&Incoming { topic, kind: Some(kind), ..right });
    assert!(given.is_none() || (topic == right.topic && kind.starts_with("birth-ack")), "{topic} {kind}");
    assert!(given.is_none_or(|given| given == read), "the payload alone has the versions");
    let none = Incoming { topic, kind: Some(kind), correlation: Some(payload.get(..16).unwrap_or_default()), payload };
    assert!(waiting.received(&none).is_none() || payload.starts_with(correlation.as_bytes()), "another login's");
    let user_name = Connecting::new_as(&me, correlation, kind).expect("a device").user_name;
    let (correlated, agent) = user_name.split_once("&clientVersion=").expect("two pairs");
    assert_eq!(correlated.strip_prefix("correlationId=").map(str::parse), Some(Ok(correlation)));
    assert!(!agent.contains(['&', '=', ' ']), "{agent}");
    let profile = ConnectionProfile::named(topic);
    assert!(profile.as_str().len() <= 63 && !profile.as_str().contains(char::is_control), "{profile:?}");
    assert!(topic.len() > 63 || matches!(profile, ConnectionProfile::Unknown(_)) || profile.as_str() == topic);
    for code in payload {
        let reason = ReasonCode::new(*code);
        assert!(!(reason.is_credential() && reason.is_retryable()), "{reason}");
        assert!(reason.is_error() || !reason.is_credential(), "{reason}");
    }
    if let Ok(correlation) = kind.parse::<Correlation>() {
        assert_eq!(correlation.to_string(), kind.to_ascii_lowercase());
    }
}
