//! Plain `Debug` of every error: its text and its number.

use super::{
    AccessError, ApiMisuse, CertificateError, ChainError, CommandError, ConfigError, Context, DaemonError,
    EndpointError, Error, FileError, IssuedChainError, KeyLocationError, ModuleError, PlanError, PrivateKeyProblem,
    ProtocolError, ServiceError, TlsError, TpmError, code::Code,
};
use crate::{
    base::payload::PayloadError,
    connection_string::ConnectionStringError,
    identity::IdentifierError,
    key::{BlobError, KeyError},
    sas::{ResourceError, TokenError, VerifyError},
    twin::TwinError,
};

crate::base::debug::debug_as_text! {
    Error => Error::code,
    ServiceError => ServiceError::code,
    DaemonError => DaemonError::code,
    TpmError => TpmError::code,
    ApiMisuse => code,
    PlanError => code,
    ModuleError => code,
    ProtocolError => code,
    ConfigError => code,
    Context => |context: &Context| context.error.code(),
    FileError => code,
    TlsError => code,
    CertificateError => code,
    ChainError => code,
    IssuedChainError => code,
    KeyLocationError => code,
    PrivateKeyProblem => code,
    CommandError => of_tpm,
    AccessError => of_tpm,
    EndpointError => of_tpm,
    ConnectionStringError => code,
    KeyError => code,
    TokenError => code,
    IdentifierError => code,
    ResourceError => code,
    VerifyError => code,
    PayloadError => code,
    TwinError => code,
    BlobError => code,
}

fn code<E: Clone + Into<Error>>(error: &E) -> Code {
    error.clone().into().code()
}

fn of_tpm<E: Clone + Into<TpmError>>(error: &E) -> Code {
    error.clone().into().code()
}
