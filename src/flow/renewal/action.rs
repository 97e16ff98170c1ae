use crate::{base::wait::Wait, credential::IssuedChain, error::Error};
use core::time::Duration;

/// What the caller does next. A view: it borrows from the machine, costs nothing and changes nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Subscribe to this filter at `QoS` 1, on a new connection if the last one has ended, and wait for the SUBACK; answer with
    /// [`Event::Subscribed`] or [`Event::SubscriptionRefused`]. A hub does not answer what it receives before.
    Subscribe(&'static str),
    /// Publish this at `QoS` 1, not retained; answer with [`Event::Published`].
    Publish {
        /// The topic.
        topic: &'a str,
        /// The payload.
        body: &'a str,
    },
    /// Hand over what comes, as [`Event::Message`]; at this time of the monotonic clock answer with [`Event::Elapsed`].
    Listen {
        /// The time.
        until: Duration,
    },
    /// Let time pass, and hand over what comes; answer with [`Event::Elapsed`].
    Wait(Wait),
    /// The certificates are there.
    Done(&'a IssuedChain),
    /// The renewal has failed, for this reason.
    Failed(&'a Error),
}

/// The answer to an action, or what comes unasked: a message, and the end of the connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The server has granted the subscription.
    Subscribed,
    /// The server has refused the subscription (SUBACK 128).
    SubscriptionRefused,
    /// The message was handed to the connection, whether it is acknowledged yet or not. Messages that come meanwhile are handed
    /// over after this.
    Published,
    /// A message has come, on any topic: others than this renewal's are ignored.
    Message {
        /// Its topic.
        topic: &'a str,
        /// Its payload.
        payload: &'a [u8],
    },
    /// The time has passed.
    Elapsed,
    /// The connection has ended. The session of a reconnection need not be clean: a hub keeps its answer for one that is not.
    Dropped,
}

impl Action<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Subscribe(_) => "Subscribe",
            Self::Publish { .. } => "Publish",
            Self::Listen { .. } => "Listen",
            Self::Wait(_) => "Wait",
            Self::Done(_) => "Done",
            Self::Failed(_) => "Failed",
        }
    }
}

impl Event<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Subscribed => "Subscribed",
            Self::SubscriptionRefused => "SubscriptionRefused",
            Self::Published => "Published",
            Self::Message { .. } => "Message",
            Self::Elapsed => "Elapsed",
            Self::Dropped => "Dropped",
        }
    }
}
