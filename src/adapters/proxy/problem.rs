use crate::error::TlsFailure;
use alloc::string::String;

/// Why a proxy carries no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyProblem {
    /// It requires a login, or rejects the one in the variable: status 407.
    #[error(
        "{} (407); write it as http://USER:PASSWORD@HOST:PORT, with other characters percent-encoded, or have the proxy \
         allow this device",
        if *has_login { "rejects the login in the variable" } else { "requires a login" }
    )]
    LoginRequired {
        /// Whether the variable contains one.
        has_login: bool,
    },
    /// It refuses to connect to the host.
    #[error(
        "refuses the connection (status {status}); have it allow CONNECT to this host, port {port}, or use another one"
    )]
    Rejected {
        /// Its answer.
        status: u16,
        /// The port of the host.
        port: u16,
    },
    /// It does not do what CONNECT requests.
    #[error("does not tunnel: {reason}; name a proxy that supports CONNECT, or exclude the host with NO_PROXY")]
    NoTunnel {
        /// What it does instead.
        reason: String,
    },
    /// It was not reached, or did not answer in time.
    #[error("cannot be reached: {reason}; check the variable, the network and the proxy")]
    Unreachable {
        /// The system's error.
        reason: String,
    },
    /// The proxy is behind TLS, and MQTT is not sent through two layers of it.
    #[error("is behind TLS, which MQTT does not support; name one with http://, or exclude the host with NO_PROXY")]
    Encrypted,
    /// The TLS connection to the proxy itself failed.
    #[error("cannot be used: {0}")]
    Tls(#[source] TlsFailure),
}

impl ProxyProblem {
    pub(crate) fn no_tunnel(reason: &str) -> Self {
        Self::NoTunnel { reason: reason.into() }
    }

    /// The proxy closed the connection before its answer was complete.
    #[must_use]
    pub fn closed() -> Self {
        Self::no_tunnel("it closed the connection without an answer")
    }

    /// Bytes of the other end arrived before it was sent any, or are not TLS. A TLS server waits for its client.
    #[must_use]
    pub fn overrun() -> Self {
        Self::no_tunnel("what follows its answer is not TLS")
    }

    /// What a failure of TLS with a host means when it happens in a tunnel.
    ///
    /// # Errors
    /// When the proxy is the cause: it does not tunnel.
    pub fn of_tunnel(failure: TlsFailure) -> Result<TlsFailure, Self> {
        match failure {
            TlsFailure::PlainText => Err(Self::overrun()),
            TlsFailure::ServerUntrusted { issuer } => Ok(TlsFailure::Intercepted { issuer }),
            other => Ok(other),
        }
    }

    /// Whether it may pass without a change: the proxy was not reached, or did not reach the host.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            // 511: the network requires a login, as 407 does of a proxy.
            Self::Rejected { status, .. } => matches!(status, 408 | 429 | 500..=510 | 512..=599),
            _ => false,
        }
    }
}
