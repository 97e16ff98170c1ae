use super::{Enrollment, Group, Policy};
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
    /// Where a back end calls it, beside the host name.
    pub(crate) service_host_name: Option<String>,
    #[serde(default, rename = "policy")]
    pub(crate) policies: Vec<Policy>,
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
            service_host_name: None,
            policies: Vec::new(),
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

    /// Sets the host name at which a back end calls it, such as `contoso.azure-devices-provisioning.net`. Unless set, that is
    /// the host name for devices.
    #[must_use]
    pub fn service_at(mut self, host_name: &str) -> Self {
        self.service_host_name = Some(host_name.into());
        self
    }

    /// Adds a shared access policy, whose tokens a back end sends.
    #[must_use]
    pub fn policy(mut self, name: &str, key: &str) -> Self {
        self.policies.push(Policy::new(name, key, None));
        self
    }

    /// Its host names.
    pub(crate) fn names(&self) -> Vec<String> {
        [Some(self.host_name.clone()), self.service_host_name.clone()].into_iter().flatten().collect()
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

    /// A registration ID that a key attests: of an enrollment, or any one if there is a group with a key.
    #[must_use]
    pub fn registration_by_key(&self) -> Option<&str> {
        let own = self.enrollments.iter().find(|enrollment| enrollment.attestation.primary_key.is_some());
        let group = self.groups.iter().any(|group| group.enrollment.attestation.primary_key.is_some());
        own.map(|enrollment| enrollment.id.as_str()).or(group.then_some("dev-02"))
    }

    /// The enrollment or else the group of this name.
    pub(crate) fn find_mut(&mut self, name: &str) -> Option<&mut Enrollment> {
        let groups = self.groups.iter_mut().map(|group| &mut group.enrollment);
        self.enrollments.iter_mut().chain(groups).find(|enrollment| enrollment.id == name)
    }
}
