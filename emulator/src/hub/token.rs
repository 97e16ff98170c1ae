use crate::{
    config::{Hub, Key},
    journal::Refusal,
    sas::Token,
};

/// Whether a token authorizes access to `path` (`devices/id…`) of a hub: by one of these keys, or by a shared access
/// policy's. Returns the token's expiry.
pub(crate) fn check_token(
    hub: &Hub,
    now: u64,
    token: &Token<'_>,
    path: &str,
    keys: [Option<&Key>; 2],
) -> Result<u64, Refusal> {
    let expiry = token.expiry()?;
    if !hub.names().any(|name| token.covers(&name, path)) {
        return Err(Refusal::Resource);
    }
    let signed = |key: &Key| key.decode().is_some_and(|key| token.is_signed_with(&key));
    let is_valid = match token.policy() {
        Some(name) => {
            let policy = hub.policies.iter().find(|policy| policy.name == name).ok_or(Refusal::UnknownPolicy)?;
            signed(&policy.key)
        }
        None => keys.into_iter().flatten().any(signed),
    };
    if is_valid { token.check_expiry(now).map(|()| expiry) } else { Err(Refusal::Signature) }
}
