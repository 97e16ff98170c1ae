use super::*;
use crate::twin::{DurationError, Twin};
use alloc::string::ToString as _;

const OBJECT: &str = SecurityConfiguration::OBJECT;

fn whole(object: &Value) -> Desired {
    Twin::parse(json!({"desired": {OBJECT: object, "$version": 1}}).to_string().as_bytes()).unwrap().desired
}

fn patch(object: &Value) -> Desired {
    Desired::patch(json!({OBJECT: object, "$version": 2}).to_string().as_bytes()).unwrap()
}

fn applied(agent: Agent, object: &Value) -> SecurityConfiguration {
    let mut configuration = SecurityConfiguration::default_for(agent);
    assert_eq!(configuration.apply(&whole(object)), [], "{object}");
    configuration
}

fn value(configuration: &SecurityConfiguration, name: &str) -> Value {
    configuration.effective().get(name).map_or(Value::Null, |wrapped| wrapped["value"].clone())
}

/// Every property of both agents: its name, its default in C and in C#, another value, and invalid ones.
fn table() -> Vec<(&'static str, Value, Value, Value, Vec<Value>)> {
    let durations = || [json!("7 minutes"), json!("P1M"), json!("PT0S"), json!(420), json!(true)].to_vec();
    let bytes = || [json!("204800"), json!(-1), json!(0), json!(1.5), json!("PT7M")].to_vec();
    let flags = || [json!("true"), json!(1)].to_vec();
    let texts = || [json!(1), json!(["a"])].to_vec();
    let mut table = [
        ("highPriorityMessageFrequency", json!("PT7M"), json!("PT7M"), json!("PT90M"), durations()),
        ("lowPriorityMessageFrequency", json!("PT5H"), json!("PT5H"), json!("P1D"), durations()),
        ("snapshotFrequency", json!("PT13H"), json!("PT13H"), json!("P1W"), durations()),
        ("maxLocalCacheSizeInBytes", json!(10_485_760), json!(2_560_000), json!(9000), bytes()),
        ("maxMessageSizeInBytes", json!(204_800), json!(204_800), json!(100_000), bytes()),
        ("hubResourceId", json!(null), json!(null), json!("/subscriptions/1"), texts()),
        ("baselineCustomChecksEnabled", json!(false), json!(false), json!(true), flags()),
        ("baselineCustomChecksFilePath", json!(null), json!(null), json!("/home/user/checks.xml"), texts()),
        ("baselineCustomChecksFileHash", json!(null), json!(null), json!("9f86d081884c7d65"), texts()),
    ]
    .to_vec();
    for (name, c, csharp) in [
        ("eventPriorityProcessCreate", "Low", "Low"),
        ("eventPriorityListeningPorts", "High", "High"),
        ("eventPrioritySystemInformation", "Low", "Low"),
        ("eventPriorityLocalUsers", "High", "High"),
        ("eventPriorityLogin", "High", "High"),
        ("eventPriorityConnectionCreate", "Low", "Low"),
        ("eventPriorityFirewallConfiguration", "Low", "Low"),
        ("eventPriorityOSBaseline", "Low", "Low"),
        ("eventPriorityDiagnostic", "Low", "Low"),
        ("eventPriorityOperational", "High", ""),
        ("eventPriorityConnectedHardware", "", "Low"),
        ("eventPriorityProcessTerminate", "", "Low"),
        ("eventPriorityConfigurationError", "", "Low"),
        ("eventPriorityDroppedEventsStatistics", "", "Low"),
        ("eventPriorityMessageStatistics", "", "Low"),
        ("eventPrioritySomethingNew", "", ""),
    ] {
        let value = |word: &str| if word.is_empty() { Value::Null } else { word.into() };
        table.push((name, value(c), value(csharp), json!("Off"), [json!("Medium"), json!(""), json!(1)].to_vec()));
    }
    for event in ["ProcessCreate", "ConnectionCreate", "ProcessTerminate", "SomethingNew"] {
        let by_default = |value: Value| match event {
            "SomethingNew" => (Value::Null, Value::Null),
            "ProcessTerminate" => (Value::Null, value),
            _ => (value.clone(), value),
        };
        let (enabled, interval) = (format!("aggregationEnabled{event}"), format!("aggregationInterval{event}"));
        let (c, csharp) = by_default(json!(true));
        table.push((enabled.leak(), c, csharp, json!(false), flags()));
        let (c, csharp) = by_default(json!("PT1H"));
        table.push((interval.leak(), c, csharp, json!("PT30M"), durations()));
    }
    table
}

#[test]
fn every_property_has_its_default() {
    for (name, c, csharp, ..) in table() {
        assert_eq!(value(&SecurityConfiguration::default_for(Agent::C), name), c, "{name} in C");
        assert_eq!(value(&SecurityConfiguration::default_for(Agent::CSharp), name), csharp, "{name} in C#");
    }
    let names = |agent| SecurityConfiguration::default_for(agent).effective().len();
    assert_eq!(names(Agent::C), 6 + 10 + 2 * 2, "and there is no other");
    assert_eq!(names(Agent::CSharp), 6 + 14 + 3 * 2, "and there is no other");
}

#[test]
fn every_property_is_read_and_reported_wrapped() {
    for (name, _, _, other, _) in table() {
        let configuration = applied(Agent::C, &json!({name: {"value": other}}));
        assert_eq!(configuration.reported().get(OBJECT).unwrap()[name], json!({"value": other}), "{name}");
        assert_eq!(configuration.unknown().count(), 0, "{name}");
    }
}

#[test]
fn every_property_returns_to_its_default() {
    for (name, c, _, other, _) in table() {
        let start = applied(Agent::C, &json!({name: {"value": other}}));
        for desired in [
            patch(&json!({name: null})),
            patch(&json!({name: {"value": null}})),
            patch(&Value::Null),
            whole(&json!({})),
            whole(&Value::Null),
            Twin::parse(br#"{"desired":{"another object":{}}}"#).unwrap().desired,
        ] {
            let mut configuration = start.clone();
            assert_eq!(configuration.apply(&desired), []);
            assert_eq!(value(&configuration, name), c, "{name} by {desired:?}");
            assert_eq!(configuration, SecurityConfiguration::default_for(Agent::C));
        }
    }
}

#[test]
fn every_invalid_value_is_reported_by_name_and_the_last_valid_one_stays() {
    for (name, _, _, other, bad) in table() {
        let start = applied(Agent::CSharp, &json!({name: {"value": other}}));
        let wrapped = bad.iter().map(|bad| json!({"value": bad}));
        let bare = [other.clone(), json!({}), json!({"Value": other}), json!([other])];
        for bad in wrapped.chain(bare) {
            for desired in [whole(&json!({name: bad})), patch(&json!({name: bad}))] {
                let mut configuration = start.clone();
                let errors = configuration.apply(&desired);
                assert_eq!(errors.iter().map(|error| error.name.as_str()).collect::<Vec<_>>(), [name], "{bad}");
                assert_eq!(configuration, start, "{name} is {bad}");
            }
        }
    }
}

#[test]
fn desiring_what_is_reported_changes_nothing() {
    let all = table().into_iter().map(|(name, _, _, other, _)| (name.into(), json!({"value": other})));
    let all = Value::Object(all.chain([("new".into(), json!({"value": {"a": [1]}}))]).collect());
    for agent in [Agent::C, Agent::CSharp] {
        for object in [json!({}), all.clone()] {
            let configuration = applied(agent, &object);
            let again = applied(agent, configuration.reported().get(OBJECT).unwrap());
            assert_eq!(again, configuration);
            assert_eq!(again.reported().since(&configuration.reported()), None);
        }
    }
}

#[test]
fn the_others_take_effect_beside_an_invalid_one() {
    let mut configuration = SecurityConfiguration::default_for(Agent::C);
    let errors = configuration.apply(&whole(&json!({
        "highPriorityMessageFrequency": {"value": "hunter2"},
        "lowPriorityMessageFrequency": "PT1H",
        "maxMessageSizeInBytes": {"value": "hunter2"},
        "eventPriorityLogin": {"value": "hunter2"},
        "snapshotFrequency": {"value": "PT1H"},
        "eventPriorityDiagnostic": {"value": "off"},
    })));
    let problems: Vec<_> = errors.iter().map(|error| (error.name.as_str(), error.problem)).collect();
    assert_eq!(problems.len(), 4);
    assert_eq!(problems[0], ("eventPriorityLogin", PropertyProblem::Priority));
    assert_eq!(problems[1], ("highPriorityMessageFrequency", DurationError::Form.into()));
    assert_eq!(problems[2], ("lowPriorityMessageFrequency", PropertyProblem::NotWrapped));
    assert!(matches!(problems[3], ("maxMessageSizeInBytes", PropertyProblem::Type { .. })));
    assert!(errors.iter().all(|error| !format!("{error} {error:?}").contains("hunter2")));
    assert_eq!(configuration.snapshot_frequency, IsoDuration::hours(1));
    assert_eq!(configuration.event_priorities["Diagnostic"], Priority::Off);
}

#[test]
fn a_value_that_is_not_an_object_changes_nothing() {
    let start = applied(Agent::C, &json!({"snapshotFrequency": {"value": "PT1H"}}));
    for object in [json!("PT1H"), json!(1), json!([{}]), json!(true)] {
        let mut configuration = start.clone();
        let errors = configuration.apply(&whole(&object));
        assert!(errors[0].to_string().starts_with("`ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration` has"));
        assert_eq!((errors.len(), configuration), (1, start.clone()));
    }
}

#[test]
fn a_patch_changes_only_what_it_names() {
    let mut configuration = applied(Agent::C, &json!({"snapshotFrequency": {"value": "PT1H"}, "new": {"a": 1}}));
    let mut expected = configuration.clone();
    assert_eq!(configuration.apply(&Desired::patch(br#"{"another object": {}}"#).unwrap()), []);
    assert_eq!(configuration, expected);

    assert_eq!(configuration.apply(&patch(&json!({"maxMessageSizeInBytes": {"value": 9000}}))), []);
    expected.max_message_size_in_bytes = 9000;
    assert_eq!(configuration, expected);
}

#[test]
fn an_unknown_property_of_any_type_is_kept_merged_and_reported() {
    let mut configuration = applied(Agent::C, &json!({"new": {"a": 1, "b": 2}, "bare": "x", "eventPriority": 1}));
    configuration.apply(&patch(&json!({"new": {"b": null, "c": 3}, "bare": "y"})));
    let expected = [("bare", json!("y")), ("eventPriority", json!(1)), ("new", json!({"a": 1, "c": 3}))];
    assert!(configuration.unknown().eq(expected.iter().map(|(name, value)| (*name, value))));
    let reported = configuration.reported();
    assert!(expected.iter().all(|(name, value)| reported.get(OBJECT).unwrap()[*name] == *value));

    configuration.apply(&whole(&json!({"new": {"d": 4}})));
    let report: Value = serde_json::from_str(&configuration.reported().since(&reported).unwrap().to_string()).unwrap();
    let gone = json!({"bare": null, "eventPriority": null, "new": {"a": null, "c": null, "d": 4}});
    assert_eq!(report, json!({OBJECT: gone}), "the report removes it");
}

#[test]
fn a_removed_text_is_removed_from_the_report() {
    let mut configuration = applied(Agent::CSharp, &json!({"hubResourceId": {"value": "id"}}));
    let before = configuration.reported();
    configuration.apply(&patch(&json!({"hubResourceId": null})));
    assert_eq!(configuration.reported().get(OBJECT).unwrap().get("hubResourceId"), None);
    let report = configuration.reported().since(&before).unwrap().to_string();
    assert_eq!(report, format!("{{\"{OBJECT}\":{{\"hubResourceId\":null}}}}"));
}

#[test]
fn the_object_may_have_another_name() {
    let mut configuration = SecurityConfiguration::default_for(Agent::C).in_object("mine");
    configuration.apply(&whole(&json!({"snapshotFrequency": {"value": "PT1H"}})));
    assert_eq!(configuration.snapshot_frequency, IsoDuration::hours(13), "that is another's");
    configuration.apply(&Desired::patch(br#"{"mine": {"snapshotFrequency": {"value": "PT1H"}}}"#).unwrap());
    assert_eq!(configuration.snapshot_frequency, IsoDuration::hours(1));
    assert_eq!(configuration.reported().iter().map(|(name, _)| name).collect::<Vec<_>>(), ["mine"]);
}
