use defender_auth::mqtt::presence::WAIT;
use std::time::{Duration, Instant};

/// Time limits. Each is one deadline, however many addresses, packets or bytes there are until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the connection, over all addresses of the host together. The system decides how long looking up a name takes; the
    /// addresses have what it leaves.
    pub reach: Duration,
    /// For the TLS handshake and the answer to the CONNECT.
    pub greet: Duration,
    /// For each other answer, and for each message that is waited for.
    pub answer: Duration,
    /// At a hub with the profile `mqttV5`: for the SUBACK, and for the acknowledgement of the birth.
    pub presence: Duration,
}

/// 15 seconds each, and [`WAIT`] for presence.
impl Default for Limits {
    fn default() -> Self {
        let limit = Duration::from_secs(15);
        Self { reach: limit, greet: limit, answer: limit, presence: WAIT }
    }
}

impl Limits {
    /// Half of what a connection may take, for one of two tries.
    pub(crate) fn halved(self) -> Self {
        Self { reach: self.reach / 2, greet: self.greet / 2, ..self }
    }
}

/// The time without a packet after which a PINGREQ is sent, of a keep-alive interval in seconds: a quarter of it is left for the
/// way to the server.
pub(crate) fn quiet(keep_alive: u16) -> Duration {
    if keep_alive == 0 { Duration::MAX } else { Duration::from_secs(keep_alive.into()) * 3 / 4 }
}

/// When a limit has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) limit: Duration,
    /// `None` for a limit that no clock reaches.
    end: Option<Instant>,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { limit, end: Instant::now().checked_add(limit) }
    }

    /// `None` when it has passed.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.end.map_or(self.limit, |end| end.saturating_duration_since(Instant::now()));
        (!left.is_zero()).then_some(left)
    }
}
