use std::{fmt, str::FromStr};

/// A fatal alert of TLS. As text it has the name of RFC 8446, for example `certificate_expired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alert {
    /// The server finds no common parameters, such as a cipher suite.
    HandshakeFailure,
    /// The client's certificate is malformed or has an invalid signature.
    BadCertificate,
    /// The client's certificate has an unsupported type or purpose.
    UnsupportedCertificate,
    /// The client's certificate is revoked.
    CertificateRevoked,
    /// The client's certificate has expired or is not yet valid.
    CertificateExpired,
    /// The client's certificate is rejected for another reason.
    CertificateUnknown,
    /// The client's certificate does not lead to a trust anchor.
    UnknownCa,
    /// The client's certificate is valid, but access is denied.
    AccessDenied,
    /// The server does not support the client's versions of TLS.
    ProtocolVersion,
    /// The server has an error of its own.
    InternalError,
    /// The server does not have the host name that the client sends.
    UnrecognizedName,
    /// The server requires a client certificate.
    CertificateRequired,
}

impl Alert {
    const ALL: [Self; 12] = [
        Self::HandshakeFailure,
        Self::BadCertificate,
        Self::UnsupportedCertificate,
        Self::CertificateRevoked,
        Self::CertificateExpired,
        Self::CertificateUnknown,
        Self::UnknownCa,
        Self::AccessDenied,
        Self::ProtocolVersion,
        Self::InternalError,
        Self::UnrecognizedName,
        Self::CertificateRequired,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::HandshakeFailure => "handshake_failure",
            Self::BadCertificate => "bad_certificate",
            Self::UnsupportedCertificate => "unsupported_certificate",
            Self::CertificateRevoked => "certificate_revoked",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateUnknown => "certificate_unknown",
            Self::UnknownCa => "unknown_ca",
            Self::AccessDenied => "access_denied",
            Self::ProtocolVersion => "protocol_version",
            Self::InternalError => "internal_error",
            Self::UnrecognizedName => "unrecognized_name",
            Self::CertificateRequired => "certificate_required",
        }
    }

    /// Its number on the wire.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::HandshakeFailure => 40,
            Self::BadCertificate => 42,
            Self::UnsupportedCertificate => 43,
            Self::CertificateRevoked => 44,
            Self::CertificateExpired => 45,
            Self::CertificateUnknown => 46,
            Self::UnknownCa => 48,
            Self::AccessDenied => 49,
            Self::ProtocolVersion => 70,
            Self::InternalError => 80,
            Self::UnrecognizedName => 112,
            Self::CertificateRequired => 116,
        }
    }

    /// Whether it answers the `ClientHello`. Other alerts answer the client's certificate.
    pub(crate) const fn is_about_client_hello(self) -> bool {
        matches!(self, Self::HandshakeFailure | Self::ProtocolVersion | Self::InternalError | Self::UnrecognizedName)
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Alert {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(|known| format!("`{known}`")).join(", ");
            format!("there is no alert {text:?}; the alerts are {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_read_as_they_are_written() {
        for alert in Alert::ALL {
            assert_eq!(alert.to_string().parse(), Ok(alert));
        }
        let error = "CertificateExpired".parse::<Alert>().unwrap_err();
        assert!(error.contains("`certificate_expired`"), "{error}");
    }
}
