//! Why a TLS connection failed, as plain data.

use super::{Code, ErrorKind};
use crate::base::time::UnixTime;
use alloc::{string::String, vec::Vec};

/// Why a TLS connection failed: one type for every client and protocol.
///
/// With the feature `tls`, `TlsFailure::of` finds it in the error of any client that uses rustls. Its text contains what to
/// do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The server rejected the client certificate, and the certificate has expired.
    ClientExpired {
        /// `None` when only the server's alert says so.
        validity: Option<Validity>,
    },
    /// The server rejected the client certificate, and the certificate is not yet valid by this device's clock.
    ClientNotYetValid {
        /// Its validity.
        validity: Validity,
    },
    /// The server rejected the client certificate, or requires one.
    ClientRejected {
        /// The number of the TLS alert.
        alert: u8,
    },
    /// The private key of the client certificate cannot be used.
    ClientKeyUnusable {
        /// The error of the key or of the TLS library, and what to do.
        reason: String,
    },
    /// The private key of the client certificate did not sign this time: what holds it is busy or away.
    ClientKeyBusy {
        /// The error of the key, and what to do.
        reason: String,
    },
    /// No trust anchor leads to the server's certificate.
    ServerUntrusted {
        /// The name of the issuer that is not known.
        issuer: Option<String>,
    },
    /// The same, and there is a sign of a proxy that inspects TLS: the connection uses a proxy, or the certificate was
    /// issued within the last hour.
    Intercepted {
        /// The name of the issuer that is not known.
        issuer: Option<String>,
    },
    /// The server's certificate expired before the time of this device's clock.
    ServerExpired(Validity),
    /// The server's certificate becomes valid after the time of this device's clock.
    ServerNotYetValid(Validity),
    /// The server's certificate is for other names.
    ServerWrongName {
        /// Its names, where they are known.
        names: Vec<String>,
    },
    /// The server's certificate is invalid for another reason: its purpose, a signature, an algorithm, its form.
    ServerCertificate {
        /// The error of the TLS library.
        reason: String,
    },
    /// Client and server have no version, cipher suite or extension of TLS in common.
    Incompatible {
        /// The number of the server's alert, if the server ended the handshake. Servers that require a client certificate
        /// may send alert 40 for its absence.
        alert: Option<u8>,
        /// The error of the TLS library.
        reason: String,
    },
    /// What answers is not a TLS server.
    PlainText,
    /// The server ended the connection with another alert.
    Alert {
        /// Its number.
        alert: u8,
    },
    /// A message that does not follow the protocol, or an error of the TLS library.
    Protocol {
        /// The error of the TLS library.
        reason: String,
    },
}

/// The alert of a server that speaks none of the versions of TLS that it is offered.
pub(super) const PROTOCOL_VERSION: u8 = 70;

/// When a certificate is valid, and the clock that it was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// This device's clock.
    pub clock: UnixTime,
    /// The first second, where it is known.
    pub not_before: Option<UnixTime>,
    /// The last second, where it is known.
    pub not_after: Option<UnixTime>,
}

impl Validity {
    /// Whether every correct clock is after it, because it ended before this release.
    #[must_use]
    pub fn has_surely_expired(&self) -> bool {
        self.not_after.is_some_and(|last| last < UnixTime::RELEASE)
    }
}

impl TlsFailure {
    /// What a fatal alert means that the server sent. `reason` is the error of the TLS library.
    ///
    /// Source of the numbers: RFC 8446, section 6, and RFC 5246, section 7.2.
    #[must_use]
    pub fn of_alert(alert: u8, reason: String) -> Self {
        match alert {
            45 => Self::ClientExpired { validity: None },
            // About a certificate, or about the signature that only its key can make.
            41..=44 | 46 | 48 | 49 | 51 | 116 => Self::ClientRejected { alert },
            40 | 47 | 70 | 71 | 86 | 109 | 110 | 120 => Self::Incompatible { alert: Some(alert), reason },
            112 => Self::ServerWrongName { names: Vec::new() },
            _ => Self::Alert { alert },
        }
    }

    /// Where the fault lies. It is the time when the clock of this device is outside of the validity of the server's
    /// certificate, unless every correct clock is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ServerExpired(validity) if validity.has_surely_expired() => ErrorKind::Peer,
            Self::ServerExpired(_) | Self::ServerNotYetValid(_) | Self::ClientNotYetValid { .. } => ErrorKind::Time,
            Self::ClientExpired { .. }
            | Self::ClientRejected { .. }
            | Self::ClientKeyUnusable { .. }
            | Self::ClientKeyBusy { .. } => ErrorKind::Input,
            Self::ServerUntrusted { .. }
            | Self::ServerWrongName { .. }
            | Self::ServerCertificate { .. }
            | Self::Incompatible { .. }
            | Self::Alert { .. } => ErrorKind::Peer,
            Self::Intercepted { .. } | Self::PlainText | Self::Protocol { .. } => ErrorKind::Network,
        }
    }

    /// Its number: [`Code::Clock`] when the fault is the time, [`Code::PrivateKey`] when the client's key did not sign,
    /// [`Code::Tls`] otherwise.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::ClientKeyUnusable { .. } | Self::ClientKeyBusy { .. } => Code::PrivateKey,
            _ if self.kind() == ErrorKind::Time => Code::Clock,
            _ => Code::Tls,
        }
    }

    /// Whether the next connection may succeed without anything being changed: the client's key was busy.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::ClientKeyBusy { .. })
    }

    /// A stable word for it, for logs and for programs in other languages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ClientExpired { .. } => "client-expired",
            Self::ClientNotYetValid { .. } => "client-not-yet-valid",
            Self::ClientRejected { .. } => "client-rejected",
            Self::ClientKeyUnusable { .. } => "client-key-unusable",
            Self::ClientKeyBusy { .. } => "client-key-busy",
            Self::ServerUntrusted { .. } => "server-untrusted",
            Self::Intercepted { .. } => "intercepted",
            Self::ServerExpired(_) => "server-expired",
            Self::ServerNotYetValid(_) => "server-not-yet-valid",
            Self::ServerWrongName { .. } => "server-wrong-name",
            Self::ServerCertificate { .. } => "server-certificate",
            Self::Incompatible { .. } => "incompatible",
            Self::PlainText => "plain-text",
            Self::Alert { .. } => "alert",
            Self::Protocol { .. } => "protocol",
        }
    }

    /// Whether the server rejects the versions of TLS that it was offered.
    #[must_use]
    pub const fn is_about_versions(&self) -> bool {
        matches!(self, Self::Incompatible { alert: Some(PROTOCOL_VERSION), .. })
    }

    /// Whether it is about the client certificate: the server ended the handshake for its sake, or may have, or its key did
    /// not sign.
    #[must_use]
    pub const fn is_about_client(&self) -> bool {
        !self.is_about_versions()
            && matches!(
                self,
                Self::ClientExpired { .. }
                    | Self::ClientNotYetValid { .. }
                    | Self::ClientRejected { .. }
                    | Self::ClientKeyUnusable { .. }
                    | Self::ClientKeyBusy { .. }
                    | Self::Incompatible { alert: Some(_), .. }
            )
    }
}
