//! The names of an identity, as C reads them.

use crate::view::View;
use defender_auth::identity::Identity;

#[derive(Default)]
pub(crate) struct Names {
    pub(crate) host_name: View,
    pub(crate) gateway: View,
    pub(crate) device_id: View,
    pub(crate) module_id: View,
}

impl Names {
    pub(crate) fn of(identity: &Identity) -> Self {
        Self {
            host_name: View::of(identity.hub()),
            gateway: identity.gateway().map(View::of).unwrap_or_default(),
            device_id: View::of(identity.device_id()),
            module_id: identity.module_id().map(View::of).unwrap_or_default(),
        }
    }
}
