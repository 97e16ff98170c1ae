//! What a TLS failure says, and what to do about it.

use super::{TlsFailure, Validity, tls_failure::PROTOCOL_VERSION};
use core::fmt;

impl core::error::Error for TlsFailure {}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientExpired { validity: Some(validity) } => write!(
                f,
                "the server rejected the client certificate, which is valid {validity}, and this device's clock says \
                 {}; renew the certificate",
                validity.clock
            ),
            Self::ClientExpired { validity: None } => f.write_str(
                "the server rejected the client certificate as expired; renew it, or set the clock of the side that is \
                 wrong",
            ),
            Self::ClientNotYetValid { validity } => write!(
                f,
                "the server rejected the client certificate, which is valid {validity}, and this device's clock says \
                 {}; set the clock, or use a certificate that is valid",
                validity.clock
            ),
            Self::ClientRejected { alert } => write!(
                f,
                "the server ended the TLS handshake: {}; check the client certificate, whether the server requires one, \
                 and whether it is enrolled or registered there",
                Alert(*alert)
            ),
            Self::ClientKeyUnusable { reason } => {
                write!(f, "the private key of the client certificate cannot be used: {reason}")
            }
            Self::ClientKeyBusy { reason } => {
                write!(f, "the private key of the client certificate did not sign: {reason}")
            }
            Self::ServerUntrusted { issuer } => write!(
                f,
                "the server is not trusted: no trust anchor leads to its certificate{}; check the host name and the root \
                 certificates",
                IssuedBy(issuer.as_deref())
            ),
            Self::Intercepted { issuer } => write!(
                f,
                "the server is not trusted: no trust anchor leads to its certificate{}, which a proxy that inspects TLS may \
                 have made; exclude this host from the inspection, or check the root certificates",
                IssuedBy(issuer.as_deref())
            ),
            Self::ServerExpired(validity) if validity.has_surely_expired() => write!(
                f,
                "the server's certificate has expired: it is valid {validity}, and this device's clock says {}; have it \
                 renewed on the server",
                validity.clock
            ),
            Self::ServerExpired(validity) => write!(
                f,
                "this device's clock says {}, the server's certificate is valid {validity}; set the clock (if it is \
                 correct, the certificate has expired)",
                validity.clock
            ),
            Self::ServerNotYetValid(validity) => write!(
                f,
                "this device's clock says {}, the server's certificate is valid {validity}; set the clock",
                validity.clock
            ),
            Self::ServerWrongName { names } => {
                f.write_str("the server is not trusted: its certificate is for another name")?;
                for (name, before) in names.iter().zip([" (", ", ", ", ", ", "]) {
                    write!(f, "{before}{name}")?;
                }
                match names.len() {
                    0 => {}
                    1..=4 => f.write_str(")")?,
                    _ => f.write_str(", ...)")?,
                }
                f.write_str("; check the host name, and the address that it leads to")
            }
            Self::ServerCertificate { reason } => write!(
                f,
                "the server is not trusted: {reason}; check the host name, and have the server's certificate corrected"
            ),
            Self::Incompatible { alert, reason } => incompatible(f, *alert, reason),
            Self::PlainText => {
                f.write_str("what answers does not use TLS; check host and port, and any proxy or captive portal")
            }
            Self::Alert { alert } => {
                write!(
                    f,
                    "the server ended the TLS connection: {}; try again later, or check the server",
                    Alert(*alert)
                )
            }
            Self::Protocol { reason } => write!(f, "TLS failed: {reason}; check any proxy or firewall, and the server"),
        }
    }
}

fn incompatible(f: &mut fmt::Formatter<'_>, alert: Option<u8>, reason: &str) -> fmt::Result {
    match alert {
        Some(PROTOCOL_VERSION) => write!(
            f,
            "the server ended the TLS handshake: {}; it speaks none of the versions that it was offered, TLS 1.2 and 1.3 \
             unless the client's key allows fewer; have the server accept one of them",
            Alert(PROTOCOL_VERSION)
        ),
        Some(alert) => write!(
            f,
            "the server ended the TLS handshake: {}; check the client certificate, whether the server requires one, and its \
             versions of TLS",
            Alert(alert)
        ),
        None => {
            write!(f, "client and server cannot agree on TLS: {reason}; check the server's versions and cipher suites")
        }
    }
}

/// `from … to …`, or what is known of it.
impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.not_before, self.not_after) {
            (Some(first), Some(last)) => write!(f, "from {first} to {last}"),
            (Some(first), None) => write!(f, "from {first}"),
            (None, Some(last)) => write!(f, "to {last}"),
            (None, None) => f.write_str("at another time"),
        }
    }
}

struct IssuedBy<'a>(Option<&'a str>);

impl fmt::Display for IssuedBy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |issuer| write!(f, " (issued by {issuer})"))
    }
}

/// As RFC 8446 and RFC 5246 name it, with its number.
struct Alert(u8);

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            10 => "unexpected_message",
            20 => "bad_record_mac",
            22 => "record_overflow",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            109 => "missing_extension",
            110 => "unsupported_extension",
            112 => "unrecognized_name",
            116 => "certificate_required",
            120 => "no_application_protocol",
            number => return write!(f, "alert {number}"),
        };
        write!(f, "alert {} ({name})", self.0)
    }
}
