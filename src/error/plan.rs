use crate::identity::{HostName, Identity};
use alloc::string::String;

/// A plan that the protocol or the documentation does not allow.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The documented limitation of Device mode.
    #[error(
        "\"CA-Signed certificate is not supported by Device authentication mode\" (Security agent authentication \
         methods, known limitations); use a self-signed certificate or a key"
    )]
    DeviceModeNeedsSelfSigned,
    /// A lookup has no challenge for a TPM.
    #[error("a TPM cannot authenticate a lookup; register instead")]
    TpmCannotLookUp,
    /// A certificate signing request for another name.
    #[error(
        "the common name of the certificate signing request is not the registration ID, which is the only name that the \
         service certifies; make a request whose subject is `CN=` and the registration ID"
    )]
    RequestName,
    /// Device mode begins with a device, not with a module.
    #[error("the plan is for a module already; Device mode requires a plan for the device")]
    AlreadyAModule,
    /// The profile `mqttV5` has logins of devices only.
    #[error(
        "the hub has the connection profile `mqttV5`, which has no logins of modules; authenticate as the device, or use a \
         classic hub"
    )]
    ProfileWithoutModules,
    /// The profile `mqttV5` has no passwords.
    #[error(
        "the hub has the connection profile `mqttV5`, which accepts no shared access key; authenticate with a client \
         certificate, or use a classic hub"
    )]
    ProfileNeedsCertificate,
    /// A connection profile that this library does not know.
    #[error(
        "the hub has a connection profile that is not known here, so that there is no login; use a version that knows it"
    )]
    UnknownConnectionProfile,
    /// A login at a hub's name for back ends.
    #[error("{host} is the hub's name for back ends, where no device can log in; use {instead}")]
    BackEndHost {
        /// The name.
        host: HostName,
        /// The hub's names for devices.
        instead: String,
    },
}

impl PlanError {
    /// The error of a login at this host: [`BackEndHost`](Self::BackEndHost), or `None`.
    ///
    /// ```
    /// use defender_auth::error::PlanError;
    ///
    /// let error = PlanError::of_host(&"contoso.service.azure-devices.net".parse()?).expect("a name for back ends");
    /// assert!(error.to_string().ends_with("use contoso.azure-devices.net, or contoso.device.azure-devices.net"));
    /// # Ok::<_, defender_auth::identity::IdentifierError>(())
    /// ```
    #[must_use]
    pub fn of_host(host: &HostName) -> Option<Self> {
        host.instead().map(|instead| Self::BackEndHost { host: host.clone(), instead })
    }

    /// The same for a login of an identity, at its hub or at its gateway.
    #[must_use]
    pub fn of_identity(identity: &Identity) -> Option<Self> {
        Self::of_host(identity.hub()).or_else(|| Self::of_host(identity.endpoint()))
    }
}
