//! The security module's twin: the configuration that the hub desires, and the report of the agent.
//!
//! A twin has two parts: the service writes `desired`, the module writes `reported`, and the hub stores both with their
//! versions. Four messages transfer them. This module reads and writes each of them, for any MQTT client:
//!
//! ```text
//!  the module                                  the hub
//!      | subscribe  $iothub/twin/res/#            |      SUBSCRIPTIONS
//!      | subscribe  $iothub/twin/PATCH/…/desired/#|
//!      |------- $iothub/twin/GET/?$rid=1 -------->|      get_topic
//!      |<------ $iothub/twin/res/200/?$rid=1 -----|      Incoming::Answer, Twin::parse
//!  apply                                          |
//!      |--- …/PATCH/properties/reported/?$rid=2 ->|      report_topic, reported().since(..)
//!      |<------ $iothub/twin/res/204/?$rid=2 -----|      Incoming::Answer
//!      |                                          |
//!      |<-- …/PATCH/properties/desired/?$version=7|      Incoming::Patch, Desired::patch
//!  apply, and report again                        |
//! ```
//!
//! ```
//! use defender_auth::twin::{Agent, Desired, SecurityConfiguration, Twin};
//!
//! let answer = br#"{"desired": {"ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration": {
//!     "highPriorityMessageFrequency": {"value": "PT10M"},
//!     "eventPriorityLogin": {"value": "Medium"}
//! }, "$version": 6}, "reported": {"$version": 1}}"#;
//! let twin = Twin::parse(answer)?;
//!
//! let mut configuration = SecurityConfiguration::default_for(Agent::C);
//! let rejected = configuration.apply(&twin.desired);
//! assert_eq!(configuration.high_priority_message_frequency.to_string(), "PT10M");
//! assert_eq!(rejected[0].to_string(), "`eventPriorityLogin` is not a priority; write High, Low or Off");
//!
//! // The difference to what the hub has; nothing is sent when there is none.
//! let reported = configuration.reported();
//! let first = reported.since(&twin.reported).expect("the hub has no report yet").to_string();
//!
//! let patch = br#"{"some other object": {}, "$version": 7}"#;
//! assert!(configuration.apply(&Desired::patch(patch)?).is_empty());
//! assert_eq!(configuration.reported().since(&reported), None);
//! # Ok::<_, defender_auth::twin::TwinError>(())
//! ```
//!
//! # `azureiotsecurity`
//!
//! One object, `ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration`, with each property wrapped: `{"value": X}`.
//!
//! | property | type | default |
//! |---|---|---|
//! | `highPriorityMessageFrequency` | duration | PT7M |
//! | `lowPriorityMessageFrequency` | duration | PT5H |
//! | `snapshotFrequency` | duration | PT13H |
//! | `maxLocalCacheSizeInBytes` | bytes | 10485760, C# 2560000 |
//! | `maxMessageSizeInBytes` | bytes | 204800 |
//! | `hubResourceId` | text | absent |
//! | `eventPriority{Name}` | `High`, `Low`, `Off` | `Low`; `High` for `ListeningPorts`, `LocalUsers`, `Login`, `Operational` |
//! | `aggregationEnabled{Name}` | boolean | true |
//! | `aggregationInterval{Name}` | duration | PT1H |
//! | `baselineCustomChecksEnabled` | boolean | false |
//! | `baselineCustomChecksFilePath`, `…FileHash` | text | absent |
//!
//! | events | of | aggregated |
//! |---|---|---|
//! | `ProcessCreate`, `ConnectionCreate` | both agents | yes |
//! | `ListeningPorts`, `SystemInformation`, `LocalUsers`, `Login` | both agents | |
//! | `FirewallConfiguration`, `OSBaseline`, `Diagnostic` | both agents | |
//! | `Operational` | C | |
//! | `ProcessTerminate` | C# | yes |
//! | `ConnectedHardware`, `ConfigurationError`, `DroppedEventsStatistics`, `MessageStatistics` | C# | |
//!
//! # `DefenderIotMicroAgent`
//!
//! Flat names and plain values at the root of the part, an open list: [`MicroAgentSettings`].
//!
//! # Invalid properties
//!
//! An invalid property is reported by its name, never with its value. It keeps its last valid value while the others take
//! their new ones. (In that case the C agent keeps its whole previous configuration, and the C# agent rejects the update.)
//!
//! Sources: `Azure/Azure-IoT-Security-Agent-C:src/agent/src/twin_configuration*.c`,
//! `Azure/Azure-IoT-Security-Agent-CS:src/Agent/Core/Configuration/RemoteConfiguration*.cs`.

mod agent;
mod configuration;
mod document;
mod duration;
mod error;
mod micro_agent;
mod properties;
mod property;
mod topics;

pub use agent::Agent;
pub use configuration::SecurityConfiguration;
pub use document::{Desired, Twin};
pub use duration::{DurationError, IsoDuration};
pub use error::TwinError;
pub use micro_agent::{MicroAgentSettings, PriorityIntervals};
pub use properties::Properties;
pub use property::{Priority, PropertyError, PropertyProblem};
/// The JSON of a property: `serde_json`'s type, re-exported so that its version need not be matched.
pub use serde_json::Value;
pub use topics::{Answer, Incoming, SUBSCRIPTIONS, get_topic, report_topic};
