//! The system clock.

use defender_auth::UnixTime;
use std::time::SystemTime;

pub(crate) fn now() -> UnixTime {
    SystemTime::now().into()
}

/// What is wrong with a clock that is before the release of this program.
pub(crate) fn doubt(now: UnixTime) -> Option<String> {
    (now < UnixTime::RELEASE).then(|| {
        format!(
            "the clock of this device is at {now}, before this program was released ({}); set it",
            UnixTime::RELEASE
        )
    })
}
