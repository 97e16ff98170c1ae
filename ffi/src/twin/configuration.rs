//! Configurations, as the library applies and reports them.

use super::{
    code::{DEFENDERAUTH_TWIN_AGENT_C, DEFENDERAUTH_TWIN_AGENT_CSHARP, DEFENDERAUTH_TWIN_AGENT_MICRO},
    views::{Property, Rejected, Views},
};
use crate::{code::DEFENDERAUTH_NOT_APPLICABLE, failure::Failure, view::View};
use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use defender_auth::twin::{
    Agent, Desired, IsoDuration, MicroAgentSettings, Properties, PropertyError, SecurityConfiguration, Twin, Value,
};

/// A configuration, and what the hub has of it.
pub(super) struct Configuration {
    settings: Settings,
    /// The reported properties that the hub has.
    hub: Properties,
    version: Option<u64>,
    rejected: Vec<PropertyError>,
}

enum Settings {
    Security(Box<SecurityConfiguration>),
    Micro(MicroAgentSettings),
}

impl Configuration {
    pub(super) fn new(agent: i32) -> Result<Self, Failure> {
        let security = |agent| Settings::Security(Box::new(SecurityConfiguration::default_for(agent)));
        let settings = match agent {
            DEFENDERAUTH_TWIN_AGENT_C => security(Agent::C),
            DEFENDERAUTH_TWIN_AGENT_CSHARP => security(Agent::CSharp),
            DEFENDERAUTH_TWIN_AGENT_MICRO => Settings::Micro(MicroAgentSettings::default()),
            _ => return Err(Failure::argument("agent", "it is unknown; pass one of DEFENDERAUTH_TWIN_AGENT_")),
        };
        Ok(Self { settings, hub: Properties::default(), version: None, rejected: Vec::new() })
    }

    pub(super) fn set_object(&mut self, name: &str) -> Result<(), Failure> {
        if name.is_empty() {
            return Err(Failure::argument("name", "it is empty; pass the name of an object in the twin"));
        }
        let Settings::Security(security) = &mut self.settings else {
            let message = "the settings of a micro agent are in no object; use an agent that has one";
            return Err(Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("twin"));
        };
        **security = security.as_ref().clone().in_object(name);
        Ok(())
    }

    pub(super) fn handle_twin(&mut self, json: &[u8]) -> Result<(), Failure> {
        let twin = Twin::parse(json).map_err(|error| Failure::from(error).field("json"))?;
        self.hub = twin.reported;
        self.apply(&twin.desired);
        Ok(())
    }

    pub(super) fn handle_patch(&mut self, json: &[u8]) -> Result<(), Failure> {
        let desired = Desired::patch(json).map_err(|error| Failure::from(error).field("json"))?;
        self.apply(&desired);
        Ok(())
    }

    pub(super) fn handle_reported(&mut self) {
        self.hub = self.reported();
    }

    fn apply(&mut self, desired: &Desired) {
        self.rejected = match &mut self.settings {
            Settings::Security(security) => security.apply(desired),
            Settings::Micro(settings) => settings.apply(desired),
        };
        self.version = desired.version();
    }

    fn reported(&self) -> Properties {
        match &self.settings {
            Settings::Security(security) => security.reported(),
            Settings::Micro(settings) => settings.reported(),
        }
    }

    pub(super) fn views(&self) -> Views {
        let reported = self.reported();
        let properties = match &self.settings {
            // One object that contains all of them.
            Settings::Security(_) => {
                reported.iter().filter_map(|(_, object)| object.as_object()).flatten().map(wrapped).collect()
            }
            Settings::Micro(settings) => settings.iter().map(|(name, value)| property(name, value)).collect(),
        };
        let rejected = |error: &PropertyError| Rejected { name: View::new(&error.name), text: View::of(error) };
        Views {
            properties,
            rejected: self.rejected.iter().map(rejected).collect(),
            report: reported.since(&self.hub).as_ref().map(View::of).unwrap_or_default(),
            reported: View::of(&reported),
            version: self.version.and_then(|version| i64::try_from(version).ok()).unwrap_or(-1),
        }
    }
}

/// A property whose value is wrapped, unless the library does not know it and leaves it as it was desired.
fn wrapped((name, value): (&String, &Value)) -> Property {
    property(name, value.get("value").unwrap_or(value))
}

fn property(name: &str, value: &Value) -> Property {
    let text = value.as_str();
    let seconds = text.and_then(|text| text.parse().ok()).map_or(0, |duration: IsoDuration| duration.get().as_secs());
    // A text with a NUL would end there in C and be a different one.
    let value = text.filter(|text| !text.contains('\0')).map_or_else(|| View::of(value), View::new);
    Property { name: name.to_owned(), name_view: View::new(name), value, seconds }
}
