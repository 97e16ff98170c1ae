//! The open connections to hubs, of which each identity has one.

use crate::hub::Identity;
use std::collections::BTreeMap;

/// The open connections.
#[derive(Default)]
pub(crate) struct Connections {
    latest: BTreeMap<String, u64>,
    /// Why others are to end, until they have.
    ending: BTreeMap<u64, Standing>,
    opened: u64,
}

/// What holds for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    /// There is a later one of the same identity.
    Replaced,
    /// It is to be closed.
    Closing,
}

impl Connections {
    /// Opens a connection, which replaces the one of the same identity, and returns its number.
    pub(crate) fn open(&mut self, identity: &Identity) -> u64 {
        self.opened += 1;
        if let Some(older) = self.latest.insert(identity.to_string(), self.opened) {
            self.ending.insert(older, Standing::Replaced);
        }
        self.opened
    }

    pub(crate) fn standing(&self, number: u64) -> Standing {
        self.ending.get(&number).copied().unwrap_or(Standing::Open)
    }

    /// Removes a connection that has ended.
    pub(crate) fn remove(&mut self, identity: &Identity, number: u64) {
        if self.ending.remove(&number).is_none() {
            self.latest.remove(&identity.to_string());
        }
    }

    /// Closes the connection of an identity, and returns whether there was one.
    pub(crate) fn close(&mut self, identity: &Identity) -> bool {
        let number = self.latest.remove(&identity.to_string());
        self.ending.extend(number.map(|number| (number, Standing::Closing)));
        number.is_some()
    }

    /// Closes all of them, and returns how many there were.
    pub(crate) fn close_all(&mut self) -> usize {
        let all = std::mem::take(&mut self.latest);
        self.ending.extend(all.values().map(|number| (*number, Standing::Closing)));
        all.len()
    }

    /// Whether an identity has one.
    pub(crate) fn has(&self, identity: &Identity) -> bool {
        self.latest.contains_key(&identity.to_string())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.latest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(device: &str) -> Identity {
        Identity { host: "h.net".into(), device: device.into(), module: None }
    }

    #[test]
    fn the_end_of_a_replaced_connection_does_not_end_the_later_one() {
        let mut connections = Connections::default();
        let (first, second) = (connections.open(&identity("a")), connections.open(&identity("a")));
        assert_eq!(connections.standing(first), Standing::Replaced);
        connections.remove(&identity("a"), first);
        assert_eq!((connections.standing(second), connections.count()), (Standing::Open, 1));
        assert_eq!((connections.close(&identity("a")), connections.close(&identity("a"))), (true, false));
        assert_eq!(connections.standing(second), Standing::Closing);
    }

    #[test]
    fn a_connection_stays_replaced_when_the_later_one_ends_first() {
        let mut connections = Connections::default();
        let (first, second) = (connections.open(&identity("a")), connections.open(&identity("a")));
        connections.remove(&identity("a"), second);
        assert_eq!((connections.standing(first), connections.count()), (Standing::Replaced, 0));
        let third = connections.open(&identity("a"));
        connections.remove(&identity("a"), first);
        assert_eq!((connections.standing(third), connections.count()), (Standing::Open, 1));
        assert!(connections.ending.is_empty(), "it does not grow");
    }

    #[test]
    fn identities_are_independent_of_each_other() {
        let mut connections = Connections::default();
        let (a, b) = (connections.open(&identity("a")), connections.open(&identity("b")));
        assert!(connections.close(&identity("b")));
        assert_eq!((connections.standing(a), connections.standing(b)), (Standing::Open, Standing::Closing));
        assert_eq!((connections.close_all(), connections.count()), (1, 0));
        assert_eq!(connections.standing(a), Standing::Closing);
    }
}
