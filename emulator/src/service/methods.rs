//! Calls of direct methods that wait for a client, or for its answer.

use crate::hub::Identity;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// How many calls may wait for one client.
const WAITING: usize = 64;

/// A call that was not sent yet.
pub(crate) struct Call {
    /// The number by which its answer is recognized.
    pub(crate) rid: u64,
    pub(crate) name: String,
    /// JSON.
    pub(crate) payload: String,
}

/// The calls by the identity that they are for, and the answers that are awaited.
#[derive(Default)]
pub(crate) struct Methods {
    calls: BTreeMap<String, VecDeque<Call>>,
    awaited: BTreeMap<u64, (String, Option<(i64, Value)>)>,
    last: u64,
}

impl Methods {
    /// Begins a call, and returns its number. `None` when too many wait.
    pub(super) fn begin(&mut self, identity: &Identity, name: &str, payload: &Value) -> Option<u64> {
        let owner = identity.to_string();
        let calls = self.calls.entry(owner.clone()).or_default();
        if calls.len() >= WAITING {
            return None;
        }
        self.last += 1;
        let rid = self.last;
        calls.push_back(Call { rid, name: name.into(), payload: payload.to_string() });
        self.awaited.insert(rid, (owner, None));
        Some(rid)
    }

    /// The next call for a client.
    pub(crate) fn next(&mut self, identity: &Identity) -> Option<Call> {
        let owner = identity.to_string();
        let calls = self.calls.get_mut(&owner)?;
        let call = calls.pop_front();
        if calls.is_empty() {
            self.calls.remove(&owner);
        }
        call
    }

    /// Takes a client's answer, whose payload is JSON or empty. `false` when none is awaited from it.
    pub(crate) fn answer(&mut self, identity: &Identity, rid: u64, status: i64, payload: &[u8]) -> bool {
        let Some((owner, answer)) = self.awaited.get_mut(&rid) else { return false };
        if *owner != identity.to_string() || answer.is_some() {
            return false;
        }
        let text = || Value::from(String::from_utf8_lossy(payload).into_owned());
        let payload =
            if payload.is_empty() { Value::Null } else { serde_json::from_slice(payload).unwrap_or_else(|_| text()) };
        *answer = Some((status, payload));
        true
    }

    /// The answer to a call, if it has come.
    pub(super) fn take(&mut self, rid: u64) -> Option<(i64, Value)> {
        let answer = self.awaited.get_mut(&rid)?.1.take()?;
        self.awaited.remove(&rid);
        Some(answer)
    }

    /// Ends a call without an answer.
    pub(super) fn give_up(&mut self, rid: u64) {
        if let Some((owner, _)) = self.awaited.remove(&rid)
            && let Some(calls) = self.calls.get_mut(&owner)
        {
            calls.retain(|call| call.rid != rid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(device: &str) -> Identity {
        Identity { host: "h.net".into(), device: device.into(), module: None }
    }

    #[test]
    fn only_the_client_that_was_called_answers_and_only_once() {
        let (mut methods, [d, e]) = (Methods::default(), ["d", "e"].map(identity));
        let rid = methods.begin(&d, "reboot", &Value::Null).unwrap();
        assert!(methods.next(&e).is_none());
        assert_eq!(
            methods.next(&d).map(|call| (call.rid, call.name, call.payload)),
            Some((rid, "reboot".into(), "null".into()))
        );
        assert!(methods.next(&d).is_none());
        assert!(!methods.answer(&e, rid, 200, b"1") && !methods.answer(&d, rid + 1, 200, b"1"));
        assert!(methods.answer(&d, rid, 200, b"{\"a\":1}") && !methods.answer(&d, rid, 500, b""));
        assert_eq!(methods.take(rid), Some((200, serde_json::json!({ "a": 1 }))));
        assert_eq!(methods.take(rid), None);
    }

    #[test]
    fn a_call_that_is_given_up_is_not_sent_and_its_answer_is_not_kept() {
        let (mut methods, d) = (Methods::default(), identity("d"));
        let rid = methods.begin(&d, "m", &Value::Null).unwrap();
        methods.give_up(rid);
        assert!(methods.next(&d).is_none() && !methods.answer(&d, rid, 200, b""));
        assert!((0..WAITING).all(|_| methods.begin(&d, "m", &Value::Null).is_some()));
        assert_eq!(methods.begin(&d, "m", &Value::Null), None);
        assert!(methods.begin(&identity("e"), "m", &Value::Null).is_some());
    }
}
