//! Which topics are a client's own: what it may publish to, and what it may subscribe to.
//!
//! Source: "Communicate with an IoT hub using the MQTT protocol directly".

use crate::hub::Identity;

/// What the subscriptions of every client begin with.
const SHARED: [&str; 4] = [
    "$iothub/twin/res/",
    "$iothub/twin/PATCH/properties/desired/",
    "$iothub/methods/POST/",
    "$iothub/credentials/res/",
];

/// What the topics of answers to methods begin with.
pub(super) const METHOD_ANSWER: &str = "$iothub/methods/res/";

/// What the topics of requests and answers begin with.
const REQUESTS: [&str; 4] = [
    "$iothub/twin/GET/?",
    "$iothub/twin/PATCH/properties/reported/?",
    "$iothub/credentials/POST/issueCertificate/?",
    METHOD_ANSWER,
];

/// Whether a client may publish a request or an answer to this topic.
pub(super) fn may_publish(topic: &str) -> bool {
    REQUESTS.into_iter().any(|prefix| topic.starts_with(prefix))
}

/// Whether a hub grants this subscription.
pub(super) fn may_subscribe(identity: &Identity, filter: &str) -> bool {
    let name = filter.strip_suffix('#').unwrap_or(filter);
    let below = |prefix: &str| name.starts_with(prefix);
    let own = match &identity.module {
        None => below(&format!("devices/{}/messages/devicebound/", identity.device)),
        Some(module) => below(&format!("devices/{}/modules/{module}/inputs/", identity.device)),
    };
    !name.contains(['#', '+', '\0']) && (own || SHARED.into_iter().any(below))
}

/// The properties in the topic of a message, if it is one of this identity.
pub(super) fn properties<'a>(identity: &Identity, topic: &'a str) -> Option<&'a str> {
    let rest = topic.strip_prefix("devices/")?.strip_prefix(identity.device.as_str())?;
    let rest = match &identity.module {
        Some(module) => rest.strip_prefix("/modules/")?.strip_prefix(module.as_str())?,
        None => rest,
    };
    let rest = rest.strip_prefix("/messages/events")?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identities() -> [Identity; 2] {
        let device = Identity { host: "h".into(), device: "d".into(), module: None };
        [device.clone(), Identity { module: Some("m".into()), ..device }]
    }

    #[test]
    fn messages_are_recognized_by_their_topics() {
        let [device, module] = identities();
        assert_eq!(properties(&device, "devices/d/messages/events/a=b%20c&d"), Some("a=b%20c&d"));
        assert_eq!(properties(&device, "devices/d/messages/events"), Some(""));
        assert_eq!(properties(&module, "devices/d/modules/m/messages/events/"), Some(""));
        for other in [
            "devices/d/modules/m/messages/events/",
            "devices/dd/messages/events/",
            "devices/e/messages/events/",
            "devices/d/messages/eventsx",
            "devices/d/messages/devicebound/",
            "/devices/d/messages/events/",
        ] {
            assert_eq!(properties(&device, other), None, "{other}");
        }
        assert_eq!(properties(&module, "devices/d/messages/events/"), None);
    }

    #[test]
    fn requests_have_topics_of_the_hub() {
        for topic in ["$iothub/twin/GET/?$rid=1", "$iothub/methods/res/200/?$rid=1"] {
            assert!(may_publish(topic), "{topic}");
        }
        for topic in
            ["$iothub/twin/GET", "$iothub/twin/res/200/?$rid=1", "$iothub/methods/POST/a/?$rid=1", "$iothub/", ""]
        {
            assert!(!may_publish(topic), "{topic}");
        }
    }

    #[test]
    fn a_client_subscribes_to_its_own_topics_only() {
        let [device, module] = identities();
        for filter in SHARED.map(|prefix| format!("{prefix}#")) {
            assert!(may_subscribe(&device, &filter) && may_subscribe(&module, &filter), "{filter}");
        }
        assert!(may_subscribe(&device, "$iothub/methods/POST/reboot/#"));
        assert!(may_subscribe(&device, "devices/d/messages/devicebound/#"));
        assert!(may_subscribe(&module, "devices/d/modules/m/inputs/#"));
        for other in [
            "#",
            "+/twin/res/#",
            "$iothub/#",
            "$iothub/+/res/#",
            "$iothub/twin/res#",
            "$iothub/twin/res/#/#",
            "$iothub/methods/res/#",
            "$iothub/twin/GET/#",
            "devices/#",
            "devices/+/messages/devicebound/#",
            "devices/e/messages/devicebound/#",
            "devices/dd/messages/devicebound/#",
            "devices/d/messages/events/#",
            "devices/d/#",
            "devices/d/modules/n/inputs/#",
            "$dps/registrations/res/#",
            "",
        ] {
            assert!(!may_subscribe(&device, other) && !may_subscribe(&module, other), "{other}");
        }
        assert!(!may_subscribe(&module, "devices/d/messages/devicebound/#"));
    }
}
