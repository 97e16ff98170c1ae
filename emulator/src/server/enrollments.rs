//! Enrollments and enrollment groups, while the emulator runs.

use super::{control::ChangeError, listener::Emulator};
use crate::config::{self, Dps, Enrollment, Group};

impl Emulator {
    /// Adds an enrollment, or replaces the one of its registration ID. Returns whether it is new.
    ///
    /// # Errors
    /// When there is no provisioning service, or the enrollment has a mistake.
    pub fn put_enrollment(&self, mut enrollment: Enrollment) -> Result<bool, ChangeError> {
        config::check_enrollment(&enrollment)?;
        self.with_dps(|dps| {
            let known = dps.enrollments.iter().position(|known| known.id == enrollment.id);
            if let Some(known) = known.map(|index| dps.enrollments.remove(index)) {
                enrollment.revision = known.revision + 1;
            }
            dps.enrollments.push(enrollment);
            known.is_none()
        })
    }

    /// Adds an enrollment group, or replaces the one of its name. Returns whether it is new.
    ///
    /// # Errors
    /// When there is no provisioning service, or the group has a mistake.
    pub fn put_group(&self, mut group: Group) -> Result<bool, ChangeError> {
        config::check_group(&group)?;
        self.with_dps(|dps| {
            let known = dps.groups.iter().position(|known| known.enrollment.id == group.enrollment.id);
            if let Some(known) = known.map(|index| dps.groups.remove(index)) {
                group.enrollment.revision = known.enrollment.revision + 1;
            }
            dps.groups.push(group);
            known.is_none()
        })
    }

    /// Removes an enrollment or a group. The devices at their hubs are unchanged.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn remove_enrollment(&self, name: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |_| {})?;
        self.with_dps(|dps| {
            if dps.enrollments.iter().any(|known| known.id == name) {
                dps.enrollments.retain(|known| known.id != name);
            } else {
                dps.groups.retain(|known| known.enrollment.id != name);
            }
        })
    }

    /// Replaces the keys of an enrollment or a group. The devices at their hubs keep theirs.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name that attests by keys, or a key is not base64.
    pub fn rotate_enrollment_keys(&self, name: &str, primary: &str, secondary: &str) -> Result<(), ChangeError> {
        config::check_keys(format!("enrollment {name}"), [Some(&primary.into()), Some(&secondary.into())])?;
        let mut has_keys = false;
        self.change_enrollment(name, |enrollment| {
            has_keys = enrollment.attestation.primary_key.is_some();
            if has_keys {
                enrollment.attestation.primary_key = Some(primary.into());
                enrollment.attestation.secondary_key = Some(secondary.into());
            }
        })?;
        if has_keys { Ok(()) } else { Err(ChangeError::Unknown(format!("key of enrollment {name}"))) }
    }

    /// Assigns an enrollment or a group to another hub, from the next registration on. The device is migrated there with its
    /// modules, unless that hub has a device of its ID.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn move_enrollment(&self, name: &str, hub: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |enrollment| enrollment.assignment.hub = Some(hub.into()))
    }

    /// Disables an enrollment or a group. The device at the hub is unchanged.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn disable_enrollment(&self, name: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |enrollment| enrollment.assignment.disabled = true)
    }

    /// Enables a disabled enrollment or group.
    ///
    /// # Errors
    /// When there is neither an enrollment nor a group of this name.
    pub fn enable_enrollment(&self, name: &str) -> Result<(), ChangeError> {
        self.change_enrollment(name, |enrollment| enrollment.assignment.disabled = false)
    }

    fn with_dps<T>(&self, change: impl FnOnce(&mut Dps) -> T) -> Result<T, ChangeError> {
        let mut state = self.shared.state();
        state.dps.as_mut().map(change).ok_or_else(|| ChangeError::Unknown("provisioning service".into()))
    }

    fn change_enrollment(&self, name: &str, change: impl FnOnce(&mut Enrollment)) -> Result<(), ChangeError> {
        let mut state = self.shared.state();
        let known = state.dps.as_mut().and_then(|dps| dps.find_mut(name));
        let known = known.ok_or_else(|| ChangeError::Unknown(format!("enrollment {name}")))?;
        change(known);
        known.revision += 1;
        Ok(())
    }
}
