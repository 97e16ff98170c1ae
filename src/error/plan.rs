/// A plan that the protocol or the documentation does not allow.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
}
