//! The system clock.

use defender_auth::UnixTime;
use std::time::SystemTime;

pub(crate) fn now() -> UnixTime {
    SystemTime::now().into()
}
