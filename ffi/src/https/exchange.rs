//! One request of a session.

use super::driver::Driver;
use crate::failure::Failure;
use defender_auth::{
    Event,
    error::TlsFailure,
    http::Request,
    https::{HttpsError, Reply},
    session,
};
use std::time::Duration;

impl Driver {
    /// Sends one request once. What does not answer the request is a failure of the call.
    pub(crate) fn exchange(&self, request: &Request, limit: Duration) -> Result<Exchanged, Failure> {
        Ok(match self.client()?.stop_after(limit).exchange(request) {
            Ok(reply) => Exchanged::Answered(reply),
            Err(HttpsError::Tls { failure, .. }) => Exchanged::TlsFailed(failure),
            Err(HttpsError::Failed(error)) => Exchanged::TlsFailed(unusable(&error)),
            Err(HttpsError::Cancelled) => return Err(HttpsError::Cancelled.into()),
            // Also the limit of open files: a later one may be answered.
            Err(_) => Exchanged::Unanswered,
        })
    }
}

/// What came of one request.
pub(crate) enum Exchanged {
    Answered(Reply),
    Unanswered,
    TlsFailed(TlsFailure),
}

impl Exchanged {
    /// As a session takes it.
    pub(crate) fn event(&self) -> session::Event<'_> {
        match self {
            Self::Answered(reply) => session::Event::Authenticator(Event::Answered(reply.as_response())),
            Self::Unanswered => session::Event::Authenticator(Event::Unanswered),
            Self::TlsFailed(failure) => session::Event::TlsFailed(failure),
        }
    }
}

/// What fails before a request is sent: its client certificate cannot be used.
fn unusable(error: &defender_auth::Error) -> TlsFailure {
    TlsFailure::ClientKeyUnusable { reason: error.to_string() }
}
