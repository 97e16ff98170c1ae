//! Days in words.

use alloc::{format, string::String};

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
