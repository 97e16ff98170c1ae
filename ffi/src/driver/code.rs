//! The numbers of drivers. They never change.

/// Nothing has happened within the time limit.
pub const DEFENDERAUTH_EVENT_NONE: i32 = 0;
/// The hub has accepted a connection.
pub const DEFENDERAUTH_EVENT_CONNECTED: i32 = 1;
/// The same in the place of a connection that stood: with a new token, or with a preferred credential.
pub const DEFENDERAUTH_EVENT_RENEWED: i32 = 2;
/// No connection was made; `_event_error` says why.
pub const DEFENDERAUTH_EVENT_NOT_CONNECTED: i32 = 3;
/// The connection has ended; `_event_error` says how.
pub const DEFENDERAUTH_EVENT_LOST: i32 = 4;
/// The driver has closed the connection, because its credential was replaced.
pub const DEFENDERAUTH_EVENT_DISCONNECTED: i32 = 5;
/// A credential or a source was given up for now; `_event_diagnosis` says why.
pub const DEFENDERAUTH_EVENT_DROPPED: i32 = 6;
/// A registration with the provisioning service begins.
pub const DEFENDERAUTH_EVENT_REGISTERING: i32 = 7;
/// A source has got its credential.
pub const DEFENDERAUTH_EVENT_ASSIGNED: i32 = 8;
/// A request had no answer, or TLS failed; `_event_error` says why.
pub const DEFENDERAUTH_EVENT_NOT_ANSWERED: i32 = 9;
/// A source has got no credential; `_event_diagnosis` says why.
pub const DEFENDERAUTH_EVENT_NOT_ASSIGNED: i32 = 10;
/// The TPM has failed; `_event_error` says why.
pub const DEFENDERAUTH_EVENT_NOT_SIGNED: i32 = 11;
/// Nothing is done for some time; `_event_diagnosis` says why.
pub const DEFENDERAUTH_EVENT_WAITING: i32 = 12;
/// The state was saved.
pub const DEFENDERAUTH_EVENT_SAVED: i32 = 13;
/// The state could not be saved; `_event_error` says why. It is tried again with the next change.
pub const DEFENDERAUTH_EVENT_NOT_SAVED: i32 = 14;
/// What an earlier process has saved cannot be used; `_event_error` says why.
pub const DEFENDERAUTH_EVENT_NOT_LOADED: i32 = 15;
/// Other users can reach a file of the saved state.
pub const DEFENDERAUTH_EVENT_EXPOSED: i32 = 16;
/// The wall clock was set.
pub const DEFENDERAUTH_EVENT_CLOCK_SET: i32 = 17;
/// The credential sources were replaced.
pub const DEFENDERAUTH_EVENT_ROTATED: i32 = 18;
/// The hub has rejected a subscription when it was made again.
pub const DEFENDERAUTH_EVENT_NOT_SUBSCRIBED: i32 = 19;
/// A message to the agent: `_message_topic` and `_message_payload`.
pub const DEFENDERAUTH_EVENT_MESSAGE: i32 = 20;
/// A request for a certificate is saved with its key, and is sent next.
pub const DEFENDERAUTH_EVENT_CERTIFICATE_REQUESTED: i32 = 21;
/// No request for a certificate could be made; `_event_text` says why.
pub const DEFENDERAUTH_EVENT_NOT_REQUESTED: i32 = 22;
/// The renewal of the certificate begins, over the connection that stands.
pub const DEFENDERAUTH_EVENT_RENEWING_CERTIFICATE: i32 = 23;
/// A certificate was issued, and is saved with its key. It is used from the next connection on.
pub const DEFENDERAUTH_EVENT_CERTIFICATE_KEPT: i32 = 24;
/// What was issued is not what was requested, or cannot be used; `_event_error` says why.
pub const DEFENDERAUTH_EVENT_CERTIFICATE_REFUSED: i32 = 25;
/// A request, or what was issued for it, could not be saved; `_event_error` says why, unless the driver has no folder.
pub const DEFENDERAUTH_EVENT_CERTIFICATE_NOT_KEPT: i32 = 26;
/// The certificate could not be exported; `_event_error` says why.
pub const DEFENDERAUTH_EVENT_NOT_EXPORTED: i32 = 27;
/// A request for a certificate has got none; `_event_diagnosis` says why. The one in use serves as long as it is valid.
pub const DEFENDERAUTH_EVENT_NOT_CERTIFIED: i32 = 28;
/// An event that this version of the interface does not know; `_event_text` says what.
pub const DEFENDERAUTH_EVENT_OTHER: i32 = 99;

/// The message is not acknowledged, and may be lost.
pub const DEFENDERAUTH_QOS_AT_MOST_ONCE: i32 = 0;
/// The message is acknowledged, and may arrive twice.
pub const DEFENDERAUTH_QOS_AT_LEAST_ONCE: i32 = 1;
