//! The defaults of the two security agents.

use super::{duration::IsoDuration, property::Priority};

/// The agent whose defaults apply. They differ in one number and in their events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Agent {
    /// The security agent in C.
    C,
    /// The security agent in C#.
    CSharp,
}

pub(super) const HIGH_PRIORITY_MESSAGE_FREQUENCY: IsoDuration = IsoDuration::minutes(7);
pub(super) const LOW_PRIORITY_MESSAGE_FREQUENCY: IsoDuration = IsoDuration::hours(5);
pub(super) const SNAPSHOT_FREQUENCY: IsoDuration = IsoDuration::hours(13);
pub(super) const MAX_MESSAGE_SIZE_IN_BYTES: u64 = 204_800;
pub(super) const AGGREGATION_INTERVAL: IsoDuration = IsoDuration::hours(1);

const EVENTS: [(&str, Priority); 9] = [
    ("ProcessCreate", Priority::Low),
    ("ListeningPorts", Priority::High),
    ("SystemInformation", Priority::Low),
    ("LocalUsers", Priority::High),
    ("Login", Priority::High),
    ("ConnectionCreate", Priority::Low),
    ("FirewallConfiguration", Priority::Low),
    ("OSBaseline", Priority::Low),
    ("Diagnostic", Priority::Low),
];
const EVENTS_IN_C: [(&str, Priority); 1] = [("Operational", Priority::High)];
const EVENTS_IN_CSHARP: [(&str, Priority); 5] = [
    ("ConnectedHardware", Priority::Low),
    ("ProcessTerminate", Priority::Low),
    ("ConfigurationError", Priority::Low),
    ("DroppedEventsStatistics", Priority::Low),
    ("MessageStatistics", Priority::Low),
];

const AGGREGATED: [&str; 2] = ["ProcessCreate", "ConnectionCreate"];
const AGGREGATED_IN_CSHARP: [&str; 1] = ["ProcessTerminate"];

impl Agent {
    pub(super) const fn max_local_cache_size_in_bytes(self) -> u64 {
        match self {
            Self::C => 10_485_760,
            Self::CSharp => 2_560_000,
        }
    }

    /// Its events and their priorities.
    pub(super) fn events(self) -> impl Iterator<Item = (&'static str, Priority)> {
        let own: &[_] = match self {
            Self::C => &EVENTS_IN_C,
            Self::CSharp => &EVENTS_IN_CSHARP,
        };
        EVENTS.iter().chain(own).copied()
    }

    /// The events that it aggregates.
    pub(super) fn aggregated(self) -> impl Iterator<Item = &'static str> {
        let own: &[_] = match self {
            Self::C => &[],
            Self::CSharp => &AGGREGATED_IN_CSHARP,
        };
        AGGREGATED.iter().chain(own).copied()
    }
}
