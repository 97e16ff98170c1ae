//! Events of a renewal, as C reports them.

/// What came of the pending action, or happened by itself.
#[cfg_attr(not(feature = "operational"), expect(dead_code, reason = "nothing takes them"))]
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    Subscribed,
    SubscriptionRefused,
    Published,
    Message { topic: &'a str, payload: &'a [u8] },
    Elapsed,
    Disconnected,
}
