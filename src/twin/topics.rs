//! The topics of a twin. They contain no identity, because the hub knows that of the connection.

use crate::base::encode::number;
use alloc::{format, string::String};

const ANSWERS: &str = "$iothub/twin/res/";
const PATCHES: &str = "$iothub/twin/PATCH/properties/desired/";

/// The subscriptions to make before the first request: the answers, and the patches of the desired part.
pub const SUBSCRIPTIONS: [&str; 2] = ["$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#"];

/// The topic on which an empty message requests the whole twin. The answer has the same number.
#[must_use]
pub fn get_topic(rid: u32) -> String {
    format!("$iothub/twin/GET/?$rid={rid}")
}

/// The topic for a patch of the reported part. The answer has the same number.
#[must_use]
pub fn report_topic(rid: u32) -> String {
    format!("$iothub/twin/PATCH/properties/reported/?$rid={rid}")
}

/// The kind of a received message, by its topic.
///
/// ```
/// use defender_auth::twin::{Answer, Incoming};
///
/// let topic = "$iothub/twin/res/204/?$rid=2&$version=5";
/// let answer = Answer { rid: 2, status: 204, version: Some(5) };
/// assert_eq!(Incoming::of(topic), Some(Incoming::Answer(answer)));
///
/// let topic = "$iothub/twin/PATCH/properties/desired/?$version=7";
/// assert_eq!(Incoming::of(topic), Some(Incoming::Patch { version: Some(7) }));
///
/// assert_eq!(Incoming::of("$iothub/methods/POST/reboot/?$rid=1"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The hub's answer to a request.
    Answer(Answer),
    /// A patch of the desired part, in the message ([`Desired::patch`](super::Desired::patch)).
    Patch {
        /// The version of the desired part after the patch. When it is not the next one, a patch was lost: request the
        /// whole twin.
        version: Option<u64>,
    },
}

/// The hub's answer to [`get_topic`] or [`report_topic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The request's number.
    pub rid: u32,
    /// As in HTTP: 200 with the twin, 204 for an accepted report, 400 for one that is not JSON, 429 for too many requests,
    /// 5xx for an error of the hub.
    pub status: u16,
    /// The version of the reported part after a report.
    pub version: Option<u64>,
}

impl Answer {
    /// Whether the hub accepted the request.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.status, 200..=299)
    }
}

impl Incoming {
    /// From the topic. `None`: not about a twin, or an answer whose number is not one of [`get_topic`]'s or
    /// [`report_topic`]'s.
    #[must_use]
    pub fn of(topic: &str) -> Option<Self> {
        if let Some(query) = topic.strip_prefix(PATCHES) {
            return Some(Self::Patch { version: parameter(query, "$version=") });
        }
        let (status, query) = topic.strip_prefix(ANSWERS)?.split_once('/')?;
        let status = number(status)?;
        Some(Self::Answer(Answer { rid: parameter(query, "$rid=")?, status, version: parameter(query, "$version=") }))
    }
}

fn parameter<T: core::str::FromStr>(query: &str, name: &str) -> Option<T> {
    query.strip_prefix('?')?.split('&').find_map(|pair| pair.strip_prefix(name)).and_then(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_cover_every_incoming_topic() {
        assert_eq!(SUBSCRIPTIONS, [format!("{ANSWERS}#"), format!("{PATCHES}#")]);
    }

    #[test]
    fn requests_contain_their_number() {
        assert_eq!(get_topic(1), "$iothub/twin/GET/?$rid=1");
        assert_eq!(report_topic(u32::MAX), "$iothub/twin/PATCH/properties/reported/?$rid=4294967295");
    }

    #[test]
    fn answers_are_read_with_and_without_version() {
        let of = |rid, status, version| Some(Incoming::Answer(Answer { rid, status, version }));
        assert_eq!(Incoming::of("$iothub/twin/res/200/?$rid=1"), of(1, 200, None));
        assert_eq!(Incoming::of("$iothub/twin/res/204/?$rid=2&$version=18"), of(2, 204, Some(18)));
        assert_eq!(Incoming::of("$iothub/twin/res/204/?$version=18&$rid=2"), of(2, 204, Some(18)), "in either order");
        assert_eq!(
            Incoming::of("$iothub/twin/res/429/?$rid=3&x=y"),
            of(3, 429, None),
            "an unknown parameter is ignored"
        );
    }

    #[test]
    fn a_status_of_200_to_299_is_success() {
        let answer = |status| Answer { rid: 1, status, version: None };
        assert!(answer(200).is_success() && answer(204).is_success());
        assert!(!answer(199).is_success() && !answer(400).is_success() && !answer(500).is_success());
    }

    #[test]
    fn a_patch_needs_no_version() {
        let patch = |version| Some(Incoming::Patch { version });
        assert_eq!(Incoming::of("$iothub/twin/PATCH/properties/desired/?$version=4"), patch(Some(4)));
        assert_eq!(Incoming::of("$iothub/twin/PATCH/properties/desired/"), patch(None));
        assert_eq!(Incoming::of("$iothub/twin/PATCH/properties/desired/?$version=-4"), patch(None));
    }

    #[test]
    fn other_topics_are_ignored() {
        for topic in [
            "",
            "$iothub/twin/res/",
            "$iothub/twin/res/200",
            "$iothub/twin/res/200/",
            "$iothub/twin/res/200/$rid=1",
            "$iothub/twin/res/200/?$rid=",
            "$iothub/twin/res/200/?$rid=+1",
            "$iothub/twin/res/200/?$rid=7e1b-uuid",
            "$iothub/twin/res/200/?$rid=4294967296",
            "$iothub/twin/res/2x0/?$rid=1",
            "$iothub/twin/res//?$rid=1",
            "$iothub/twin/res/99999/?$rid=1",
            "$iothub/twin/PATCH/properties/reported/?$rid=1",
            "$dps/registrations/res/200/?$rid=1",
        ] {
            assert_eq!(Incoming::of(topic), None, "{topic}");
        }
    }
}
