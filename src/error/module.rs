/// The authentication of the module at the hub cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// Its `authentication.type` is `selfSigned` or `certificateAuthority`.
    #[error(
        "the hub requires a certificate from the module and none was given; give one, or set the module up with keys"
    )]
    NeedsCertificate,
    /// Its `authentication.type` is `none`.
    #[error("the module has no authentication method; give it keys or a certificate at the hub")]
    NoAuthentication,
}
