//! A request of a back end, which has a token of a shared access policy.

use super::shared::{Shared, State};
use crate::{
    base::{Moment, check_hub_version, one_version},
    config::{Dps, Hub, Permission},
    hub::permit,
    journal::Refusal,
};
use serde::de::DeserializeOwned;

/// A request of a back end.
pub(crate) struct AskBackEnd<'a> {
    pub(crate) host: &'a str,
    /// Without the slash at its beginning.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The `Authorization` header.
    pub(crate) token: Option<&'a str>,
    pub(crate) if_match: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl AskBackEnd<'_> {
    /// The hub, if a policy of it permits the request.
    pub(super) fn hub<'s>(
        &self,
        shared: &Shared,
        state: &'s mut State,
        now: Moment,
        permission: Permission,
    ) -> Result<&'s mut Hub, Refusal> {
        let hub = state.hub_mut(self.host).ok_or(Refusal::UnknownHub)?;
        if !check_hub_version(self.query) {
            return Err(Refusal::ApiVersion);
        }
        let names: Vec<String> = hub.names().collect();
        let policy = permit(&hub.policies, &names, now.seconds(), self.token, self.path, permission)?;
        shared.identified(format!("{}, policy {policy}", hub.host_name));
        Ok(hub)
    }

    /// The provisioning service, if a policy of it permits the request.
    pub(super) fn dps<'s>(&self, shared: &Shared, state: &'s mut State, now: Moment) -> Result<&'s mut Dps, Refusal> {
        let dps = state.dps.as_mut().ok_or(Refusal::UnknownDps)?;
        let names = dps.names();
        if !names.iter().any(|name| name.eq_ignore_ascii_case(self.host)) {
            return Err(Refusal::UnknownDps);
        }
        one_version(self.query).ok_or(Refusal::ApiVersion)?;
        // Its policies have all permissions.
        let any = Permission::RegistryWrite;
        let policy = permit(&dps.policies, &names, now.seconds(), self.token, self.path, any)?;
        shared.identified(format!("{}, policy {policy}", dps.id_scope));
        Ok(dps)
    }

    /// What the body says.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(self.body).map_err(|_| Refusal::IdentityBody)
    }
}
