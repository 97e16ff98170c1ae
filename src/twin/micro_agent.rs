use super::{
    document::Desired,
    properties::Properties,
    property::{PropertyError, PropertyProblem},
};
use crate::base::encode;
use alloc::{string::String, vec::Vec};
use core::{str::FromStr, time::Duration};
use serde_json::{Map, Value, json};

/// The settings of a `DefenderIotMicroAgent`: names and plain values, an open list.
///
/// The meaning of a setting is the agent's; only [`priority_intervals`](Self::priority_intervals), on which the sending of
/// every message depends, is interpreted here. An absent setting has the agent's default, which is not known here.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::twin::{MicroAgentSettings, Twin};
///
/// let twin = Twin::parse(br#"{"desired": {
///     "CollectorsCore_PriorityIntervals": "10,60,480", "Baseline_Disabled": true, "Process_CacheSize": 256
/// }, "reported": {}}"#)?;
///
/// let mut settings = MicroAgentSettings::default();
/// assert!(settings.apply(&twin.desired).is_empty());
/// assert_eq!(settings.get("Baseline_Disabled").and_then(|value| value.as_bool()), Some(true));
/// assert_eq!(settings.priority_intervals().high, Duration::from_secs(600));
/// # Ok::<_, defender_auth::twin::TwinError>(())
/// ```
///
/// Source: "Micro agent configurations" and "Configure a micro agent twin" (learn.microsoft.com).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MicroAgentSettings {
    settings: Map<String, Value>,
    /// The names that the last [`apply`](Self::apply) rejected.
    rejected: Vec<String>,
}

/// The time that a message of each priority waits, in whole minutes.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::twin::PriorityIntervals;
///
/// let intervals: PriorityIntervals = "10,60,480".parse()?;
/// assert_eq!(intervals.high, Duration::from_secs(600));
/// # Ok::<_, defender_auth::twin::PropertyProblem>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriorityIntervals {
    /// Of high priority.
    pub high: Duration,
    /// Of medium priority.
    pub medium: Duration,
    /// Of low priority.
    pub low: Duration,
}

const INTERVALS: &str = "CollectorsCore_PriorityIntervals";
// The agent's own properties in the reported part.
const STATE: &str = "latest_state";
const REFUSED: &str = "latest_invalid_fields";

impl MicroAgentSettings {
    /// Applies the desired settings one by one and returns those that were rejected: they keep their last valid value,
    /// and the others take effect. A patch is merged; `null` removes a setting.
    pub fn apply(&mut self, desired: &Desired) -> Vec<PropertyError> {
        if !desired.is_patch() {
            self.settings.retain(|name, _| desired.properties().get(name).is_some());
        }
        let settings = desired.properties().iter().filter(|(name, _)| !matches!(*name, STATE | REFUSED));
        let errors: Vec<_> = settings
            .filter_map(|(name, value)| {
                let problem = self.set(name, value).err()?;
                Some(PropertyError { name: name.into(), problem })
            })
            .collect();
        self.rejected = errors.iter().map(|error| error.name.clone()).collect();
        errors
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), PropertyProblem> {
        match value {
            Value::Null => {
                self.settings.remove(name);
                return Ok(());
            }
            Value::Object(_) | Value::Array(_) => {
                return Err(PropertyProblem::Type { expected: "a plain text, number, true or false" });
            }
            _ if name == INTERVALS => {
                PriorityIntervals::read(value)?;
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        self.settings.insert(name.into(), value.clone());
        Ok(())
    }

    /// A setting: a string, a number or a boolean.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.settings.get(name)
    }

    /// All settings, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// `CollectorsCore_PriorityIntervals`, or its default.
    #[must_use]
    pub fn priority_intervals(&self) -> PriorityIntervals {
        self.get(INTERVALS).and_then(|value| PriorityIntervals::read(value).ok()).unwrap_or_default()
    }

    /// The report: every setting, and the result of the last [`apply`](Self::apply) as the agent's documentation defines
    /// it: `latest_state` (`success` or `failed`) and, if it failed, the names in `latest_invalid_fields`.
    #[must_use]
    pub fn reported(&self) -> Properties {
        let mut map = self.settings.clone();
        if self.rejected.is_empty() {
            map.insert(STATE.into(), "success".into());
        } else {
            map.insert(STATE.into(), "failed".into());
            map.insert(REFUSED.into(), json!(self.rejected));
        }
        Properties::new(map)
    }
}

impl PriorityIntervals {
    /// Reads `"<high>,<medium>,<low>"`, each a positive number of minutes.
    ///
    /// # Errors
    /// [`PropertyProblem::Intervals`] for any other text.
    pub fn parse(text: &str) -> Result<Self, PropertyProblem> {
        Self::find(text).ok_or(PropertyProblem::Intervals)
    }

    fn find(text: &str) -> Option<Self> {
        let mut numbers = text.split(',').map(|number| {
            let minutes: u32 = encode::number(number.trim())?;
            (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
        });
        let mut next = || numbers.next().flatten();
        let intervals = Self { high: next()?, medium: next()?, low: next()? };
        numbers.next().is_none().then_some(intervals)
    }

    fn read(value: &Value) -> Result<Self, PropertyProblem> {
        Self::parse(value.as_str().ok_or(PropertyProblem::Intervals)?)
    }
}

impl FromStr for PriorityIntervals {
    type Err = PropertyProblem;

    fn from_str(text: &str) -> Result<Self, PropertyProblem> {
        Self::parse(text)
    }
}

/// 30 minutes, 2 hours and a day.
impl Default for PriorityIntervals {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self { high: minutes(30), medium: minutes(120), low: minutes(1440) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::Twin;
    use alloc::string::ToString as _;

    /// The example of the documentation.
    const DOCUMENTED: &str = r#"{"desired": {
        "Baseline_Disabled": false, "Baseline_MessageFrequency": "Low", "Baseline_GroupsDisabled": "",
        "Baseline_ChecksDisabled": "", "NetworkActivity_Devices": "eth0", "NetworkActivity_CacheSize": 256,
        "Process_PollingInterval": 100000, "Process_Mode": 1, "IothubModule_MessageTimeout": 2880,
        "CollectorsCore_PriorityIntervals": "30,120,1440", "$version": 3
    }, "reported": {}}"#;

    fn twin(desired: &Value) -> Desired {
        Twin::parse(json!({ "desired": desired }).to_string().as_bytes()).unwrap().desired
    }

    fn patch(desired: &Value) -> Desired {
        Desired::patch(desired.to_string().as_bytes()).unwrap()
    }

    fn names(errors: &[PropertyError]) -> Vec<&str> {
        errors.iter().map(|error| error.name.as_str()).collect()
    }

    #[test]
    fn the_documented_settings_are_applied_and_reported() {
        let desired = Twin::parse(DOCUMENTED.as_bytes()).unwrap().desired;
        let mut settings = MicroAgentSettings::default();
        assert_eq!(settings.apply(&desired), []);
        assert_eq!(settings.iter().count(), 10);
        for (name, value) in desired.properties().iter() {
            assert_eq!(settings.get(name), Some(value));
            assert_eq!(settings.reported().get(name), Some(value));
        }
        assert_eq!(settings.reported().get(STATE), Some(&json!("success")));
        assert_eq!(settings.reported().get(REFUSED), None);
    }

    #[test]
    fn desiring_what_is_reported_changes_nothing() {
        let mut settings = MicroAgentSettings::default();
        settings.apply(&twin(&json!({"Process_Mode": 2, "A": "b", "C": 1.5, "D": true})));
        let mut again = MicroAgentSettings::default();
        again.apply(&twin(&serde_json::from_str(&settings.reported().to_string()).unwrap()));
        assert_eq!(again, settings);
    }

    #[test]
    fn a_fraction_is_reported_to_the_last_digit() {
        let mut settings = MicroAgentSettings::default();
        settings.apply(&Desired::patch(br#"{"a":8.39725584641467e64,"b":31.245270191439438}"#).unwrap());
        let reported = settings.reported();
        assert_eq!(
            reported.to_string(),
            r#"{"a":8.39725584641467e+64,"b":31.245270191439438,"latest_state":"success"}"#
        );
        let kept = Desired::patch(reported.to_string().as_bytes()).unwrap();
        assert_eq!(reported.since(kept.properties()), None, "and it is reported once");
    }

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let mut settings = MicroAgentSettings::default();
        settings.apply(&twin(&json!({"a": 1, "b": 2, "c": 3})));
        assert_eq!(settings.apply(&patch(&json!({"a": 4, "b": null, "d": 5, "$version": 8}))), []);
        assert_eq!(settings.iter().collect::<Vec<_>>(), [("a", &json!(4)), ("c", &json!(3)), ("d", &json!(5))]);
        settings.apply(&twin(&json!({"d": 6})));
        assert_eq!(settings.iter().collect::<Vec<_>>(), [("d", &json!(6))], "the whole twin has all of them");
    }

    #[test]
    fn an_invalid_setting_is_named_and_keeps_its_last_value() {
        let mut settings = MicroAgentSettings::default();
        settings.apply(&twin(&json!({INTERVALS: "10,20,30", "a": 1})));
        let errors = settings.apply(&twin(&json!({INTERVALS: "secret", "a": {"value": 1}, "b": [1], "c": 2})));
        assert_eq!(names(&errors), [INTERVALS, "a", "b"]);
        assert!(errors.iter().all(|error| !error.to_string().contains("secret")));
        assert_eq!(settings.priority_intervals().high, Duration::from_secs(600));
        assert_eq!((settings.get("a"), settings.get("b"), settings.get("c")), (Some(&json!(1)), None, Some(&json!(2))));
        assert_eq!(settings.reported().get(STATE), Some(&json!("failed")));
        assert_eq!(settings.reported().get(REFUSED), Some(&json!([INTERVALS, "a", "b"])));

        let before = settings.reported();
        assert_eq!(settings.apply(&patch(&json!({"c": 3}))), []);
        let report: Value = serde_json::from_str(&settings.reported().since(&before).unwrap().to_string()).unwrap();
        assert_eq!(report, json!({STATE: "success", REFUSED: null, "c": 3}));
    }

    #[test]
    fn intervals_are_three_positive_numbers_of_minutes() {
        let minutes = |minutes: [u64; 3]| {
            let [high, medium, low] = minutes.map(|minutes| Duration::from_secs(minutes * 60));
            Ok(PriorityIntervals { high, medium, low })
        };
        assert_eq!(PriorityIntervals::parse("30,120,1440"), Ok(PriorityIntervals::default()));
        assert_eq!("1,2,3".parse(), minutes([1, 2, 3]));
        assert_eq!(PriorityIntervals::parse(" 1, 2 ,3 "), minutes([1, 2, 3]));
        assert_eq!(PriorityIntervals::parse("1,1,4294967295"), minutes([1, 1, 4_294_967_295]));
        for text in [
            "",
            "30",
            "30,120",
            "30,120,1440,1",
            "30,,1440",
            "30,120,",
            "0,1,2",
            "-1,2,3",
            "+1,2,3",
            "a,b,c",
            "1.5,2,3",
            "1,2,4294967296",
        ] {
            assert_eq!(PriorityIntervals::parse(text), Err(PropertyProblem::Intervals), "{text}");
        }
        assert_eq!(MicroAgentSettings::default().priority_intervals(), PriorityIntervals::default());
        let mut settings = MicroAgentSettings::default();
        assert_eq!(names(&settings.apply(&twin(&json!({INTERVALS: 30})))), [INTERVALS], "a number is not three");
    }
}
