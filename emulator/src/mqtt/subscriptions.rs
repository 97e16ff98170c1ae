use mqtt_protocol_core::mqtt::packet::Qos;

/// How many filters are kept.
const LIMIT: usize = 64;

/// The topic filters of a client.
#[derive(Default)]
pub(crate) struct Subscriptions(Vec<(String, Qos)>);

impl Subscriptions {
    /// `false` when there are too many.
    pub(crate) fn add(&mut self, filter: &str, qos: Qos) -> bool {
        self.remove(filter);
        let has_room = self.0.len() < LIMIT;
        if has_room {
            self.0.push((filter.into(), qos));
        }
        has_room
    }

    pub(crate) fn remove(&mut self, filter: &str) {
        self.0.retain(|(known, _)| known != filter);
    }

    /// The quality of service of a message on this topic, if the client has subscribed to it.
    pub(crate) fn granted(&self, topic: &str) -> Option<Qos> {
        let found = self.0.iter().find(|(filter, _)| match filter.strip_suffix('#') {
            Some(prefix) if prefix.ends_with('/') => topic.starts_with(prefix),
            _ => filter == topic,
        });
        found.map(|(_, qos)| *qos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_the_topics_below_them() {
        let mut subscriptions = Subscriptions::default();
        assert!(subscriptions.add("$iothub/twin/res/#", Qos::AtLeastOnce));
        assert!(subscriptions.add("a", Qos::AtMostOnce));
        assert_eq!(subscriptions.granted("$iothub/twin/res/200/?$rid=1"), Some(Qos::AtLeastOnce));
        assert_eq!(subscriptions.granted("a"), Some(Qos::AtMostOnce));
        assert_eq!(subscriptions.granted("a/b"), None);
        subscriptions.remove("a");
        assert_eq!(subscriptions.granted("a"), None);
        for i in 0..2 * LIMIT {
            assert_eq!(subscriptions.add(&i.to_string(), Qos::AtMostOnce), i < LIMIT - 1);
        }
    }
}
