use super::Key;
use serde::Deserialize;

/// A shared access policy. Without `permissions` it has all of them, as `iothubowner` and `provisioningserviceowner` have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// A permission of a hub's shared access policy, by its name in the hub's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum Permission {
    /// Read identities.
    RegistryRead,
    /// Read and change identities.
    RegistryWrite,
    /// Read and change twins, and call methods.
    ServiceConnect,
    /// Log in as any device.
    DeviceConnect,
}

impl Permission {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RegistryRead => "RegistryRead",
            Self::RegistryWrite => "RegistryWrite",
            Self::ServiceConnect => "ServiceConnect",
            Self::DeviceConnect => "DeviceConnect",
        }
    }
}

impl Policy {
    pub(super) fn new(name: &str, key: &str, permissions: Option<&[Permission]>) -> Self {
        Self { name: name.into(), key: key.into(), permissions: permissions.map(Into::into) }
    }

    /// Whether it has a permission. That to write includes that to read.
    pub(crate) fn permits(&self, wanted: Permission) -> bool {
        self.permissions.as_ref().is_none_or(|permissions| {
            permissions
                .iter()
                .any(|has| *has == wanted || (*has, wanted) == (Permission::RegistryWrite, Permission::RegistryRead))
        })
    }
}
