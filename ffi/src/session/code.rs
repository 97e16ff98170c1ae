//! The numbers of sessions. They never change.

/// There is no session, or an action that this version does not know: end.
pub const DEFENDERAUTH_SESSION_ACTION_NONE: i32 = 0;
/// Perform the action of `_authenticator`; report with `_handle_response`, `_handle_no_response`, `_handle_elapsed`,
/// `_handle_activated`, `_handle_signature`, `_handle_key_failed` or `_handle_tls_failed`, or call `_exchange`.
pub const DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE: i32 = 1;
/// Sign `_sign_input`; report with `_handle_signature` or `_handle_key_failed`.
pub const DEFENDERAUTH_SESSION_ACTION_SIGN: i32 = 2;
/// Connect to the hub; report with `_handle_connected`, `_handle_rejected`, `_handle_tls_failed` or `_handle_unreachable`.
pub const DEFENDERAUTH_SESSION_ACTION_CONNECT: i32 = 3;
/// The same while a connection stands: reconnect, and if that fails close the connection that stood.
pub const DEFENDERAUTH_SESSION_ACTION_RENEW: i32 = 4;
/// Write `_snapshot` and `_snapshot_secret` before going on; report with `_handle_saved`.
pub const DEFENDERAUTH_SESSION_ACTION_SAVE: i32 = 5;
/// Wait until a time in the window; report with `_handle_elapsed`.
pub const DEFENDERAUTH_SESSION_ACTION_WAIT: i32 = 6;
/// Close the connection; report with `_handle_disconnected`.
pub const DEFENDERAUTH_SESSION_ACTION_DISCONNECT: i32 = 7;
/// Stay connected. Report with `_handle_elapsed` in the window, if there is one, and with `_handle_disconnected` when the
/// connection is lost.
pub const DEFENDERAUTH_SESSION_ACTION_STAY: i32 = 8;

/// Make a private key and a request for its certificate, or take the pending one, and save them; report with
/// `_handle_request_made` or `_handle_request_failed`.
pub const DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST: i32 = 9;
/// Perform the action of `_renewal` over the connection; report with `_handle_subscribed`, `_handle_subscription_refused`,
/// `_handle_published`, `_handle_message`, `_handle_elapsed`, and with `_handle_disconnected` when the connection is lost.
pub const DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE: i32 = 10;
/// Save what was issued, then judge it; report with `_handle_certificate_kept`, `_handle_certificate_refused` or
/// `_handle_certificate_not_kept`.
pub const DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE: i32 = 11;

/// It gets a credential from the provisioning service or the hub.
pub const DEFENDERAUTH_PHASE_AUTHENTICATING: i32 = 1;
/// It waits for a signature.
pub const DEFENDERAUTH_PHASE_SIGNING: i32 = 2;
/// It connects.
pub const DEFENDERAUTH_PHASE_CONNECTING: i32 = 3;
/// It connects again, or hands over a new token, while a connection stands.
pub const DEFENDERAUTH_PHASE_RENEWING: i32 = 4;
/// Its state is being saved.
pub const DEFENDERAUTH_PHASE_SAVING: i32 = 5;
/// It waits until it tries again.
pub const DEFENDERAUTH_PHASE_WAITING: i32 = 6;
/// It closes the connection.
pub const DEFENDERAUTH_PHASE_DISCONNECTING: i32 = 7;
/// It is connected.
pub const DEFENDERAUTH_PHASE_CONNECTED: i32 = 8;

/// The token is to be renewed.
pub const DEFENDERAUTH_DUE_RENEWAL: i32 = 1;
/// A preferred credential is tried again.
pub const DEFENDERAUTH_DUE_RETURN: i32 = 2;
/// A certificate is to be requested.
pub const DEFENDERAUTH_DUE_CERTIFICATE: i32 = 3;

/// The return code of a CONNACK of MQTT 3.1.1.
pub const DEFENDERAUTH_REJECTION_CONNACK: i32 = 1;
/// The reason code of a CONNACK or a DISCONNECT of MQTT 5.
pub const DEFENDERAUTH_REJECTION_REASON: i32 = 2;
/// An HTTP status.
pub const DEFENDERAUTH_REJECTION_HTTP: i32 = 3;

/// The connection was closed, or nothing arrives any longer.
pub const DEFENDERAUTH_LOSS_DROPPED: i32 = 1;
/// The hub has ended the connection because its token has expired.
pub const DEFENDERAUTH_LOSS_TOKEN_EXPIRED: i32 = 2;

/// Nothing is known against the clock.
pub const DEFENDERAUTH_CLOCK_PLAUSIBLE: i32 = 1;
/// The clock is before a time that has passed for certain.
pub const DEFENDERAUTH_CLOCK_BEFORE_FLOOR: i32 = 2;
/// A verified service has another time, which is used instead.
pub const DEFENDERAUTH_CLOCK_CORRECTED: i32 = 3;

/// The network path, or a busy hub.
pub const DEFENDERAUTH_LADDER_CONNECT: i32 = 1;
/// Every credential was rejected.
pub const DEFENDERAUTH_LADDER_CREDENTIALS: i32 = 2;
/// The provisioning service has no usable answer.
pub const DEFENDERAUTH_LADDER_PROVISIONING: i32 = 3;
/// A person has to act.
pub const DEFENDERAUTH_LADDER_SLOW: i32 = 4;
/// The clock has to be set.
pub const DEFENDERAUTH_LADDER_CLOCK: i32 = 5;

/// Connections, and lookups of a module.
pub const DEFENDERAUTH_RATE_CONNECTS: i32 = 1;
/// Registrations.
pub const DEFENDERAUTH_RATE_REGISTRATIONS: i32 = 2;
/// Certificates that are issued. A renewal takes one and leaves one for a registration: set a burst of at least 2.
pub const DEFENDERAUTH_RATE_CERTIFICATES: i32 = 3;

/// The lifetime of a token: 8 hours.
pub const DEFENDERAUTH_TIME_TOKEN: i32 = 1;
/// After this time with nothing but failures the provisioning service is asked: 6 hours.
pub const DEFENDERAUTH_TIME_LOST_AFTER: i32 = 2;
/// When a preferred credential is tried again: 24 hours.
pub const DEFENDERAUTH_TIME_RETURN_AFTER: i32 = 3;
/// After this time a connection counts as stable: 10 minutes.
pub const DEFENDERAUTH_TIME_STABLE_AFTER: i32 = 4;
/// How long after the start tokens wait for a clock that is before the floor: 5 minutes.
pub const DEFENDERAUTH_TIME_CLOCK_GRACE: i32 = 5;
/// The time limit of a registration or a module lookup: 10 minutes.
pub const DEFENDERAUTH_TIME_ATTEMPT: i32 = 6;
/// The time limit of one CONNECT, with its TLS handshake: 1 minute.
pub const DEFENDERAUTH_TIME_CONNECT: i32 = 7;
/// The longest `Retry-After` that is honoured: 6 hours.
pub const DEFENDERAUTH_TIME_RETRY_AFTER: i32 = 8;

/// How often every credential is rejected before the provisioning service is asked: 2.
pub const DEFENDERAUTH_LIMIT_PASSES: i32 = 1;
/// How many requests a registration or a module lookup may send: 40.
pub const DEFENDERAUTH_LIMIT_REQUESTS: i32 = 2;

/// Connections begun.
pub const DEFENDERAUTH_COUNT_CONNECTS: i32 = 1;
/// Those of them that were begun while another stood.
pub const DEFENDERAUTH_COUNT_RENEWALS: i32 = 2;
/// Registrations begun.
pub const DEFENDERAUTH_COUNT_REGISTRATIONS: i32 = 3;
/// HTTPS requests answered or given up.
pub const DEFENDERAUTH_COUNT_REQUESTS: i32 = 4;
/// Operational certificates that were issued and kept.
pub const DEFENDERAUTH_COUNT_CERTIFICATES: i32 = 5;
