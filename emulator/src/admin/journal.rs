//! The journal: what is new since a number, also when it is yet to come.

use super::{
    desk::Desk,
    reply::{Answered, Failure, Reply},
};
use crate::journal::Record;
use serde_json::{Value, json};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// The longest wait, in seconds.
const WAIT: u64 = 60;

/// How many records an answer has, unless the request says it, and at most.
const LIMIT: usize = 1000;

/// How often a waiting request checks whether to stop.
const SLICE: Duration = Duration::from_millis(200);

impl Desk<'_> {
    /// `?after=NUMBER&wait=SECONDS&limit=COUNT`.
    pub(super) fn journal(&self) -> Answered {
        let number = |name: &str, usual: u64| {
            let given = self.head.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            let number = given.map_or(Ok(usual), str::parse);
            number.map_err(|_| Failure::unfit(format!("`{name}` is not a whole number")))
        };
        let (after, wait) = (number("after", 0)?, number("wait", 0)?.min(WAIT));
        let limit = usize::try_from(number("limit", 1000)?).unwrap_or(LIMIT).clamp(1, LIMIT);
        let end = Instant::now() + Duration::from_secs(wait);
        let records = loop {
            let left = end.saturating_duration_since(Instant::now());
            let records = self.emulator.journal().records_after(after, limit, left.min(SLICE));
            let ends = left.is_zero() || self.stop.load(Ordering::SeqCst) || self.emulator.shared.stops();
            if !records.is_empty() || ends {
                break records;
            }
        };
        let next = records.last().map_or(after, |record| record.number);
        let records: Vec<Value> = records.iter().map(Record::to_json).collect();
        Ok(Reply::json(200, &json!({ "records": records, "next": next })))
    }
}
