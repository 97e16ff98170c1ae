//! Registrations as a back end reads them.

use super::registration::{Registration, Registrations};
use serde_json::{Value, json};

impl Registrations {
    /// The state of a registration, without the credential of its device.
    pub(crate) fn summary(&self, registration_id: &str) -> Option<Value> {
        let id = registration_id.to_ascii_lowercase();
        self.0.get(&id).map(|registration| registration.summary(&id))
    }

    /// The states of all registrations of a group.
    pub(crate) fn of_group(&self, group: &str) -> Vec<Value> {
        let all = self.0.iter().filter(|(_, registration)| registration.is_of(group));
        all.map(|(id, registration)| registration.summary(id)).collect()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.iter().map(|(id, registration)| Registration::summary(registration, id)).collect()
    }

    /// Removes a registration. `false` when there is none.
    pub(crate) fn forget(&mut self, registration_id: &str) -> bool {
        self.0.remove(&registration_id.to_ascii_lowercase()).is_some()
    }
}

impl Registration {
    fn is_of(&self, group: &str) -> bool {
        self.group.as_deref() == Some(group)
    }

    /// Its state as a back end reads it.
    fn summary(&self, id: &str) -> Value {
        let mut state = json!({
            "registrationId": id,
            "status": self.status(),
            "createdDateTimeUtc": self.created.iso(),
            "lastUpdatedDateTimeUtc": self.updated.iso(),
            "etag": self.etag,
        });
        if let (Value::Object(state), Some(assigned)) = (&mut state, &self.assigned) {
            let (member, target) = assigned.target.member();
            state.insert(member.into(), target);
            state.insert("deviceId".into(), assigned.device_id.as_str().into());
        }
        state
    }
}
