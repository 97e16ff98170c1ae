//! What C reports to a session, before the library's events are made of it.

use crate::operational::{Unanswered, Usable};
use core::time::Duration;
use defender_auth::{UnixTime, credential::ClientCertificate, http::Response, key::Signature, local::Obstacle};

/// An event, with the numbers as C passes them.
#[cfg_attr(not(feature = "session"), expect(dead_code, reason = "only a session reads them"))]
pub(super) enum Given<'a> {
    Response(Response<'a>),
    NoResponse,
    NotReached(Obstacle),
    Certificate(&'a ClientCertificate),
    Elapsed,
    Activated,
    Signature(Signature),
    KeyFailed,
    Connected { date: Option<UnixTime> },
    Rejected { rejection: i32, code: u16, retry_after: Option<Duration>, date: Option<UnixTime> },
    TlsFailed { tls_failure: i32, date: Option<UnixTime> },
    Unreachable,
    Disconnected { loss: i32 },
    DisconnectedByServer { rejection: i32, code: u16 },
    Saved(bool),
    RequestMade(Unanswered<'a>),
    RequestFailed,
    Subscribed,
    SubscriptionRefused,
    Published,
    Message { topic: &'a str, payload: &'a [u8] },
    CertificateKept(Usable),
    CertificateRefused,
    CertificateNotKept,
    ClockSet,
    Wake,
}
