//! The system clock, and times in readable form.

use defender_auth::UnixTime;
use std::time::{Duration, SystemTime};

pub(crate) fn now() -> UnixTime {
    SystemTime::now().into()
}

/// `2023-11-14T22:13:20Z`
pub(crate) fn readable(time: UnixTime) -> String {
    let time = time.min(UnixTime::LATEST);
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs())).to_string()
}

/// `2h 5m`
pub(crate) fn span(span: Duration) -> String {
    humantime::format_duration(Duration::from_secs(span.as_secs())).to_string()
}
