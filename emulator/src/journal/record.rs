//! An entry with the time, the client and the request that it is about.

use super::Entry;
use serde_json::{Value, json};
use std::fmt;

/// The client and the request that the next entries are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// The client's address.
    pub(crate) client: Option<String>,
    /// Who it is, or claims to be.
    pub(crate) identity: Option<String>,
    /// The method or packet, and the path, topic or client ID.
    pub(crate) request: Option<String>,
}

/// An entry of the journal, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its number, from 1 on.
    pub number: u64,
    /// The time by the emulator's clock, as `2024-02-29T23:59:59.0000001Z`.
    pub time: String,
    /// The client's address.
    pub client: Option<String>,
    /// The device, module or registration that the client is, or claims to be.
    pub identity: Option<String>,
    /// The method and the path of a request over HTTPS, or the packet and the topic or client ID of one over MQTT. What the
    /// emulator does of its own accord has none.
    pub request: Option<String>,
    /// The decision or event.
    pub entry: Entry,
}

impl Record {
    pub(super) fn new(number: u64, time: String, about: About, entry: Entry) -> Self {
        let identity = entry.identity().map(Into::into).or(about.identity);
        Self { number, time, client: about.client, identity, request: about.request, entry }
    }

    /// The record as the admin API has it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "time": self.time,
            "client": self.client,
            "identity": self.identity,
            "request": self.request,
            "kind": self.entry.kind(),
            "refused": self.entry.is_refusal(),
            "answer": self.entry.answer(),
            "reason": self.entry.reason(),
            "text": self.entry.to_string(),
        })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.entry)?;
        let about = [("from", &self.client), ("as", &self.identity), ("by", &self.request)];
        // Clients write the paths and topics: a line is one line.
        let known = about.iter().filter_map(|(word, text)| Some(format!("{word} {}", text.as_ref()?.escape_debug())));
        let known: Vec<String> = known.collect();
        if known.is_empty() { Ok(()) } else { write!(f, " [{}]", known.join(", ")) }
    }
}
