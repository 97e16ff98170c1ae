//! The names of a connection string.

/// A known name. What its value means is not decided here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    HostName,
    DeviceId,
    ModuleId,
    GatewayHostName,
    SharedAccessKeyName,
    SharedAccessKey,
    SharedAccessSignature,
    X509,
}

pub(super) const NAMES: [(Field, &str); 9] = [
    (Field::HostName, "HostName"),
    (Field::DeviceId, "DeviceId"),
    (Field::ModuleId, "ModuleId"),
    (Field::GatewayHostName, "GatewayHostName"),
    (Field::SharedAccessKeyName, "SharedAccessKeyName"),
    (Field::SharedAccessKey, "SharedAccessKey"),
    (Field::SharedAccessSignature, "SharedAccessSignature"),
    (Field::X509, "x509"),
    // The older name of the same, known to the C# SDK.
    (Field::X509, "X509Cert"),
];

impl Field {
    pub(super) fn as_str(self) -> &'static str {
        NAMES.iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }

    pub(super) fn find(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(text)).map(|(name, _)| *name)
    }

    /// Whether a connection string is complete without it.
    pub(super) const fn is_optional(self) -> bool {
        matches!(self, Self::ModuleId | Self::GatewayHostName)
    }
}
