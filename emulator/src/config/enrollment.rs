use super::{Json, Key};
use crate::sas;
use serde::Deserialize;
use serde_json::Value;

/// One device that may provision itself: a registration id and its keys.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrollment {
    pub(crate) id: String,
    pub(crate) primary_key: Key,
    pub(crate) secondary_key: Option<Key>,
    pub(crate) device_id: Option<String>,
    pub(crate) hub: Option<String>,
    #[serde(default)]
    pub(crate) disabled: bool,
    pub(crate) failing: Option<Failure>,
    #[serde(default = "one")]
    pub(crate) pending: u32,
    pub(crate) payload: Option<Json>,
}

/// Many devices that may provision themselves: each with a key that is derived from the group's.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Group(pub(crate) Enrollment);

/// How an assignment fails.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) code: u32,
    pub(crate) message: String,
}

const fn one() -> u32 {
    1
}

impl Enrollment {
    /// An enrollment that is assigned to the first hub at the first poll, under its registration id.
    #[must_use]
    pub fn new(registration_id: &str, primary_key: &str) -> Self {
        Self {
            id: registration_id.into(),
            primary_key: primary_key.into(),
            secondary_key: None,
            device_id: None,
            hub: None,
            disabled: false,
            failing: None,
            pending: one(),
            payload: None,
        }
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(mut self, key: &str) -> Self {
        self.secondary_key = Some(key.into());
        self
    }

    /// Assigned to this hub. It need not be one that is played.
    #[must_use]
    pub fn hub(mut self, host_name: &str) -> Self {
        self.hub = Some(host_name.into());
        self
    }

    /// Known to the hub under another id than its registration id.
    #[must_use]
    pub fn device_id(mut self, id: &str) -> Self {
        self.device_id = Some(id.into());
        self
    }

    /// Answered with the status `disabled`.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Ending in the status `failed`, with this code and message.
    #[must_use]
    pub fn failing(mut self, code: u32, message: &str) -> Self {
        self.failing = Some(Failure { code, message: message.into() });
        self
    }

    /// Final at the poll of this number. With 0 the answer to the registration itself is final.
    #[must_use]
    pub const fn pending(mut self, polls: u32) -> Self {
        self.pending = polls;
        self
    }

    /// With data for the device in its assignment.
    #[must_use]
    pub fn payload(mut self, data: Value) -> Self {
        self.payload = Some(Json(data));
        self
    }

    pub(crate) fn keys(&self) -> [Option<&Key>; 2] {
        [Some(&self.primary_key), self.secondary_key.as_ref()]
    }
}

impl Group {
    /// A group whose devices are assigned to the first hub at the first poll.
    #[must_use]
    pub fn new(name: &str, primary_key: &str) -> Self {
        Self(Enrollment::new(name, primary_key))
    }

    /// The key of one device of a group, from the group's key. `None` when that is not base64.
    #[must_use]
    pub fn device_key(group_key: &str, registration_id: &str) -> Option<String> {
        Key::from(group_key).decode().map(|key| sas::derive(&key, registration_id))
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(self, key: &str) -> Self {
        Self(self.0.secondary_key(key))
    }

    /// Assigned to this hub. It need not be one that is played.
    #[must_use]
    pub fn hub(self, host_name: &str) -> Self {
        Self(self.0.hub(host_name))
    }

    /// Answered with the status `disabled`.
    #[must_use]
    pub fn disabled(self) -> Self {
        Self(self.0.disabled())
    }

    /// Ending in the status `failed`, with this code and message.
    #[must_use]
    pub fn failing(self, code: u32, message: &str) -> Self {
        Self(self.0.failing(code, message))
    }

    /// Final at the poll of this number. With 0 the answer to the registration itself is final.
    #[must_use]
    pub fn pending(self, polls: u32) -> Self {
        Self(self.0.pending(polls))
    }

    /// With data for the devices in their assignments.
    #[must_use]
    pub fn payload(self, data: Value) -> Self {
        Self(self.0.payload(data))
    }
}
