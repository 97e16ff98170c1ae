//! One request to a daemon.

use super::Endpoint;
use crate::{
    base::secret::SecretText,
    error::{Daemon, DaemonError, DaemonProblem, Error},
    flow::{http::Response, refusal::printable},
};
use alloc::{boxed::Box, string::String};
use core::fmt;
use serde_json::Value;

/// One HTTP/1.1 request, complete. Send it to its [`endpoint`](Self::endpoint) and to no other place; the `Host` header has
/// no meaning for a daemon.
#[derive(PartialEq, Eq)]
pub struct Request {
    daemon: Daemon,
    endpoint: Endpoint,
    target: Box<str>,
    /// It may contain the handle of a key, which is as good as the key on this device.
    body: Option<SecretText>,
    /// The user that the daemon sees, for an error.
    uid: Option<u32>,
}

impl Request {
    pub(crate) fn get(daemon: Daemon, endpoint: &Endpoint, target: String) -> Self {
        Self { daemon, endpoint: endpoint.clone(), target: target.into(), body: None, uid: None }
    }

    pub(crate) fn post(daemon: Daemon, endpoint: &Endpoint, target: String, body: SecretText) -> Self {
        Self { body: Some(body), ..Self::get(daemon, endpoint, target) }
    }

    pub(crate) fn by(self, uid: Option<u32>) -> Self {
        Self { uid, ..self }
    }

    /// The daemon that it is for.
    #[must_use]
    pub const fn daemon(&self) -> Daemon {
        self.daemon
    }

    /// Where the daemon listens.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// `GET` or `POST`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        if self.body.is_some() { "POST" } else { "GET" }
    }

    /// Path and query, encoded.
    #[must_use]
    pub const fn target(&self) -> &str {
        &self.target
    }

    /// The headers to send. `Host` and `Content-Length` are the client's.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.body.iter().map(|_| ("content-type", "application/json"))
    }

    /// The body; empty when there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| body.expose().as_bytes())
    }

    /// Why it fails.
    pub(super) fn failed(&self, problem: DaemonProblem) -> Error {
        DaemonError::new(self.daemon, &self.endpoint, problem).into()
    }

    /// An error of any service, as one of this daemon.
    pub(super) fn explained(&self, error: Error) -> Error {
        match error {
            Error::Protocol(error) => self.failed(DaemonProblem::Message(error)),
            Error::Unreachable { attempts } => self.failed(DaemonProblem::Silent { attempts }),
            other => other,
        }
    }

    /// The daemon rejects it.
    pub(super) fn rejected(&self, response: &Response<'_>) -> Error {
        let status = response.status;
        // Of the daemons only aziot-identityd asks who the user is.
        if matches!((self.daemon, status), (Daemon::Identity, 401 | 403)) {
            return self.failed(DaemonProblem::NotAPrincipal { uid: self.uid });
        }
        let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
        let message = body.get("message").and_then(Value::as_str).map(printable);
        self.failed(DaemonProblem::Rejected { status, message })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {} at {}, ..)", self.method(), self.target, self.endpoint)
    }
}
