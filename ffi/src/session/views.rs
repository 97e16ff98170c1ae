//! What C can read of a session, rebuilt after every transition.

use crate::{
    authenticator::Authenticator, certificate::Certificate, identity::Names, operational::Renewal, view::View,
};
use alloc::vec::Vec;

/// The data of the pending action, the latest login, and the status. Everything else is empty.
#[derive(Default)]
pub(super) struct Views {
    /// Its number.
    pub(super) action: i32,
    /// The action of the run within, and what the latest one has got.
    pub(super) authenticator: Option<Authenticator>,
    pub(super) assigned: Option<Authenticator>,
    /// The operation of the registration within, if that requests a certificate.
    pub(super) operation: View,
    pub(super) sign_input: Vec<u8>,
    pub(super) key_use: i32,
    pub(super) login: Login,
    /// From and until, in milliseconds of the monotonic clock.
    pub(super) window: Option<(u64, u64)>,
    pub(super) why: i32,
    pub(super) due: i32,
    pub(super) snapshot: View,
    pub(super) request: Request,
    /// The action of the renewal within.
    pub(super) renewal: Option<Renewal>,
    pub(super) status: Status,
}

/// What a request for a certificate is for.
#[derive(Default)]
pub(super) struct Request {
    pub(super) source: View,
    pub(super) common_name: View,
    pub(super) is_new: bool,
}

/// The latest login. It outlives its action: topics are made of its names.
#[derive(Default)]
pub(super) struct Login {
    pub(super) names: Names,
    pub(super) mqtt_host: View,
    pub(super) client_id: View,
    pub(super) user_name: View,
    pub(super) events_topic: View,
    pub(super) profile: View,
    pub(super) certificate: Option<Certificate>,
    pub(super) deadline: u64,
}

#[derive(Default)]
pub(super) struct Status {
    pub(super) line: View,
    pub(super) phase: i32,
    pub(super) credential: View,
    pub(super) dropped: View,
    pub(super) dropped_why: i32,
    pub(super) dropped_at: u64,
    pub(super) last: i32,
    pub(super) authenticator: i32,
    pub(super) certificate: i32,
    pub(super) failures: u32,
    pub(super) is_unsaved: bool,
    pub(super) certificate_ends: u64,
    pub(super) connects: u64,
    pub(super) renewals: u64,
    pub(super) registrations: u64,
    pub(super) requests: u64,
    pub(super) certificates: u64,
}
