use super::policy;
use crate::{
    config::{Hub, Key, Permission},
    journal::Refusal,
    sas::Token,
};

/// Whether a token authorizes access to `path` (`devices/id…`) of a hub: by one of these keys, or by that of a shared
/// access policy with the permission. Returns the token's expiry.
pub(crate) fn check_token(
    hub: &Hub,
    now: u64,
    token: &Token<'_>,
    path: &str,
    keys: [Option<&Key>; 2],
    permission: Permission,
) -> Result<u64, Refusal> {
    let expiry = token.expiry()?;
    if !hub.names().any(|name| token.covers(&name, path)) {
        return Err(Refusal::Resource);
    }
    let signed = |key: &Key| key.decode().is_some_and(|key| token.is_signed_with(&key));
    let is_valid = match token.policy() {
        Some(name) => signed(&policy::find(&hub.policies, name, permission)?.key),
        None => keys.into_iter().flatten().any(signed),
    };
    if is_valid { token.check_expiry(now).map(|()| expiry) } else { Err(Refusal::Signature) }
}
