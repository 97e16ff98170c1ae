//! Another configuration for a running emulator.

use super::listener::{Emulator, StartError, names};
use crate::config::{self, Hub, World};

impl Emulator {
    /// Emulates another world from now on, at the same addresses. Devices and modules that are in both keep their twins,
    /// connections and certificates; those that are in the new one no more are disconnected. Its faults take the place of those
    /// that are planned. The versions of TLS, the root, the limit of connections and the validity stay as they are.
    ///
    /// # Errors
    /// When the configuration has a mistake or a host name is invalid. Then nothing is changed.
    pub fn reload(&self, world: World) -> Result<(), StartError> {
        config::check(&world.hubs, world.dps.as_ref())?;
        let names = names(&world, [self.address().ip(), self.https_address().ip()]);
        self.authority.rename(names).map_err(|error| StartError::Certificate(error.to_string()))?;
        let World { mut hubs, dps, faults, clock_offset, .. } = world;
        let mut state = self.shared.state();
        for hub in &mut hubs {
            if let Some(old) = state.hub(&hub.host_name) {
                keep(old, hub);
            }
        }
        (state.hubs, state.dps) = (hubs, dps);
        let _ = state.faults.clear();
        for fault in faults {
            state.faults.plan(fault);
        }
        drop(state);
        self.shared.clock.set_offset(clock_offset);
        Ok(())
    }
}

/// Keeps what the devices of a hub have done.
fn keep(old: &Hub, new: &mut Hub) {
    for device in &mut new.devices {
        let Some(known) = old.find(&device.id) else { continue };
        device.twin = known.twin.clone();
        device.issued.clone_from(&known.issued);
        device.revision = known.revision + 1;
        for module in &mut device.modules {
            if let Some(known) = known.find(&module.id) {
                module.twin = known.twin.clone();
                module.revision = known.revision + 1;
            }
        }
    }
}
