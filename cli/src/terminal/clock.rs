//! The system clock, where a result depends on it.

use crate::{system::clock, terminal::stderr};
use defender_auth::UnixTime;

/// The time, with a warning if the clock is before the release of this program.
pub(crate) fn now() -> UnixTime {
    let now = clock::now();
    if now < UnixTime::RELEASE {
        stderr::warning(format_args!(
            "the clock of this device is at {now}, before this program was released ({}); set it and run this again",
            UnixTime::RELEASE
        ));
    }
    now
}
