//! Failures of TLS: one numbering for the sessions, the built-in driver and the errors.

use crate::guard;
use alloc::string::String;
use core::ffi::{CStr, c_char};
use defender_auth::error::TlsFailure;
#[cfg(feature = "session")]
use defender_auth::{UnixTime, error::Validity};

/// The server rejected the client certificate, which has expired.
pub const DEFENDERAUTH_TLS_FAILURE_CLIENT_EXPIRED: i32 = 1;
/// The server rejected the client certificate, which is not yet valid.
pub const DEFENDERAUTH_TLS_FAILURE_CLIENT_NOT_YET_VALID: i32 = 2;
/// The server rejected the client certificate, or requires one.
pub const DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED: i32 = 3;
/// The private key of the client certificate cannot be used.
pub const DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_UNUSABLE: i32 = 4;
/// No trust anchor leads to the server's certificate.
pub const DEFENDERAUTH_TLS_FAILURE_SERVER_UNTRUSTED: i32 = 5;
/// The same, with a sign of a proxy that inspects TLS.
pub const DEFENDERAUTH_TLS_FAILURE_INTERCEPTED: i32 = 6;
/// The server's certificate expired before the time of this device's clock.
pub const DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED: i32 = 7;
/// The server's certificate becomes valid after the time of this device's clock.
pub const DEFENDERAUTH_TLS_FAILURE_SERVER_NOT_YET_VALID: i32 = 8;
/// The server's certificate is for other names.
pub const DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME: i32 = 9;
/// The server's certificate is invalid for another reason.
pub const DEFENDERAUTH_TLS_FAILURE_SERVER_CERTIFICATE: i32 = 10;
/// Client and server have no version, cipher suite or extension of TLS in common.
pub const DEFENDERAUTH_TLS_FAILURE_INCOMPATIBLE: i32 = 11;
/// What answers is not a TLS server.
pub const DEFENDERAUTH_TLS_FAILURE_PLAIN_TEXT: i32 = 12;
/// The server ended the connection with another alert.
pub const DEFENDERAUTH_TLS_FAILURE_ALERT: i32 = 13;
/// A message that does not follow the protocol, or any other failure of TLS.
pub const DEFENDERAUTH_TLS_FAILURE_PROTOCOL: i32 = 14;
/// The private key of the client certificate did not sign this time: what holds it is busy or away.
pub const DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_BUSY: i32 = 15;

/// The stable word for one of `DEFENDERAUTH_TLS_FAILURE_`, such as `server-untrusted`. Static and never NULL; `unknown` for
/// any other number.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tls_failure_word(tls_failure: i32) -> *const c_char {
    guard::get(c"".as_ptr(), || word(tls_failure).as_ptr())
}

/// What a fatal alert of the server means, one of `DEFENDERAUTH_TLS_FAILURE_`, for programs with their own TLS.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tls_failure_of_alert(alert: u8) -> i32 {
    guard::get(DEFENDERAUTH_TLS_FAILURE_ALERT, || number(&TlsFailure::of_alert(alert, String::new())))
}

const fn word(number: i32) -> &'static CStr {
    match number {
        DEFENDERAUTH_TLS_FAILURE_CLIENT_EXPIRED => c"client-expired",
        DEFENDERAUTH_TLS_FAILURE_CLIENT_NOT_YET_VALID => c"client-not-yet-valid",
        DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED => c"client-rejected",
        DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_UNUSABLE => c"client-key-unusable",
        DEFENDERAUTH_TLS_FAILURE_SERVER_UNTRUSTED => c"server-untrusted",
        DEFENDERAUTH_TLS_FAILURE_INTERCEPTED => c"intercepted",
        DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED => c"server-expired",
        DEFENDERAUTH_TLS_FAILURE_SERVER_NOT_YET_VALID => c"server-not-yet-valid",
        DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME => c"server-wrong-name",
        DEFENDERAUTH_TLS_FAILURE_SERVER_CERTIFICATE => c"server-certificate",
        DEFENDERAUTH_TLS_FAILURE_INCOMPATIBLE => c"incompatible",
        DEFENDERAUTH_TLS_FAILURE_PLAIN_TEXT => c"plain-text",
        DEFENDERAUTH_TLS_FAILURE_ALERT => c"alert",
        DEFENDERAUTH_TLS_FAILURE_PROTOCOL => c"protocol",
        DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_BUSY => c"client-key-busy",
        _ => c"unknown",
    }
}

/// The number of a failure.
pub(crate) const fn number(failure: &TlsFailure) -> i32 {
    match failure {
        TlsFailure::ClientExpired { .. } => DEFENDERAUTH_TLS_FAILURE_CLIENT_EXPIRED,
        TlsFailure::ClientNotYetValid { .. } => DEFENDERAUTH_TLS_FAILURE_CLIENT_NOT_YET_VALID,
        TlsFailure::ClientRejected { .. } => DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED,
        TlsFailure::ClientKeyUnusable { .. } => DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_UNUSABLE,
        TlsFailure::ServerUntrusted { .. } => DEFENDERAUTH_TLS_FAILURE_SERVER_UNTRUSTED,
        TlsFailure::Intercepted { .. } => DEFENDERAUTH_TLS_FAILURE_INTERCEPTED,
        TlsFailure::ServerExpired(_) => DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED,
        TlsFailure::ServerNotYetValid(_) => DEFENDERAUTH_TLS_FAILURE_SERVER_NOT_YET_VALID,
        TlsFailure::ServerWrongName { .. } => DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME,
        TlsFailure::ServerCertificate { .. } => DEFENDERAUTH_TLS_FAILURE_SERVER_CERTIFICATE,
        TlsFailure::Incompatible { .. } => DEFENDERAUTH_TLS_FAILURE_INCOMPATIBLE,
        TlsFailure::PlainText => DEFENDERAUTH_TLS_FAILURE_PLAIN_TEXT,
        TlsFailure::Alert { .. } => DEFENDERAUTH_TLS_FAILURE_ALERT,
        TlsFailure::ClientKeyBusy { .. } => DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_BUSY,
        // Protocol, or a failure that this interface does not know.
        _ => DEFENDERAUTH_TLS_FAILURE_PROTOCOL,
    }
}

/// The failure that a C program has found. `date` is the end of the validity of the server's certificate when that has
/// expired, its start when it is not yet valid.
#[cfg(feature = "session")]
pub(crate) fn given(number: i32, clock: UnixTime, date: Option<UnixTime>) -> Option<TlsFailure> {
    let validity = Validity { clock, not_before: None, not_after: None };
    let reason = String::new();
    Some(match number {
        DEFENDERAUTH_TLS_FAILURE_CLIENT_EXPIRED => TlsFailure::ClientExpired { validity: None },
        DEFENDERAUTH_TLS_FAILURE_CLIENT_NOT_YET_VALID => TlsFailure::ClientNotYetValid { validity },
        DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED => TlsFailure::ClientRejected { alert: 0 },
        DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_UNUSABLE => TlsFailure::ClientKeyUnusable { reason },
        DEFENDERAUTH_TLS_FAILURE_SERVER_UNTRUSTED => TlsFailure::ServerUntrusted { issuer: None },
        DEFENDERAUTH_TLS_FAILURE_INTERCEPTED => TlsFailure::Intercepted { issuer: None },
        DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED => TlsFailure::ServerExpired(Validity { not_after: date, ..validity }),
        DEFENDERAUTH_TLS_FAILURE_SERVER_NOT_YET_VALID => {
            TlsFailure::ServerNotYetValid(Validity { not_before: date, ..validity })
        }
        DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME => TlsFailure::ServerWrongName { names: alloc::vec::Vec::new() },
        DEFENDERAUTH_TLS_FAILURE_SERVER_CERTIFICATE => TlsFailure::ServerCertificate { reason },
        DEFENDERAUTH_TLS_FAILURE_INCOMPATIBLE => TlsFailure::Incompatible { alert: None, reason },
        DEFENDERAUTH_TLS_FAILURE_PLAIN_TEXT => TlsFailure::PlainText,
        DEFENDERAUTH_TLS_FAILURE_ALERT => TlsFailure::Alert { alert: 0 },
        DEFENDERAUTH_TLS_FAILURE_PROTOCOL => TlsFailure::Protocol { reason },
        DEFENDERAUTH_TLS_FAILURE_CLIENT_KEY_BUSY => TlsFailure::ClientKeyBusy { reason },
        _ => return None,
    })
}

#[cfg(all(test, feature = "session"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_the_failure_with_its_word() {
        for expected in 1..=15 {
            let failure = given(expected, UnixTime::from_secs(0), None).unwrap();
            assert_eq!(number(&failure), expected);
            assert_eq!(word(expected).to_str().unwrap(), failure.as_str());
        }
        for other in [i32::MIN, -1, 0, 16, 650, i32::MAX] {
            assert_eq!((given(other, UnixTime::from_secs(0), None), word(other)), (None, c"unknown"));
        }
    }

    #[test]
    fn alerts_about_the_certificate_are_told_from_others() {
        for (alert, expected) in [
            (45, DEFENDERAUTH_TLS_FAILURE_CLIENT_EXPIRED),
            (42, DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED),
            (48, DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED),
            (116, DEFENDERAUTH_TLS_FAILURE_CLIENT_REJECTED),
            (40, DEFENDERAUTH_TLS_FAILURE_INCOMPATIBLE),
            (112, DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME),
            (80, DEFENDERAUTH_TLS_FAILURE_ALERT),
            (0, DEFENDERAUTH_TLS_FAILURE_ALERT),
        ] {
            assert_eq!(defenderauth_tls_failure_of_alert(alert), expected, "{alert}");
        }
    }
}
