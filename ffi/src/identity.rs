//! The names of an identity, as C passes and reads them.

use crate::{failure::Failure, input, view::View};
use core::ffi::c_char;
use defender_auth::identity::{DeviceId, HostName, Identity, ModuleId};

/// A text as C passes it.
type Text = (*const c_char, usize);

/// The identity with these names. Without a module ID it is a device.
pub(crate) fn of(host_name: Text, device_id: Text, module_id: Text) -> Result<Identity, Failure> {
    let hub = HostName::new(input::text("host_name", host_name.0, host_name.1)?)?;
    let device = DeviceId::new(input::text("device_id", device_id.0, device_id.1)?)?;
    Ok(match input::text("module_id", module_id.0, module_id.1)? {
        "" => Identity::device(hub, device),
        module => Identity::module(hub, device, ModuleId::new(module)?),
    })
}

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
