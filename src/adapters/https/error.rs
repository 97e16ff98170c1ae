use super::secure::tls_failure;
use crate::{
    adapters::{open_files, proxy::ProxyProblem},
    error::{Error, ErrorKind, TlsError, TlsFailure, TpmError, by_system::MORE_FILES},
    identity::HostName,
};
use alloc::string::{String, ToString as _};

/// Why a plan failed, or was interrupted.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpsError {
    /// The plan failed: a service rejected it, or was not reached in time. With [`Error::Tpm`] it has not: the TPM has, and
    /// its action is still pending.
    #[error(transparent)]
    Failed(#[from] Error),
    /// The TLS connection failed: the server is not trusted, rejects this client, or does not use TLS.
    #[error("{host}: {failure}")]
    Tls {
        /// The host that was to be reached.
        host: HostName,
        /// Why.
        #[source]
        failure: TlsFailure,
    },
    /// The proxy that the environment names carries no connection to the host.
    #[error("{host}: the proxy of {variable} {problem}")]
    Proxy {
        /// The host that was to be reached.
        host: HostName,
        /// The variable of the environment, such as `HTTPS_PROXY`.
        variable: &'static str,
        /// Why.
        #[source]
        problem: ProxyProblem,
    },
    /// No complete answer: no connection, a reset, a time-out.
    #[error("{host} did not answer: {reason}; check the network, the host name, and any proxy or firewall")]
    NoAnswer {
        /// The host.
        host: HostName,
        /// The system's error.
        reason: String,
    },
    /// This process can open no further connection. The authenticator is unchanged.
    #[error("no connection to {host} can be opened, because too many files are open; {MORE_FILES}")]
    TooManyOpen {
        /// The host.
        host: HostName,
    },
    /// The run was cancelled. The authenticator is unchanged.
    #[error("the run was cancelled; continue it with a client that is not cancelled")]
    Cancelled,
    /// The time limit of this run has passed. The authenticator is unchanged.
    #[error(
        "the time limit of this run has passed; run it again to continue, with a longer limit if this happens often"
    )]
    TimedOut,
}

crate::base::debug::debug_as_text! { HttpsError }

impl HttpsError {
    /// Whether the flow may wait and send the request again. A server that is not trusted, or that does not trust this
    /// client, stays so, as does the limit of open files; and a run that its caller ends is not continued. A key that is
    /// busy is no silence of the service: the authenticator is unchanged, and the caller runs it again when the key may be
    /// available ([`TlsFailure::is_retryable`]).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Proxy { problem, .. } => problem.is_transient(),
            _ => false,
        }
    }

    /// Where the fault lies.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Failed(error) => error.kind(),
            Self::Tls { failure, .. } => failure.kind(),
            Self::Proxy { .. } | Self::NoAnswer { .. } => ErrorKind::Network,
            Self::TooManyOpen { .. } | Self::Cancelled => ErrorKind::Caller,
            Self::TimedOut => ErrorKind::Time,
        }
    }

    /// The error of a connection to a host, perhaps through the proxy of a variable.
    pub(super) fn of(host: &HostName, variable: Option<&'static str>, error: &ureq::Error) -> Self {
        let host = host.clone();
        match (tls_failure(error), variable, error) {
            (_, Some(variable), ureq::Error::Other(error)) if error.is::<ProxyProblem>() => {
                let problem = error.downcast_ref().cloned();
                let unknown = || ProxyProblem::Unreachable { reason: error.to_string() };
                Self::Proxy { host, variable, problem: problem.unwrap_or_else(unknown) }
            }
            (Some(failure), Some(variable), _) => match ProxyProblem::of_tunnel(failure) {
                Ok(failure) => Self::Tls { host, failure },
                Err(problem) => Self::Proxy { host, variable, problem },
            },
            (Some(failure), ..) => Self::Tls { host, failure },
            (None, _, ureq::Error::Io(error)) if open_files::are_too_many(error) => Self::TooManyOpen { host },
            (None, variable, error) => Self::no_answer(host, variable, error.to_string()),
        }
    }

    pub(super) fn no_answer(host: HostName, variable: Option<&'static str>, reason: String) -> Self {
        let reason = match variable {
            Some(variable) => alloc::format!("{reason} (through the proxy of {variable})"),
            None => reason,
        };
        Self::NoAnswer { host, reason }
    }
}

impl From<TlsError> for HttpsError {
    fn from(error: TlsError) -> Self {
        Self::Failed(error.into())
    }
}

/// A TPM's failure is not the plan's: the authenticator is unchanged.
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
    use std::io;

    /// What an error of ureq's is here.
    fn of(error: &ureq::Error) -> HttpsError {
        HttpsError::of(&"h.net".parse().unwrap(), None, error)
    }

    #[test]
    fn the_side_that_rejects_the_other_in_tls_is_told_apart_however_it_arrives() {
        let (alert, ours) =
            (|| Tls::AlertReceived(AlertDescription::CertificateRequired), || Tls::NoCertificatesPresented);
        let wrapped = |error| ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, error));
        for rejected in [ureq::Error::Rustls(alert()), wrapped(alert())] {
            let expected = TlsFailure::ClientRejected { alert: 116 };
            assert!(matches!(of(&rejected), HttpsError::Tls { failure, .. } if failure == expected), "{rejected:?}");
        }
        for untrusted in [ureq::Error::Rustls(ours()), wrapped(ours())] {
            let error = of(&untrusted);
            assert!(
                matches!(&error, HttpsError::Tls { failure: TlsFailure::ServerCertificate { .. }, .. }),
                "{untrusted:?}"
            );
            assert!(!error.is_transient());
        }
    }

    #[test]
    fn only_an_answer_that_did_not_arrive_may_be_requested_again() {
        for error in [ureq::Error::HostNotFound, ureq::Error::ConnectionFailed, io::Error::other("reset").into()] {
            let error = of(&error);
            assert!(matches!(error, HttpsError::NoAnswer { .. }) && error.is_transient(), "{error:?}");
        }
        assert!(!of(&ureq::Error::Rustls(Tls::DecryptError)).is_transient());
    }

    #[test]
    fn a_proxy_that_must_be_changed_is_not_asked_again() {
        let lasting = [
            ProxyProblem::LoginRequired { has_login: false },
            ProxyProblem::Rejected { status: 403, port: 443 },
            ProxyProblem::Rejected { status: 302, port: 443 },
            ProxyProblem::Rejected { status: 511, port: 443 },
            ProxyProblem::NoTunnel { reason: String::new() },
        ];
        let passing = [
            ProxyProblem::Unreachable { reason: String::new() },
            ProxyProblem::Rejected { status: 502, port: 443 },
            ProxyProblem::Rejected { status: 429, port: 443 },
        ];
        assert!(lasting.iter().all(|problem| !problem.is_transient()));
        assert!(passing.iter().all(ProxyProblem::is_transient));
    }
}
