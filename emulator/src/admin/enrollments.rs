//! Enrollments and enrollment groups.

use super::{
    bodies::{EnrollmentChange, Keys},
    desk::{Desk, read},
    reply::{Answered, Failure, Reply},
};
use crate::{
    config::{Enrollment, Group, Key},
    service::{Kind, enrollment_json},
};
use serde_json::Value;

impl Desk<'_> {
    /// Requests below `/enrollments` or `/groups`.
    pub(super) fn enrollments(&self, is_group: bool, path: &[&str]) -> Answered {
        let emulator = self.emulator;
        match (self.head.method.as_str(), path) {
            ("GET", []) => {
                let state = emulator.shared.seen();
                let dps = state.dps.as_ref().ok_or_else(|| Failure::unknown("provisioning service"))?;
                let all: Vec<Value> = if is_group {
                    dps.groups.iter().map(|group| enrollment_json(Kind::Group, &group.enrollment)).collect()
                } else {
                    dps.enrollments.iter().map(|each| enrollment_json(Kind::Individual, each)).collect()
                };
                Ok(Reply::json(200, &all.into()))
            }
            ("GET", [id]) => self.enrollment(is_group, id, 200),
            ("PUT", [id]) => {
                let body = self.with_id(id)?;
                let is_new = if is_group {
                    emulator.put_group(read::<Group>(body)?)?
                } else {
                    emulator.put_enrollment(read::<Enrollment>(body)?)?
                };
                self.enrollment(is_group, id, if is_new { 201 } else { 200 })
            }
            ("PATCH", [id]) => {
                let change: EnrollmentChange = self.json()?;
                match change.disabled {
                    Some(true) => emulator.disable_enrollment(id)?,
                    Some(false) => emulator.enable_enrollment(id)?,
                    None => {}
                }
                if let Some(hub) = &change.hub {
                    emulator.move_enrollment(id, hub)?;
                }
                self.enrollment(is_group, id, 200)
            }
            ("POST", [id, "rotate"]) => {
                let [primary, secondary] = self.json::<Keys>()?.take()?;
                emulator.rotate_enrollment_keys(id, &primary, &secondary)?;
                self.enrollment(is_group, id, 200)
            }
            ("DELETE", [id]) => {
                emulator.remove_enrollment(id)?;
                Ok(Reply::done())
            }
            _ => Err(self.unknown()),
        }
    }

    /// An enrollment with its keys.
    fn enrollment(&self, is_group: bool, id: &str, status: u16) -> Answered {
        let kind = if is_group { Kind::Group } else { Kind::Individual };
        let mut state = self.emulator.shared.seen();
        let known = state.dps.as_mut().and_then(|dps| dps.find_mut(id));
        let known = known.ok_or_else(|| Failure::unknown(&format!("enrollment {id}")))?;
        let mut shown = enrollment_json(kind, known);
        if let Some(members) = shown.as_object_mut() {
            let keys = known.attestation.keys().map(|key| key.map(Key::text));
            for (member, key) in ["primary_key", "secondary_key"].into_iter().zip(keys) {
                members.extend(key.map(|key| (member.to_owned(), key.into())));
            }
        }
        Ok(Reply::json(status, &shown))
    }
}
