//! What a hub says when it does not issue a certificate: plain data.

use crate::base::time::UnixTime;
use alloc::string::String;

/// What a hub says about the issuance of a certificate that it rejects. Each text is printable and has at most 256 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuanceDetails {
    /// The hub's ID of the operation; quote it in support requests.
    pub correlation_id: Option<String>,
    /// The ID of the request whose operation is active, when that is in the way.
    pub request_id: Option<String>,
    /// When that operation ends at the latest.
    pub operation_expires: Option<UnixTime>,
    /// The certificate authority's own code.
    pub credential_error: Option<String>,
    /// The certificate authority's own message.
    pub credential_message: Option<String>,
    /// The kind of the key in the request: `P-384`, `P-256`, `RSA`, or `another kind`.
    pub key_kind: &'static str,
}
