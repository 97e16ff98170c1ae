//! The messages that hubs have received.

use crate::{base::Moment, hub::Identity};
use std::collections::{BTreeMap, VecDeque};

/// How many messages of one identity are kept.
const KEPT: usize = 16;

/// A message from a device or module to its hub.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The properties in its topic, as they are written there: `name=value`, joined by `&`.
    pub properties: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// When it arrived by the emulator's clock, as `2024-02-29T23:59:59.0000001Z`.
    pub enqueued: String,
}

impl Message {
    pub(crate) const fn new(properties: String, payload: Vec<u8>) -> Self {
        Self { properties, payload, enqueued: String::new() }
    }
}

/// The messages of each identity: their number, and the latest ones.
#[derive(Default)]
pub(crate) struct Messages(BTreeMap<String, (u64, VecDeque<Message>)>);

impl Messages {
    pub(crate) fn add(&mut self, identity: &Identity, message: Message, now: Moment) {
        let (count, latest) = self.0.entry(identity.to_string()).or_default();
        *count += 1;
        if latest.len() >= KEPT {
            latest.pop_front();
        }
        latest.push_back(Message { enqueued: now.iso(), ..message });
    }

    /// How many there were.
    pub(crate) fn count(&self, identity: &Identity) -> u64 {
        self.0.get(&identity.to_string()).map_or(0, |(count, _)| *count)
    }

    /// The latest ones, in order.
    pub(crate) fn latest(&self, identity: &Identity) -> Vec<Message> {
        self.0.get(&identity.to_string()).map(|(_, latest)| latest.iter().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_messages_are_counted_and_the_latest_are_kept() {
        let mut messages = Messages::default();
        let identity = Identity { host: "h.net".into(), device: "d".into(), module: None };
        let module = Identity { module: Some("m".into()), ..identity.clone() };
        for number in 0..=KEPT {
            messages.add(&identity, Message::new(String::new(), number.to_string().into()), Moment::at(0));
        }
        let latest = messages.latest(&identity);
        assert_eq!((messages.count(&identity), latest.len()), (KEPT as u64 + 1, KEPT));
        assert_eq!(latest.first().map(|message| message.payload.as_slice()), Some(b"1".as_slice()));
        assert_eq!((messages.count(&module), messages.latest(&module)), (0, Vec::new()));
    }
}
