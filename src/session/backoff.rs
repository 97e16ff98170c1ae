//! Waits that grow: each ladder of them, and how far each has been climbed.

use super::window::Window;
use core::{fmt, time::Duration};

/// Failures that share one sequence of growing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ladder {
    /// The network path, or a busy hub.
    Connect,
    /// Every credential was rejected.
    Credentials,
    /// The provisioning service has no usable answer.
    Provisioning,
    /// A person has to act.
    Slow,
    /// The clock has to be set.
    Clock,
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Credentials => "credentials",
            Self::Provisioning => "provisioning",
            Self::Slow => "slow",
            Self::Clock => "clock",
        })
    }
}

/// Waits that double: the n-th is in `d ..= d + d * spread / 100` with `d = min(most, first * 2^n)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The shortest.
    pub first: Duration,
    /// The longest, without the spread.
    pub most: Duration,
    /// How much longer a wait may be, in percent: over that much a fleet is spread.
    pub spread: u32,
}

impl Backoff {
    /// The wait of that step, and at least this long.
    fn window(self, now: Duration, step: u8, at_least: Duration) -> Window {
        let own = self.first.saturating_mul(1 << step.min(20)).min(self.most);
        let wait = own.max(at_least);
        Window::after(now.saturating_add(wait), (wait / 100).saturating_mul(self.spread))
    }
}

/// How far each ladder has been climbed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Climbed {
    connect: u8,
    credentials: u8,
    provisioning: u8,
    slow: u8,
    clock: u8,
}

impl Climbed {
    /// The next wait on a ladder.
    pub(super) fn climb(&mut self, ladder: Ladder, backoff: Backoff, now: Duration, at_least: Duration) -> Window {
        let step = match ladder {
            Ladder::Connect => &mut self.connect,
            Ladder::Credentials => &mut self.credentials,
            Ladder::Provisioning => &mut self.provisioning,
            Ladder::Slow => &mut self.slow,
            Ladder::Clock => &mut self.clock,
        };
        let window = backoff.window(now, *step, at_least);
        *step = step.saturating_add(1);
        window
    }
}
