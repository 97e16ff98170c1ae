//! The one place that tells TLS failures apart.

use super::{certificate::Described, config::needs_tls12};
use crate::{
    base::time::UnixTime,
    credential::ClientCertificate,
    error::{TlsFailure, Validity},
    key::PrivateKeyError,
};
use alloc::{string::ToString as _, vec::Vec};
use core::error::Error;
use rustls::{CertificateError, Error as Tls, InvalidMessage, PeerIncompatible};
use std::{io, time::SystemTime};

impl TlsFailure {
    /// Why TLS failed, if that is among the causes of this error: an error of rustls, or of a client that uses it and names
    /// its causes by `source()`, as `std::io::Error` and reqwest's do.
    ///
    /// An answer that never arrived may be waited for (`Event::Unanswered`). None of these may: the connection was
    /// made, and the next one fails in the same way until something is changed, or the client's key is no longer busy
    /// ([`is_retryable`](Self::is_retryable)).
    ///
    /// ```
    /// use defender_auth::error::TlsFailure;
    /// use std::io::{Error, ErrorKind};
    ///
    /// let untrusted = rustls::Error::from(rustls::CertificateError::UnknownIssuer);
    /// let error = Error::new(ErrorKind::InvalidData, untrusted);
    /// assert!(matches!(TlsFailure::of(&error), Some(TlsFailure::ServerUntrusted { .. })));
    /// assert_eq!(TlsFailure::of(&Error::from(ErrorKind::TimedOut)), None);
    /// ```
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let found = of_one(error);
            if found.is_some() {
                return found;
            }
            cause = error.source();
        }
        None
    }

    /// With what is known of the client certificate that was used: a server that rejected one that has expired, or is not yet
    /// valid by this device's clock, did so for that reason; and one that ended the handshake because of its version did so
    /// because the key cannot sign for TLS 1.3.
    #[must_use]
    pub fn with_client_certificate(self, certificate: &ClientCertificate, now: UnixTime) -> Self {
        if self.is_about_versions() && needs_tls12(certificate) {
            let reason = "it signs with RSASSA-PKCS1-v1_5 only, which TLS 1.3 does not allow, and the server rejects TLS 1.2; \
                          use a key that signs with RSASSA-PSS or ECDSA, or have the server accept TLS 1.2";
            return Self::ClientKeyUnusable { reason: reason.into() };
        }
        let may_be_rejected = match &self {
            Self::ClientExpired { validity } => validity.is_none(),
            Self::Incompatible { alert, .. } => alert.is_some() && !self.is_about_versions(),
            Self::ClientRejected { .. } | Self::Alert { .. } => true,
            _ => false,
        };
        let leaf = certificate.chain().first().and_then(|leaf| Described::of(leaf));
        let Some(leaf) = leaf.filter(|_| may_be_rejected) else { return self };
        let validity = Validity { clock: now, not_before: Some(leaf.not_before), not_after: Some(leaf.not_after) };
        if now > leaf.not_after {
            Self::ClientExpired { validity: Some(validity) }
        } else if now < leaf.not_before {
            Self::ClientNotYetValid { validity }
        } else {
            self
        }
    }
}

/// What this error is, without its causes.
fn of_one(error: &(dyn Error + 'static)) -> Option<TlsFailure> {
    if let Some(failure) = error.downcast_ref::<TlsFailure>() {
        return Some(failure.clone());
    }
    if let Some(error) = error.downcast_ref::<PrivateKeyError>() {
        let reason = error.to_string();
        return Some(if error.is_retryable() {
            TlsFailure::ClientKeyBusy { reason }
        } else {
            TlsFailure::ClientKeyUnusable { reason }
        });
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        // Its source is that of the error within, which it leaves out.
        return error.get_ref().and_then(|inner| TlsFailure::of(inner));
    }
    error.downcast_ref::<Tls>().map(of_tls)
}

fn of_tls(error: &Tls) -> TlsFailure {
    let reason = error.to_string();
    match error {
        Tls::AlertReceived(alert) => TlsFailure::of_alert(u8::from(*alert), reason),
        Tls::InvalidCertificate(error) => of_certificate(error),
        Tls::NoCertificatesPresented => TlsFailure::ServerCertificate { reason },
        Tls::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            let reason = "the server speaks TLS 1.1 or older only, and this client TLS 1.2 and 1.3".into();
            TlsFailure::Incompatible { alert: None, reason }
        }
        Tls::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig) => {
            let reason = "the server selects a version of TLS that this client does not offer".into();
            TlsFailure::Incompatible { alert: None, reason }
        }
        Tls::PeerIncompatible(_) | Tls::NoApplicationProtocol => TlsFailure::Incompatible { alert: None, reason },
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => TlsFailure::PlainText,
        Tls::InconsistentKeys(_) => {
            TlsFailure::ClientKeyUnusable { reason: reason + "; check that key and certificate belong together" }
        }
        Tls::Other(other) => TlsFailure::of(other.0.as_ref()).unwrap_or(TlsFailure::Protocol { reason }),
        _ => TlsFailure::Protocol { reason },
    }
}

fn of_certificate(error: &CertificateError) -> TlsFailure {
    use CertificateError as E;
    // Where the error does not say with which time the certificate was compared.
    let unknown = Validity { clock: SystemTime::now().into(), not_before: None, not_after: None };
    let invalid = |error: &E| TlsFailure::ServerCertificate { reason: Tls::from(error.clone()).to_string() };
    let of = |time: &rustls::pki_types::UnixTime| UnixTime::from_secs(time.as_secs());
    match error {
        E::ExpiredContext { time, not_after } => {
            TlsFailure::ServerExpired(Validity { clock: of(time), not_after: Some(of(not_after)), ..unknown })
        }
        E::NotValidYetContext { time, not_before } => {
            TlsFailure::ServerNotYetValid(Validity { clock: of(time), not_before: Some(of(not_before)), ..unknown })
        }
        E::UnknownIssuer | E::BadSignature => TlsFailure::ServerUntrusted { issuer: None },
        E::NotValidForNameContext { presented, .. } => TlsFailure::ServerWrongName { names: presented.clone() },
        E::NotValidForName => TlsFailure::ServerWrongName { names: Vec::new() },
        E::Expired => TlsFailure::ServerExpired(unknown),
        E::NotValidYet => TlsFailure::ServerNotYetValid(unknown),
        E::Other(other) => TlsFailure::of(other.0.as_ref()).unwrap_or_else(|| invalid(error)),
        _ => invalid(error),
    }
}
