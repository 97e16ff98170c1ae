use crate::{base::secret::SecretBytes, flow::http::Response};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A complete answer. Its body may contain keys, and is zeroized when dropped.
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: SecretBytes,
}

impl Reply {
    /// As an authenticator takes it.
    pub fn as_response(&self) -> Response<'_> {
        let response = Response::new(self.status, self.body.expose());
        self.headers.iter().fold(response, |response, (name, value)| response.header(name, value))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_response().fmt(f)
    }
}
