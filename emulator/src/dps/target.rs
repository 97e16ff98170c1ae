use crate::config::{Assignment, Hub};
use serde_json::{Value, json};
use std::fmt;

/// What a device is assigned to.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Target {
    Hub(String),
    MqttBroker(String),
}

impl Target {
    /// The target of an enrollment: the first hub unless it names one. `None` when there is no hub.
    pub(super) fn of(assignment: &Assignment, hubs: &[Hub]) -> Option<Self> {
        if let Some(broker) = &assignment.mqtt_broker {
            return Some(Self::MqttBroker(broker.clone()));
        }
        let first = || hubs.first().map(|hub| hub.host_name.clone());
        assignment.hub.clone().or_else(first).map(Self::Hub)
    }

    /// The host name of the hub. `None` for an MQTT broker.
    pub(super) fn hub(&self) -> Option<&str> {
        match self {
            Self::Hub(host) => Some(host),
            Self::MqttBroker(_) => None,
        }
    }

    /// The member of a registration state that names it.
    pub(super) fn member(&self) -> (&'static str, Value) {
        match self {
            Self::Hub(host) => ("assignedHub", host.as_str().into()),
            Self::MqttBroker(host) => ("assignedEndpoint", json!({ "type": "MqttBroker", "hostName": host })),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub(host) => f.write_str(host),
            Self::MqttBroker(host) => write!(f, "the MQTT broker {host}"),
        }
    }
}
