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
        "refuses the connection (status {status}); have it allow CONNECT to this host, port 443, or use another one"
    )]
    Rejected {
        /// Its answer.
        status: u16,
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
    /// The TLS connection to the proxy itself failed.
    #[error("cannot be used: {0}")]
    Tls(#[source] TlsFailure),
}

impl ProxyProblem {
    /// Whether it may pass without a change: the proxy was not reached, or did not reach the host.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            // 511: the network requires a login, as 407 does of a proxy.
            Self::Rejected { status } => matches!(status, 408 | 429 | 500..=510 | 512..=599),
            _ => false,
        }
    }
}
