use crate::{
    adapters::{open_files, tls},
    error::{Error, TlsError, TpmError},
    identity::HostName,
};
use alloc::string::{String, ToString as _};
use std::io;

/// Why a plan did not end well.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpsError {
    /// The plan failed: what a service said, or what stood in the way for too long. With [`Error::Tpm`] it has not: the
    /// TPM has, and its work is still pending.
    #[error(transparent)]
    Failed(#[from] Error),
    /// The server is not who it should be, or cannot prove it.
    #[error("the server of {host} is not trusted: {reason}; check the host name and the root certificates")]
    Untrusted {
        /// Whom it should have been.
        host: HostName,
        /// What TLS said.
        reason: String,
    },
    /// The server ended the handshake and said why: it wants a certificate, or another one.
    #[error(
        "{host} ended the TLS handshake: {reason}; check the client certificate, whether the server wants one, and its \
         versions of TLS"
    )]
    Rejected {
        /// Who.
        host: HostName,
        /// What the server said.
        reason: String,
    },
    /// No complete answer: no connection, a reset, a time-out.
    #[error("{host} did not answer: {reason}; check the network, the name and what stands between")]
    NoAnswer {
        /// Who.
        host: HostName,
        /// What the system said.
        reason: String,
    },
    /// No other connection can be opened here. The authenticator is as it was.
    #[error(
        "no connection to {host} can be opened, because too many files are open; close some, or raise the limit (ulimit -n)"
    )]
    TooManyOpen {
        /// To whom.
        host: HostName,
    },
    /// The run was cancelled. The authenticator is as it was.
    #[error("the run was cancelled; use a client that is not, and it goes on where it was")]
    Cancelled,
    /// The time for one run is over. The authenticator is as it was.
    #[error("the time for this run is over; run it again to go on, with more time if that happens often")]
    TimedOut,
}

crate::base::debug::debug_as_text! { HttpsError }

impl HttpsError {
    /// Whether the flow may wait and ask again. What waiting cannot mend is a server that is not trusted, or that does not
    /// trust this client, and a process that has too many files open; and a run that its caller ends is not to go on.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::NoAnswer { .. })
    }

    /// What went wrong between here and a host.
    pub(super) fn of(host: &HostName, error: &ureq::Error) -> Self {
        let host = host.clone();
        match error {
            ureq::Error::Rustls(reason) if tls::is_alert(reason) => Self::Rejected { host, reason: reason.to_string() },
            ureq::Error::Rustls(reason) => Self::Untrusted { host, reason: reason.to_string() },
            ureq::Error::Tls(reason) => Self::Untrusted { host, reason: (*reason).into() },
            // A failed handshake comes as invalid data.
            ureq::Error::Io(error) => Self::of_io(host, error),
            other => Self::NoAnswer { host, reason: other.to_string() },
        }
    }

    pub(super) fn of_io(host: HostName, error: &io::Error) -> Self {
        let reason = error.to_string();
        match error.kind() {
            // With TLS 1.3 it comes when the handshake is over for this side.
            _ if error.get_ref().is_some_and(|inner| tls::is_alert(inner)) => Self::Rejected { host, reason },
            io::ErrorKind::InvalidData => Self::Untrusted { host, reason },
            _ if open_files::are_too_many(error) => Self::TooManyOpen { host },
            _ => Self::NoAnswer { host, reason },
        }
    }
}

impl From<TlsError> for HttpsError {
    fn from(error: TlsError) -> Self {
        Self::Failed(error.into())
    }
}

/// A TPM's failure is not the plan's: the authenticator is as it was.
impl From<TpmError> for HttpsError {
    fn from(error: TpmError) -> Self {
        Self::Failed(error.into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use rustls::{AlertDescription, Error as Tls};

    /// What an error of ureq's is here.
    fn of(error: &ureq::Error) -> HttpsError {
        HttpsError::of(&"h.net".parse().unwrap(), error)
    }

    #[test]
    fn whoever_says_no_in_tls_is_told_apart_however_it_comes() {
        let (alert, ours) =
            (|| Tls::AlertReceived(AlertDescription::CertificateRequired), || Tls::NoCertificatesPresented);
        let wrapped = |error| ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, error));
        for rejected in [ureq::Error::Rustls(alert()), wrapped(alert())] {
            assert!(matches!(of(&rejected), HttpsError::Rejected { .. }), "{rejected:?}");
        }
        for untrusted in [ureq::Error::Rustls(ours()), wrapped(ours()), ureq::Error::Tls("no root certificates")] {
            assert!(matches!(of(&untrusted), HttpsError::Untrusted { .. }), "{untrusted:?}");
        }
    }

    #[test]
    fn only_what_is_no_answer_may_be_asked_again() {
        for error in [ureq::Error::HostNotFound, ureq::Error::ConnectionFailed, io::Error::other("reset").into()] {
            let error = of(&error);
            assert!(matches!(error, HttpsError::NoAnswer { .. }) && error.is_transient(), "{error:?}");
        }
        assert!(!of(&ureq::Error::Rustls(Tls::DecryptError)).is_transient());
    }
}
