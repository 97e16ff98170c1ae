//! The tokens of a back end, which are signed with the key of a shared access policy.

use crate::{
    config::{Permission, Policy},
    journal::Refusal,
    sas::Token,
};

/// Whether a token authorizes access to `path` at one of these host names: by a policy that has the permission. Returns the
/// policy's name.
pub(crate) fn permit(
    policies: &[Policy],
    names: &[String],
    now: u64,
    token: Option<&str>,
    path: &str,
    permission: Permission,
) -> Result<String, Refusal> {
    let token = token.and_then(Token::parse).ok_or(Refusal::NoToken)?;
    let name = token.policy().ok_or(Refusal::NoPolicy)?;
    if !names.iter().any(|host| token.covers(host, path)) {
        return Err(Refusal::Resource);
    }
    let policy = find(policies, name, permission)?;
    if !policy.key.decode().is_some_and(|key| token.is_signed_with(&key)) {
        return Err(Refusal::Signature);
    }
    token.check_expiry(now).map(|()| name.to_owned())
}

/// The policy of this name, if it has the permission.
pub(super) fn find<'a>(policies: &'a [Policy], name: &str, permission: Permission) -> Result<&'a Policy, Refusal> {
    let policy = policies.iter().find(|policy| policy.name == name).ok_or(Refusal::UnknownPolicy)?;
    if policy.permits(permission) { Ok(policy) } else { Err(Refusal::Permission { permission: permission.as_str() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Hub,
        test_tokens::{KEY, OTHER, token_until},
    };

    #[test]
    fn a_token_of_a_policy_permits_what_the_policy_has() {
        let hub = Hub::new("h.net").policy("owner", KEY).policy_with("reader", OTHER, &[Permission::RegistryRead]);
        let ask = |token: Option<&str>, permission| {
            permit(&hub.policies, &["h.net".into()], 1000, token, "devices/d", permission)
        };
        let of = |expiry, resource, key, name: &str| token_until(expiry, resource, key, &format!("&skn={name}"));
        let owner = of(1001, "h.net", KEY, "owner");
        let reader = of(1001, "h.net%2Fdevices", OTHER, "reader");
        for permission in [Permission::RegistryWrite, Permission::ServiceConnect] {
            assert_eq!(ask(Some(&owner), permission), Ok("owner".into()));
            let lacking = Refusal::Permission { permission: permission.as_str() };
            assert_eq!(ask(Some(&reader), permission), Err(lacking));
        }
        let read = Permission::RegistryRead;
        assert_eq!(ask(Some(&reader), read), Ok("reader".into()));
        for (token, reason) in [
            (None, Refusal::NoToken),
            (Some("x".to_owned()), Refusal::NoToken),
            (Some(token_until(1001, "h.net", KEY, "")), Refusal::NoPolicy),
            (Some(of(1001, "h.net", KEY, "other")), Refusal::UnknownPolicy),
            (Some(of(1001, "h.net", OTHER, "owner")), Refusal::Signature),
            (Some(of(1001, "other.net", KEY, "owner")), Refusal::Resource),
            (Some(of(990, "h.net", KEY, "owner")), Refusal::Expired { seconds: 10 }),
        ] {
            assert_eq!(ask(token.as_deref(), read), Err(reason));
        }
    }

    #[test]
    fn the_permission_to_write_is_one_to_read() {
        let hub = Hub::new("h.net").policy_with("writer", KEY, &[Permission::RegistryWrite]);
        assert!(find(&hub.policies, "writer", Permission::RegistryRead).is_ok());
        assert!(find(&hub.policies, "writer", Permission::DeviceConnect).is_err());
    }
}
