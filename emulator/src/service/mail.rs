//! Messages from the cloud to devices, which wait in their hub until a device takes them.

use crate::{base::random_hex, hub::Identity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::{BTreeMap, VecDeque};

/// How many messages wait for one device or for its receipt, as at a hub.
const WAITING: usize = 50;

/// How long a device may take to complete a message that it has received over HTTPS, in seconds, as at a hub.
const LOCKED: u64 = 60;

/// The longest properties as a topic has them, and the longest payload, in bytes.
const SIZES: [usize; 2] = [8 * 1024, 64 * 1024];

/// What is not encoded in a topic.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A message from the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// What its receipt is requested by over HTTPS.
    pub(crate) lock: String,
    pub(crate) named: Vec<(String, String)>,
    pub(crate) payload: Vec<u8>,
}

/// The messages that wait, by the identity of the device.
#[derive(Default)]
pub(crate) struct Mail {
    waiting: BTreeMap<String, VecDeque<Letter>>,
    /// Those that a device has received over HTTPS and not completed, and when it did.
    locked: BTreeMap<String, Vec<(u64, Letter)>>,
}

impl Letter {
    /// With these properties, of which those of the system begin with `$.`.
    pub(crate) fn new(named: Vec<(String, String)>, payload: Vec<u8>) -> Self {
        Self { lock: random_hex(), named, payload }
    }

    /// Whether a hub takes it.
    pub(crate) fn fits(&self, identity: &Identity) -> bool {
        [self.properties(identity).len(), self.payload.len()].iter().zip(SIZES).all(|(length, most)| *length <= most)
    }

    /// The properties as a topic has them.
    pub(crate) fn properties(&self, identity: &Identity) -> String {
        let to = format!("/devices/{}/messages/devicebound", identity.device);
        let named = self.named.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        encoded(named.chain([("$.to", to.as_str())]))
    }
}

/// Properties as a topic has them.
pub(super) fn encoded<'a>(named: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |text: &'a str| utf8_percent_encode(text, &PLAIN);
    named.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

impl Mail {
    /// `false` when too many wait. Those that a device has not completed wait too.
    pub(crate) fn post(&mut self, identity: &Identity, letter: Letter) -> bool {
        let owner = identity.to_string();
        let locked = self.locked.get(&owner).map_or(0, Vec::len);
        let waiting = self.waiting.entry(owner).or_default();
        let has_room = waiting.len() + locked < WAITING;
        if has_room {
            waiting.push_back(letter);
        }
        has_room
    }

    /// The next message for a device.
    pub(crate) fn take(&mut self, identity: &Identity) -> Option<Letter> {
        self.waiting.get_mut(&identity.to_string())?.pop_front()
    }

    /// Returns a message that a device has not acknowledged.
    pub(crate) fn put_back(&mut self, identity: &Identity, letter: Letter) {
        self.waiting.entry(identity.to_string()).or_default().push_front(letter);
    }

    /// The next message for a device, which keeps it until it is completed, or for a minute.
    pub(crate) fn lock(&mut self, identity: &Identity, now: u64) -> Option<Letter> {
        let locked = self.locked.remove(&identity.to_string()).unwrap_or_default();
        let (late, mut locked): (Vec<_>, Vec<_>) = locked.into_iter().partition(|(since, _)| since + LOCKED <= now);
        for (_, letter) in late.into_iter().rev() {
            self.put_back(identity, letter);
        }
        let letter = self.take(identity);
        locked.extend(letter.clone().map(|letter| (now, letter)));
        self.locked.insert(identity.to_string(), locked);
        letter
    }

    /// Completes a message, or returns it to those that wait. `false` when there is none with this lock.
    pub(crate) fn settle(&mut self, identity: &Identity, lock: &str, abandons: bool) -> bool {
        let Some(locked) = self.locked.get_mut(&identity.to_string()) else { return false };
        let Some(index) = locked.iter().position(|(_, letter)| letter.lock == lock) else { return false };
        let (_, letter) = locked.remove(index);
        if abandons {
            self.put_back(identity, letter);
        }
        true
    }

    /// How many wait.
    pub(crate) fn count(&self, identity: &Identity) -> usize {
        self.waiting.get(&identity.to_string()).map_or(0, VecDeque::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_wait_in_their_order_until_they_are_completed() {
        let identity = Identity { host: "h.net".into(), device: "n@m".into(), module: None };
        let letter = |text: &str| Letter::new(vec![("a b".into(), "ä&=".into())], text.into());
        let mut mail = Mail::default();
        assert!((0..WAITING).all(|i| mail.post(&identity, letter(&i.to_string()))));
        assert!(!mail.post(&identity, letter("one too many")));
        let first = mail.take(&identity).unwrap();
        assert_eq!(
            first.properties(&identity),
            "a%20b=%C3%A4%26%3D&%24.to=%2Fdevices%2Fn%40m%2Fmessages%2Fdevicebound"
        );
        mail.put_back(&identity, first.clone());
        let locked = mail.lock(&identity, 100).unwrap();
        assert_eq!((&locked, mail.count(&identity)), (&first, WAITING - 1));
        assert!(!mail.post(&identity, letter("one too many while another is locked")));
        assert!(mail.settle(&identity, &locked.lock, true) && !mail.settle(&identity, &locked.lock, true));
        let locked = mail.lock(&identity, 100).unwrap();
        assert!(mail.settle(&identity, &locked.lock, false) && mail.count(&identity) == WAITING - 1);
    }

    #[test]
    fn a_message_that_is_not_completed_in_a_minute_comes_again() {
        let identity = Identity::of("h.net", "d", None);
        let mut mail = Mail::default();
        for text in ["1", "2"] {
            assert!(mail.post(&identity, Letter::new(Vec::new(), text.into())));
        }
        let taken = |mail: &mut Mail, now| mail.lock(&identity, now).map(|letter| letter.payload);
        assert_eq!(
            [taken(&mut mail, 100), taken(&mut mail, 130), taken(&mut mail, 159)],
            [Some(b"1".to_vec()), Some(b"2".to_vec()), None]
        );
        assert_eq!([taken(&mut mail, 160), taken(&mut mail, 161)], [Some(b"1".to_vec()), None]);
    }

    #[test]
    fn a_message_has_limits() {
        let identity = Identity::of("h.net", "d", None);
        let fits = |name: usize, payload: usize| {
            Letter::new(vec![("%".repeat(name), String::new())], vec![0; payload]).fits(&identity)
        };
        assert!(fits(1, 64 * 1024) && fits(2000, 0));
        assert!(!fits(1, 64 * 1024 + 1) && !fits(3000, 0), "names are encoded");
    }
}
