//! Dates and spans of time in words.

use crate::base::time::UnixTime;
use alloc::{format, string::String};
use x509_parser::time::ASN1Time;

pub(super) fn within(days: u64) -> String {
    match days {
        0 => "within a day".into(),
        1 => "in 1 day".into(),
        _ => format!("in {days} days"),
    }
}

pub(super) fn left(days: u64) -> String {
    match days {
        0 => "less than a day".into(),
        1 => "1 more day".into(),
        _ => format!("{days} more days"),
    }
}

pub(super) fn date(at: UnixTime) -> String {
    let time = i64::try_from(at.as_secs()).ok().and_then(|secs| ASN1Time::from_timestamp(secs).ok());
    time.and_then(|time| time.to_rfc2822().ok()).unwrap_or_else(|| format!("second {at} since 1970"))
}
