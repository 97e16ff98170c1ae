//! The twin of a security module: read, applied, and reported.

use crate::{inputs::Inputs, quotes_nothing::quotes_nothing};
use core::time::Duration;
use defender_auth::twin::{
    Agent, Desired, IsoDuration, MicroAgentSettings, PriorityIntervals, Properties, PropertyError,
    SecurityConfiguration, Twin,
};
use serde_json::{Map, Value, json};

/// The first byte says whose twin it is; a patch may follow the twin after a line break, or a duration.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let agent = if inputs.byte().is_multiple_of(2) { Agent::C } else { Agent::CSharp };
    let rest = inputs.rest();
    let parts: Vec<_> = rest.split(|byte| *byte == b'\n').collect();
    for part in parts.iter().chain([&rest]) {
        if let Ok(text) = str::from_utf8(part) {
            duration(text);
            intervals(text);
        }
    }
    let mut configuration = SecurityConfiguration::default_for(agent);
    let mut settings = MicroAgentSettings::default();
    for desired in parts.iter().flat_map(|part| documents(part)).take(6) {
        configuration = configured(&configuration, &desired);
        settings = set(&settings, &desired);
    }
}

/// What the bytes are as a whole twin and as a patch.
fn documents(json: &[u8]) -> Vec<Desired> {
    let value = serde_json::from_slice::<Value>(json).ok().filter(|_| json.len() <= Twin::LIMIT);
    let twin = Twin::parse(json);
    let expected = value.as_ref().and_then(|value| value.get("desired")).and_then(Value::as_object);
    if let Ok(Twin { desired, reported }) = &twin {
        assert!(!desired.is_patch());
        are(desired.properties(), expected.expect("the desired part"));
        let none = Map::new();
        let expected = value.as_ref().and_then(|value| value.get("reported")).and_then(Value::as_object);
        are(reported, expected.unwrap_or(&none));
    }
    let patch = Desired::patch(json);
    let expected = value.as_ref().and_then(Value::as_object);
    assert_eq!(patch.is_ok(), expected.is_some(), "a patch is any object");
    if let Ok(patch) = &patch {
        assert!(patch.is_patch() && patch.version() == patch.properties().version());
        are(patch.properties(), expected.expect("an object"));
        assert!(depth(&value.unwrap_or_default()) <= Twin::DEPTH);
    }
    for error in [twin.as_ref().err(), patch.as_ref().err()].into_iter().flatten() {
        quotes_nothing(*error);
    }
    [twin.map(|twin| twin.desired).ok(), patch.ok()].into_iter().flatten().collect()
}

/// The properties are those of the object, but for the hub's own.
fn are(properties: &Properties, expected: &Map<String, Value>) {
    let names = expected.iter().filter(|(name, _)| !name.starts_with('$'));
    assert!(properties.iter().eq(names.map(|(name, value)| (name.as_str(), value))));
    assert_eq!(properties.version(), expected.get("$version").and_then(Value::as_u64));
    assert_eq!(&again(properties), &without_version(properties), "written and read again they are the same");
    assert_eq!(properties.since(properties), None, "nothing is new");
}

fn without_version(properties: &Properties) -> Properties {
    properties.since(&Properties::default()).unwrap_or_default()
}

/// As the hub has them after it has merged the report.
fn again(properties: &Properties) -> Properties {
    Desired::patch(properties.to_string().as_bytes()).expect("what is written can be read").properties().clone()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        Value::Array(array) => 1 + array.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn configured(before: &SecurityConfiguration, desired: &Desired) -> SecurityConfiguration {
    let mut after = before.clone();
    let refused = after.apply(desired);
    let mut twice = after.clone();
    assert_eq!(twice.apply(desired), refused, "the same is refused");
    assert_eq!(twice, after, "and nothing changes the second time");
    let (old, new) = (object(&before.reported()), object(&after.reported()));
    if refused.iter().any(|error| error.name == SecurityConfiguration::OBJECT) {
        assert_eq!(&after, before, "nothing can be taken of what is no object");
    }
    for PropertyError { name, .. } in &refused {
        assert_eq!(old.get(name), new.get(name), "{name} keeps its value");
    }
    let named = desired.properties().get(SecurityConfiguration::OBJECT).and_then(Value::as_object);
    for (name, value) in named.into_iter().flatten() {
        let plain = value.get("value").filter(|value| !value.is_null() && !value.is_object());
        if plain.is_some() && !refused.iter().any(|error| error.name == *name) {
            assert!(new.contains_key(name), "{name} was taken and is reported");
        }
    }
    one_line(&refused);
    converges(&after.reported(), &before.reported());
    // An agent that begins with what it reported is as it was, but for texts that are absent and events that are gone.
    let reported = Twin::parse(json!({ "desired": { SecurityConfiguration::OBJECT: new } }).to_string().as_bytes());
    if let Ok(reported) = reported {
        let mut same = after.clone();
        assert_eq!(same.apply(&reported.desired), [], "what is reported can be desired");
        assert_eq!(same.reported(), after.reported());
    }
    after
}

fn object(reported: &Properties) -> Map<String, Value> {
    reported.get(SecurityConfiguration::OBJECT).and_then(Value::as_object).cloned().expect("the agents' object")
}

fn set(before: &MicroAgentSettings, desired: &Desired) -> MicroAgentSettings {
    let mut after = before.clone();
    let refused = after.apply(desired);
    let mut twice = after.clone();
    assert_eq!(twice.apply(desired), refused, "the same is refused");
    assert_eq!(twice, after, "and nothing changes the second time");
    for (name, value) in desired.properties().iter().filter(|(name, _)| !name.starts_with("latest_")) {
        let is_refused = refused.iter().any(|error| error.name == name);
        let expected = if is_refused { before.get(name) } else { Some(value).filter(|value| !value.is_null()) };
        assert_eq!(after.get(name), expected, "{name} has its value");
    }
    let is_kept = |name: &str| desired.is_patch() || desired.properties().get(name).is_some();
    assert!(
        after.iter().all(|(name, value)| desired.properties().get(name).is_some() || before.get(name) == Some(value))
    );
    assert!(after.iter().all(|(name, _)| is_kept(name)), "a whole twin names them all");
    let reported = after.reported();
    let state = if refused.is_empty() { "success" } else { "failed" };
    assert_eq!(reported.get("latest_state"), Some(&json!(state)));
    let names: Vec<_> = refused.iter().map(|error| error.name.as_str()).collect();
    let expected = (!refused.is_empty()).then(|| json!(names));
    assert_eq!(reported.get("latest_invalid_fields"), expected.as_ref());
    let intervals = after.priority_intervals();
    assert!([intervals.high, intervals.medium, intervals.low].iter().all(|interval| interval.as_secs() >= 60));
    one_line(&refused);
    converges(&reported, &before.reported());
    after
}

fn one_line(refused: &[PropertyError]) {
    for error in refused {
        assert!(!error.to_string().contains(|c: char| c.is_control()), "{error:?} is one line");
    }
}

/// Sent as a difference and merged as the hub does, the report is all there.
fn converges(after: &Properties, before: &Properties) {
    let Some(report) = after.since(before) else {
        assert_eq!(without_version(after), without_version(before));
        return;
    };
    let mut hub: Value = serde_json::from_str(&before.to_string()).expect("JSON");
    merge(&mut hub, &serde_json::from_str(&report.to_string()).expect("JSON"));
    let Ok(hub) = Desired::patch(hub.to_string().as_bytes()) else { return };
    assert_eq!(after.since(hub.properties()), None, "nothing is left to be reported");
}

/// RFC 7396, as its pseudo-code has it.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().expect("an object");
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn duration(text: &str) {
    match text.parse::<IsoDuration>() {
        Ok(duration) => {
            assert!(duration.get() >= Duration::from_secs(1) && duration.get().subsec_nanos() == 0);
            let written = duration.to_string();
            assert_eq!(written.parse().as_ref(), Ok(&duration));
            let signs = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
            assert_eq!(signs(&written), signs(text), "it has the units in which it was written");
        }
        Err(error) => quotes_nothing(error),
    }
}

fn intervals(text: &str) {
    let Ok(PriorityIntervals { high, medium, low }) = PriorityIntervals::parse(text) else { return };
    let minutes = [high, medium, low].map(|interval| interval.as_secs() / 60);
    assert!(minutes.iter().all(|minutes| (1..=u64::from(u32::MAX)).contains(minutes)));
    let written = minutes.map(|minutes| minutes.to_string()).join(",");
    assert_eq!(PriorityIntervals::parse(&written), Ok(PriorityIntervals { high, medium, low }));
}
