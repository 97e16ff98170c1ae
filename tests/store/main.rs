//! The folder of an agent's state: what is written, what is read again, and what is left when a process ends in between.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[cfg(windows)]
mod access_list;
mod certificates;
#[cfg(unix)]
mod ending;
mod killed;
mod reading;
#[path = "../support/scratch.rs"]
mod scratch;
mod session_lock;
mod writing;

use defender_auth::{session::Snapshot, store::Store};
use scratch::Scratch;

const TEXT: &str = "session.json";
const KEYS: &str = "session-keys.json";

/// A snapshot of a device, or with the keys of its module `m`.
fn snapshot(device: &str, primary: Option<&str>) -> Snapshot {
    let module = primary.map_or("", |_| r#", "module": "m""#);
    let text = format!(
        r#"{{"format": "defender-auth session", "version": 1, "readableSince": 1, "floor": 1800000000,
            "assignment": {{"source": "dps", "owner": "0ne/{device}", "hub": "h.azure-devices.net", "device": "{device}"{module}}}}}"#
    );
    let keys = primary.map(|key| format!(r#"{{"of":"h.azure-devices.net/{device}/m","primary":"{key}"}}"#));
    Snapshot::parse(&text, keys.as_deref()).unwrap()
}

const A: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const B: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

fn both(snapshot: &Snapshot) -> (String, Option<String>) {
    (snapshot.text(), snapshot.secret().map(|keys| keys.expose().to_owned()))
}

fn store(scratch: &Scratch) -> Store {
    Store::open(scratch.path("state")).unwrap()
}

/// Everything in the folder, in order.
fn names(store: &Store) -> Vec<String> {
    let entries = std::fs::read_dir(store.folder()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
