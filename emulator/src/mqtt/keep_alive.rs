//! How long a client may send nothing.

use std::time::Duration;

/// The longest time of a hub.
const LONGEST: Duration = Duration::from_secs(1767);

/// One and a half times a keep-alive in seconds, as MQTT requires of a server, and no longer than a hub waits. Without a
/// keep-alive it is the longest time.
pub(super) fn patience(keep_alive: u16) -> Duration {
    let asked = Duration::from_millis(1500) * u32::from(keep_alive);
    if asked.is_zero() { LONGEST } else { asked.min(LONGEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_one_and_a_half_times_its_keep_alive() {
        let seconds = [1, 60, 1177, 1178, u16::MAX, 0].map(|keep_alive| patience(keep_alive).as_millis());
        assert_eq!(seconds, [1500, 90_000, 1_765_500, 1_767_000, 1_767_000, 1_767_000]);
    }
}
