//! The numbers of the interface. They are the same for ever.

use crate::ResultCode;

/// It did what it was asked for.
pub const DEFENDERAUTH_OK: ResultCode = 0;
/// A pointer is NULL that may not be.
pub const DEFENDERAUTH_NULL: ResultCode = 101;
/// A text is not UTF-8, or has a NUL in it.
pub const DEFENDERAUTH_UTF8: ResultCode = 102;
/// The buffer is too small; the length that it needs is in `*out_len`.
pub const DEFENDERAUTH_BUFFER_TOO_SMALL: ResultCode = 103;
/// Not in this state: poll, and answer what is pending.
pub const DEFENDERAUTH_STATE: ResultCode = 104;
/// An argument has a value that cannot be.
pub const DEFENDERAUTH_ARGUMENT: ResultCode = 105;
/// This credential has no such output.
pub const DEFENDERAUTH_NOT_APPLICABLE: ResultCode = 106;
/// This build of the library lacks it.
pub const DEFENDERAUTH_UNSUPPORTED: ResultCode = 107;
/// A defect of the library. The object that the call was about cannot be used any more.
pub const DEFENDERAUTH_PANIC: ResultCode = 199;

/// The text is not a connection string.
pub const DEFENDERAUTH_CONNECTION_STRING: ResultCode = 201;
/// The text is not a name of its kind.
pub const DEFENDERAUTH_IDENTIFIER: ResultCode = 202;
/// The text is not a SAS token.
pub const DEFENDERAUTH_SAS_TOKEN: ResultCode = 203;
/// A setting of a configuration file.
pub const DEFENDERAUTH_CONFIG: ResultCode = 204;
/// The text is not JSON, or too large.
pub const DEFENDERAUTH_PAYLOAD: ResultCode = 205;
/// There is no such file.
pub const DEFENDERAUTH_FILE_NOT_FOUND: ResultCode = 211;
/// The file may not be read.
pub const DEFENDERAUTH_FILE_PERMISSION: ResultCode = 212;
/// The file cannot be read, or is not what it should be.
pub const DEFENDERAUTH_FILE_READ: ResultCode = 213;
/// The key is not base64.
pub const DEFENDERAUTH_KEY_BASE64: ResultCode = 301;
/// The key has a length that cannot be.
pub const DEFENDERAUTH_KEY_LENGTH: ResultCode = 302;
/// There is no key where one must be.
pub const DEFENDERAUTH_KEY_ABSENT: ResultCode = 303;

/// The service said no: any 4xx without a number of its own.
pub const DEFENDERAUTH_SERVICE_REJECTED: ResultCode = 400;
/// The service does not believe the credential.
pub const DEFENDERAUTH_SERVICE_UNAUTHORIZED: ResultCode = 401;
/// The credential does not allow it.
pub const DEFENDERAUTH_SERVICE_FORBIDDEN: ResultCode = 403;
/// The service does not know the device, the module or the enrollment.
pub const DEFENDERAUTH_SERVICE_NOT_FOUND: ResultCode = 404;
/// The service wants to be asked less often.
pub const DEFENDERAUTH_SERVICE_THROTTLED: ResultCode = 429;
/// The service is busy or down (408, 5xx).
pub const DEFENDERAUTH_SERVICE_UNAVAILABLE: ResultCode = 440;
/// The provisioning service could not assign the device.
pub const DEFENDERAUTH_REGISTRATION_FAILED: ResultCode = 441;
/// The enrollment is disabled.
pub const DEFENDERAUTH_REGISTRATION_DISABLED: ResultCode = 442;
/// Nobody has registered the device yet.
pub const DEFENDERAUTH_REGISTRATION_UNASSIGNED: ResultCode = 443;

/// A message of the service is not what the protocol says.
pub const DEFENDERAUTH_PROTOCOL_MESSAGE: ResultCode = 450;
/// A message of the service is too long.
pub const DEFENDERAUTH_PROTOCOL_LIMIT: ResultCode = 451;
/// The hub has given the module no credential that can be used.
pub const DEFENDERAUTH_PROTOCOL_NO_CREDENTIAL: ResultCode = 452;
/// The TPM refused a command; `defenderauth_error_tpm_code` has its answer.
pub const DEFENDERAUTH_TPM_COMMAND: ResultCode = 501;
/// The TPM cannot be reached.
pub const DEFENDERAUTH_TPM_ACCESS: ResultCode = 502;
/// The service's key for the TPM is not whole.
pub const DEFENDERAUTH_TPM_BLOB: ResultCode = 503;

/// A certificate or a key cannot be read or used.
pub const DEFENDERAUTH_CERTIFICATE_FORMAT: ResultCode = 601;
/// The key is not the certificate's.
pub const DEFENDERAUTH_CERTIFICATE_KEY: ResultCode = 602;
/// There is no certificate, or no key, where one must be.
pub const DEFENDERAUTH_CERTIFICATE_ABSENT: ResultCode = 603;
/// The documentation forbids this certificate here.
pub const DEFENDERAUTH_CERTIFICATE_RULE: ResultCode = 604;
/// TLS cannot be set up, or the server is not trusted.
pub const DEFENDERAUTH_TLS: ResultCode = 650;

/// The given token is over; have a new one made where it came from.
pub const DEFENDERAUTH_TOKEN_EXPIRED: ResultCode = 700;
/// The attempt's time is over; begin again.
pub const DEFENDERAUTH_OUT_OF_TIME: ResultCode = 701;
/// No answer came, however often it was asked for.
pub const DEFENDERAUTH_NO_RESPONSE: ResultCode = 801;
/// The call's own time is over; run it again to go on.
pub const DEFENDERAUTH_TIMEOUT: ResultCode = 802;
/// It was cancelled.
pub const DEFENDERAUTH_CANCELLED: ResultCode = 803;

/// Send the request; answer with `_handle_response` or `_handle_no_response`.
pub const DEFENDERAUTH_ACTION_SEND: i32 = 1;
/// Let time pass; answer with `_handle_elapsed`.
pub const DEFENDERAUTH_ACTION_WAIT: i32 = 2;
/// Hand `_tpm_input` to the TPM; answer with `_handle_activated`.
pub const DEFENDERAUTH_ACTION_ACTIVATE: i32 = 3;
/// Have `_tpm_input` signed; answer with `_handle_signature`.
pub const DEFENDERAUTH_ACTION_SIGN: i32 = 4;
/// It is done; take the outcome.
pub const DEFENDERAUTH_ACTION_DONE: i32 = 5;
/// It is over; read `_failure`.
pub const DEFENDERAUTH_ACTION_FAILED: i32 = 6;

/// None yet.
pub const DEFENDERAUTH_CREDENTIAL_NONE: i32 = 0;
/// A key that makes tokens, or a ready token.
pub const DEFENDERAUTH_CREDENTIAL_KEY: i32 = 1;
/// A certificate, shown in the TLS handshake.
pub const DEFENDERAUTH_CREDENTIAL_CERTIFICATE: i32 = 2;
/// A key that signs elsewhere.
pub const DEFENDERAUTH_CREDENTIAL_TPM: i32 = 3;

/// Straight as its module, or as the device that a connection string names.
pub const DEFENDERAUTH_IDENTITY_MODULE: i32 = 1;
/// As the device, which asks the hub for its module.
pub const DEFENDERAUTH_IDENTITY_DEVICE: i32 = 2;
/// The provisioning service says which hub.
pub const DEFENDERAUTH_IDENTITY_DPS: i32 = 3;

/// The key of this attempt only; it stays transient in the TPM.
pub const DEFENDERAUTH_KEY_USE_REGISTRATION: i32 = 1;
/// The key that the hub knows; it is persistent in the TPM.
pub const DEFENDERAUTH_KEY_USE_HUB: i32 = 2;

/// Each ID percent-encoded once: the default.
pub const DEFENDERAUTH_AUDIENCE_ENCODED: i32 = 0;
/// Nothing encoded but the whole.
pub const DEFENDERAUTH_AUDIENCE_RAW: i32 = 1;
/// Each ID encoded, and then the whole.
pub const DEFENDERAUTH_AUDIENCE_ENCODED_TWICE: i32 = 2;

/// Certificates can be read.
pub const DEFENDERAUTH_FEATURE_X509: u32 = 1;
/// Agents' configurations can be read.
pub const DEFENDERAUTH_FEATURE_AGENT: u32 = 2;
/// The built-in driver is there.
pub const DEFENDERAUTH_FEATURE_HTTPS: u32 = 4;
/// TPMs can be used.
pub const DEFENDERAUTH_FEATURE_TPM: u32 = 8;
/// Authenticators can be made: Device mode and provisioning.
pub const DEFENDERAUTH_FEATURE_FLOWS: u32 = 16;

/// A certificate is over.
pub const DEFENDERAUTH_FINDING_EXPIRED: u32 = 1;
/// A certificate has not begun.
pub const DEFENDERAUTH_FINDING_NOT_YET_VALID: u32 = 2;
/// It may not authenticate a client.
pub const DEFENDERAUTH_FINDING_NO_CLIENT_AUTH: u32 = 4;
/// Its common name is not the expected one.
pub const DEFENDERAUTH_FINDING_NAME_MISMATCH: u32 = 8;
/// The certificates were not in order; that is mended.
pub const DEFENDERAUTH_FINDING_CHAIN_ORDER: u32 = 16;
/// A certificate was not signed by the next, or is missing.
pub const DEFENDERAUTH_FINDING_CHAIN_BROKEN: u32 = 32;
/// It is a CA's certificate.
pub const DEFENDERAUTH_FINDING_CA_LEAF: u32 = 64;
/// Its key or signature is too weak for the services.
pub const DEFENDERAUTH_FINDING_WEAK: u32 = 128;

/// A buffer of this size takes any text that is written to one, PEM excepted.
pub const DEFENDERAUTH_TEXT_CAPACITY: usize = 4096;
/// A buffer of this size takes any public key of a TPM.
pub const DEFENDERAUTH_PUBLIC_CAPACITY: usize = 1024;
/// A buffer of this size takes any signature.
pub const DEFENDERAUTH_SIGNATURE_CAPACITY: usize = 64;
/// No request has more headers.
pub const DEFENDERAUTH_REQUEST_HEADER_LIMIT: usize = 8;
/// Stop reading a response there.
pub const DEFENDERAUTH_BODY_LIMIT: usize = 65_536;
/// How long a token lives when nothing else is asked for, in seconds.
pub const DEFENDERAUTH_DEFAULT_TOKEN_SECONDS: u64 = 3600;

/// The version of this header: major << 16 | minor << 8 | patch.
pub const DEFENDERAUTH_VERSION_NUMBER: u32 = 0x0000_0100;
