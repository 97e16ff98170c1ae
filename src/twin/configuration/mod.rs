#[cfg(test)]
mod tests;

use super::{
    agent::{self, Agent},
    document::Desired,
    duration::IsoDuration,
    properties::{self, Properties},
    property::{Priority, Property, PropertyError, PropertyProblem, Slot},
};
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use serde_json::{Map, Value, json};

/// The configuration of a security agent from its module's twin: every property with its effective value.
///
/// ```text
///  default_for(agent) --> SecurityConfiguration -- reported() --> Properties -- since(what the hub has) --> report
///                             |           ^
///                             '-- apply --'    each property of Desired in turn:
///                                              valid:   its new value
///                                              invalid: its last valid value, and a PropertyError
///                                              null:    its default
///                                              absent:  its default in a whole twin, its last value in a patch
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecurityConfiguration {
    agent: Agent,
    object: String,
    /// The longest time that an event of high priority waits.
    pub high_priority_message_frequency: IsoDuration,
    /// The longest time that an event of low priority waits.
    pub low_priority_message_frequency: IsoDuration,
    /// The interval at which the state of the device is recorded.
    pub snapshot_frequency: IsoDuration,
    /// The size of the cache of waiting events on the device, in bytes. Documentation requires more than 8192; the agents
    /// do not check that.
    pub max_local_cache_size_in_bytes: u64,
    /// The largest message to the hub, in bytes. Documentation requires more than 8192 and less than 262144; the agents do
    /// not check that.
    pub max_message_size_in_bytes: u64,
    /// The hub's resource ID in Azure, which the C# agent adds to its messages as a property.
    pub hub_resource_id: Option<String>,
    /// Whether the baseline has custom checks.
    pub baseline_custom_checks_enabled: bool,
    /// The file with the custom checks.
    pub baseline_custom_checks_file_path: Option<String>,
    /// The hash of that file.
    pub baseline_custom_checks_file_hash: Option<String>,
    /// The priority of each event, by its name: those of the agent, and any other that is desired.
    pub event_priorities: BTreeMap<String, Priority>,
    /// Whether each event is aggregated, by its name.
    pub aggregation_enabled: BTreeMap<String, bool>,
    /// The interval over which each event is aggregated, by its name.
    pub aggregation_intervals: BTreeMap<String, IsoDuration>,
    unknown: Map<String, Value>,
}

// The prefixes of event names.
const EVENT_PRIORITY: &str = "eventPriority";
const AGGREGATION_ENABLED: &str = "aggregationEnabled";
const AGGREGATION_INTERVAL: &str = "aggregationInterval";

impl SecurityConfiguration {
    /// The name of the object that both agents read.
    pub const OBJECT: &str = "ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration";

    /// The defaults of an agent, which apply when nothing is desired.
    #[must_use]
    pub fn default_for(agent: Agent) -> Self {
        let aggregated = || agent.aggregated().map(String::from);
        Self {
            agent,
            object: Self::OBJECT.into(),
            high_priority_message_frequency: agent::HIGH_PRIORITY_MESSAGE_FREQUENCY,
            low_priority_message_frequency: agent::LOW_PRIORITY_MESSAGE_FREQUENCY,
            snapshot_frequency: agent::SNAPSHOT_FREQUENCY,
            max_local_cache_size_in_bytes: agent.max_local_cache_size_in_bytes(),
            max_message_size_in_bytes: agent::MAX_MESSAGE_SIZE_IN_BYTES,
            hub_resource_id: None,
            baseline_custom_checks_enabled: false,
            baseline_custom_checks_file_path: None,
            baseline_custom_checks_file_hash: None,
            event_priorities: agent.events().map(|(event, priority)| (event.into(), priority)).collect(),
            aggregation_enabled: aggregated().map(|event| (event, true)).collect(),
            aggregation_intervals: aggregated().map(|event| (event, agent::AGGREGATION_INTERVAL)).collect(),
            unknown: Map::new(),
        }
    }

    /// Reads and reports another object: `RemoteConfigurationObjectName` of the C agent's `LocalConfiguration.json`.
    #[must_use]
    pub fn in_object(mut self, name: impl Into<String>) -> Self {
        self.object = name.into();
        self
    }

    /// The unknown properties, as they were desired. They are reported unchanged.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.unknown.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Every property with a fixed name, and its place.
    fn slots(&mut self) -> [(&'static str, &mut dyn Slot); 9] {
        [
            ("highPriorityMessageFrequency", &mut self.high_priority_message_frequency),
            ("lowPriorityMessageFrequency", &mut self.low_priority_message_frequency),
            ("snapshotFrequency", &mut self.snapshot_frequency),
            ("maxLocalCacheSizeInBytes", &mut self.max_local_cache_size_in_bytes),
            ("maxMessageSizeInBytes", &mut self.max_message_size_in_bytes),
            ("hubResourceId", &mut self.hub_resource_id),
            ("baselineCustomChecksEnabled", &mut self.baseline_custom_checks_enabled),
            ("baselineCustomChecksFilePath", &mut self.baseline_custom_checks_file_path),
            ("baselineCustomChecksFileHash", &mut self.baseline_custom_checks_file_hash),
        ]
    }

    /// Applies the desired properties one by one and returns those that were rejected: they keep their last valid value,
    /// and the others take effect.
    ///
    /// A patch is merged, as the hub merges it. (Both agents treat what a patch does not name as absent, and so fall back
    /// to defaults until they read the whole twin again.)
    pub fn apply(&mut self, desired: &Desired) -> Vec<PropertyError> {
        let none = Map::new();
        let (named, whole) = match desired.properties().get(&self.object) {
            None if desired.is_patch() => return Vec::new(),
            None | Some(Value::Null) => (&none, true),
            Some(Value::Object(named)) => (named, !desired.is_patch()),
            Some(_) => {
                let problem = PropertyProblem::Type { expected: "an object of properties, each {\"value\": …}" };
                return [PropertyError { name: self.object.clone(), problem }].into();
            }
        };
        let mut not_named = Vec::new();
        if whole {
            self.unknown.clear();
            not_named.extend(self.effective().into_iter().map(|(name, _)| name));
            not_named.retain(|name| !named.contains_key(name));
        }
        let mut default = Self::default_for(self.agent);
        let desired = named.iter().chain(not_named.iter().map(|name| (name, &Value::Null)));
        let rejected = desired.filter_map(|(name, value)| {
            let problem = self.set(name, value, &mut default).err()?;
            Some(PropertyError { name: name.clone(), problem })
        });
        rejected.collect()
    }

    /// Sets one property to its desired value or, for `null`, to its default.
    fn set(&mut self, name: &str, desired: &Value, default: &mut Self) -> Result<(), PropertyProblem> {
        if let Some(((_, slot), (_, default))) =
            self.slots().into_iter().zip(default.slots()).find(|((known, _), _)| *known == name)
        {
            return match unwrapped(desired)? {
                Some(value) => slot.set(value),
                None => slot.set(&default.get()),
            };
        }
        let event = |prefix| name.strip_prefix(prefix).filter(|event| !event.is_empty());
        if let Some(event) = event(EVENT_PRIORITY) {
            set_event(&mut self.event_priorities, event, desired, &default.event_priorities)
        } else if let Some(event) = event(AGGREGATION_ENABLED) {
            set_event(&mut self.aggregation_enabled, event, desired, &default.aggregation_enabled)
        } else if let Some(event) = event(AGGREGATION_INTERVAL) {
            set_event(&mut self.aggregation_intervals, event, desired, &default.aggregation_intervals)
        } else {
            properties::merge(&mut self.unknown, name, desired);
            Ok(())
        }
    }

    /// The report: the object with every effective value, wrapped, and the unknown properties as they were desired.
    ///
    /// A text without a value is omitted, as both agents do. To remove one that was reported before, send the difference
    /// ([`Properties::since`]).
    #[must_use]
    pub fn reported(&self) -> Properties {
        Properties::new(Map::from_iter([(self.object.clone(), self.effective().into())]))
    }

    fn effective(&self) -> Map<String, Value> {
        let mut this = self.clone();
        let slots = this.slots().into_iter().map(|(name, slot)| (String::from(name), slot.get()));
        let wrapped = slots
            .filter(|(_, value)| !value.is_null())
            .chain(events(EVENT_PRIORITY, &self.event_priorities))
            .chain(events(AGGREGATION_ENABLED, &self.aggregation_enabled))
            .chain(events(AGGREGATION_INTERVAL, &self.aggregation_intervals))
            .map(|(name, value)| (name, json!({ "value": value })));
        let unknown = self.unknown.iter().map(|(name, value)| (name.clone(), value.clone()));
        wrapped.chain(unknown).collect()
    }
}

/// The wrapped value; `None` to remove it, which a patch may also write as `{"value": null}`.
fn unwrapped(desired: &Value) -> Result<Option<&Value>, PropertyProblem> {
    let value = match desired {
        Value::Null => desired,
        Value::Object(wrapping) => wrapping.get("value").ok_or(PropertyProblem::NotWrapped)?,
        _ => return Err(PropertyProblem::NotWrapped),
    };
    Ok(Some(value).filter(|value| !value.is_null()))
}

/// Sets one event's property. An event that the agent does not have has no default, and is removed.
fn set_event<T: Property + Clone>(
    events: &mut BTreeMap<String, T>,
    event: &str,
    desired: &Value,
    default: &BTreeMap<String, T>,
) -> Result<(), PropertyProblem> {
    let value = match unwrapped(desired)? {
        Some(value) => Some(T::read(value)?),
        None => default.get(event).cloned(),
    };
    match value {
        Some(value) => events.insert(event.into(), value),
        None => events.remove(event),
    };
    Ok(())
}

fn events<T: Property>(prefix: &str, events: &BTreeMap<String, T>) -> impl Iterator<Item = (String, Value)> {
    events.iter().map(move |(event, value)| (format!("{prefix}{event}"), value.write()))
}
