//! The input of a flow, and the properties of all its actions. An input is lines: the first says what the flow begins with,
//! then come two for each round, of which the second is a body.

mod clock;
mod said;
mod wanted;

pub(crate) use clock::Clock;
pub(crate) use said::{error, no_secret, steers};
pub(crate) use wanted::{request, wait};

use crate::inputs::Inputs;
use core::time::Duration;
use defender_auth::{Now, UnixTime, http::Response};

/// As many rounds at most.
pub(crate) const ROUNDS: usize = 40;

/// When every flow begins.
pub(crate) const START: Now =
    Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(1_700_000_000) };

/// How long an attempt may take, by a byte.
pub(crate) fn limit(byte: u8) -> Duration {
    Duration::from_secs([600, 60, 86_400, 0][usize::from(byte % 4)])
}

/// One round: `<event><move of the clock> <status>|<Retry-After>|<Date>`, and below it the body.
pub(crate) struct Round<'a> {
    /// A letter that stands for what came of the action.
    pub(crate) event: u8,
    /// By how many seconds both clocks have moved.
    moved: i64,
    /// By how many seconds the wall clock was set besides.
    set: i64,
    pub(crate) status: u16,
    pub(crate) response: Response<'a>,
    pub(crate) body: &'a [u8],
}

impl<'a> Round<'a> {
    /// `None` when the input is used up.
    pub(crate) fn take(inputs: &mut Inputs<'a>) -> Option<Self> {
        if inputs.is_used_up() {
            return None;
        }
        let mut head = Inputs::new(inputs.line());
        let (event, clock) = (head.byte(), head.byte());
        let mut headers = str::from_utf8(head.rest()).unwrap_or_default().split('|');
        let status = headers.next().and_then(|text| text.trim().parse().ok()).unwrap_or(200);
        let body = inputs.line();
        let response = ["retry-after", "date"].into_iter().zip(headers);
        let response =
            response.fold(Response::new(status, body), |response, (name, value)| response.header(name, value));
        Some(Self { event, moved: moved(clock), set: set(clock), status, response, body })
    }

    /// The clocks after the round.
    pub(crate) fn after(&self, now: Now) -> Now {
        let monotonic = now.monotonic.as_secs().saturating_add_signed(self.moved);
        let wall = now.wall.as_secs().saturating_add_signed(self.moved).saturating_add_signed(self.set);
        Now { wall: UnixTime::from_secs(wall), monotonic: Duration::from_secs(monotonic) }
    }
}

/// `0` to `9` and `A` to `I` are forward, `j` to `o` and `J` to `O` are backward.
fn moved(byte: u8) -> i64 {
    const SECONDS: [i64; 16] = [0, 1, 2, 3, 10, 30, 60, 300, 601, 86_400, -1, -10, -300, -86_400, i64::MAX, i64::MIN];
    SECONDS[usize::from(byte % 16)]
}

/// Capital letters set the wall clock, as at boot: `A` to `O` to a time far ahead, `P` to `Z` to 1970. `p` to `z` set it by
/// less than matters.
const fn set(byte: u8) -> i64 {
    match byte / 16 {
        4 => 1_000_000_000,
        5 => i64::MIN,
        7 => 250,
        _ => 0,
    }
}
