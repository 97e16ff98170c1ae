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
    /// Device mode begins with a device, not with a module.
    #[error("the plan is for a module already; Device mode requires a plan for the device")]
    AlreadyAModule,
}
