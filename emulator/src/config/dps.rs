use super::{Enrollment, Group};
use serde::Deserialize;

/// A provisioning service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dps {
    pub(crate) id_scope: String,
    #[serde(default = "global")]
    pub(crate) host_name: String,
    #[serde(default = "one")]
    pub(crate) retry_after: u32,
    #[serde(default, rename = "enrollment")]
    pub(crate) enrollments: Vec<Enrollment>,
    #[serde(default, rename = "group")]
    pub(crate) groups: Vec<Group>,
}

/// The global device endpoint.
fn global() -> String {
    "global.azure-devices-provisioning.net".into()
}

const fn one() -> u32 {
    1
}

impl Dps {
    /// A service without enrollments, at `global.azure-devices-provisioning.net`.
    #[must_use]
    pub fn new(id_scope: &str) -> Self {
        Self {
            id_scope: id_scope.into(),
            host_name: global(),
            retry_after: one(),
            enrollments: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Sets another host name.
    #[must_use]
    pub fn at(mut self, host_name: &str) -> Self {
        self.host_name = host_name.into();
        self
    }

    /// Sets the `Retry-After` of a pending registration in seconds, one unless set.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = seconds;
        self
    }

    /// Adds an individual enrollment.
    #[must_use]
    pub fn enrollment(mut self, enrollment: Enrollment) -> Self {
        self.enrollments.push(enrollment);
        self
    }

    /// Adds an enrollment group.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }

    /// Its ID scope.
    #[must_use]
    pub fn id_scope(&self) -> &str {
        &self.id_scope
    }

    /// Its host name.
    #[must_use]
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// The enrollment or else the group of this name.
    pub(crate) fn find_mut(&mut self, name: &str) -> Option<&mut Enrollment> {
        let groups = self.groups.iter_mut().map(|group| &mut group.enrollment);
        self.enrollments.iter_mut().chain(groups).find(|enrollment| enrollment.id == name)
    }
}
