use super::{Enrollment, Group};
use serde::Deserialize;

/// What a provisioning service knows.
#[derive(Clone, Deserialize)]
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

/// The host that devices ask unless they are told otherwise.
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

    /// At another host name.
    #[must_use]
    pub fn at(mut self, host_name: &str) -> Self {
        self.host_name = host_name.into();
        self
    }

    /// Asking clients to wait so many seconds before they poll, one unless this is called.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = seconds;
        self
    }

    /// With one more individual enrollment.
    #[must_use]
    pub fn enrollment(mut self, enrollment: Enrollment) -> Self {
        self.enrollments.push(enrollment);
        self
    }

    /// With one more group.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }

    /// The scope that devices need to know.
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
        let groups = self.groups.iter_mut().map(|Group(enrollment)| enrollment);
        self.enrollments.iter_mut().chain(groups).find(|enrollment| enrollment.id == name)
    }
}
