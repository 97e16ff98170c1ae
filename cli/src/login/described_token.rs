//! What a token is for, as every document has it; never the token.

use crate::terminal::document::Time;
use defender_auth::sas::SasToken;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Described {
    /// Without percent-encoding, if that can be removed.
    pub(crate) resource: String,
    /// `null` for a device's or module's own key.
    pub(crate) policy_name: Option<String>,
    pub(crate) expires_at: Time,
}

impl From<&SasToken> for Described {
    fn from(token: &SasToken) -> Self {
        Self {
            resource: token.plain_resource().unwrap_or_else(|| token.resource().into()).into(),
            policy_name: token.policy().map(Into::into),
            expires_at: Time(token.expires_at()),
        }
    }
}
