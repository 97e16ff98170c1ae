//! The numbers of operational certificates. They never change.

/// A key on P-384: what an issuer takes unless its policy says otherwise.
pub const DEFENDERAUTH_CURVE_P384: i32 = 1;
/// A key on P-256.
pub const DEFENDERAUTH_CURVE_P256: i32 = 2;

/// No certificate was requested.
pub const DEFENDERAUTH_ISSUANCE_NONE: i32 = 0;
/// The certificates have come.
pub const DEFENDERAUTH_ISSUANCE_ISSUED: i32 = 1;
/// A certificate was requested, and the enrollment has no policy that issues one.
pub const DEFENDERAUTH_ISSUANCE_WITHHELD: i32 = 2;
/// Certificates have come that cannot be read.
pub const DEFENDERAUTH_ISSUANCE_UNREADABLE: i32 = 3;

/// There is no renewal, or an action that this version does not know: end.
pub const DEFENDERAUTH_RENEWAL_ACTION_NONE: i32 = 0;
/// Subscribe to `_topic` at `QoS` 1 and wait for the SUBACK; report with `_handle_subscribed` or
/// `_handle_subscription_refused`.
pub const DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE: i32 = 1;
/// Publish `_payload` to `_topic` at `QoS` 1, not retained; report with `_handle_published`.
pub const DEFENDERAUTH_RENEWAL_ACTION_PUBLISH: i32 = 2;
/// Pass on what arrives with `_handle_message` until `_until_milliseconds`; then report with `_handle_elapsed`.
pub const DEFENDERAUTH_RENEWAL_ACTION_LISTEN: i32 = 3;
/// Wait, anywhere in the range, and pass on what arrives; report with `_handle_elapsed`.
pub const DEFENDERAUTH_RENEWAL_ACTION_WAIT: i32 = 4;
/// The certificates have come: `defenderauth_certificates_take_renewal`.
pub const DEFENDERAUTH_RENEWAL_ACTION_DONE: i32 = 5;
/// It has failed; read `_failure`.
pub const DEFENDERAUTH_RENEWAL_ACTION_FAILED: i32 = 6;
