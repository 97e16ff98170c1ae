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
}
