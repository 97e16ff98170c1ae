//! The numbers of the interface. They never change.

use crate::abi::ResultCode;

/// The call succeeded.
pub const DEFENDERAUTH_OK: ResultCode = 0;
/// A required pointer is NULL.
pub const DEFENDERAUTH_NULL: ResultCode = 101;
/// A text is not UTF-8, or contains a NUL.
pub const DEFENDERAUTH_UTF8: ResultCode = 102;
/// The buffer is too small; the required length is in `*out_len`.
pub const DEFENDERAUTH_BUFFER_TOO_SMALL: ResultCode = 103;
/// The call does not match the state: poll, and report the result of the pending action.
pub const DEFENDERAUTH_STATE: ResultCode = 104;
/// An argument has an invalid value.
pub const DEFENDERAUTH_ARGUMENT: ResultCode = 105;
/// The credential does not support this output.
pub const DEFENDERAUTH_NOT_APPLICABLE: ResultCode = 106;
/// This build of the library does not include the feature.
pub const DEFENDERAUTH_UNSUPPORTED: ResultCode = 107;
/// A defect in the library. The object of the call is unusable; free it.
pub const DEFENDERAUTH_PANIC: ResultCode = 199;

/// The text is not a valid connection string.
pub const DEFENDERAUTH_CONNECTION_STRING: ResultCode = 201;
/// The text is not a valid host name, ID or ID scope.
pub const DEFENDERAUTH_IDENTIFIER: ResultCode = 202;
/// The text is not a valid SAS token.
pub const DEFENDERAUTH_SAS_TOKEN: ResultCode = 203;
/// A setting in a configuration file is missing or invalid.
pub const DEFENDERAUTH_CONFIG: ResultCode = 204;
/// The payload is not JSON, or is too large.
pub const DEFENDERAUTH_PAYLOAD: ResultCode = 205;
/// The file does not exist.
pub const DEFENDERAUTH_FILE_NOT_FOUND: ResultCode = 211;
/// Permission to read the file is denied.
pub const DEFENDERAUTH_FILE_PERMISSION: ResultCode = 212;
/// The file cannot be read, or has the wrong type.
pub const DEFENDERAUTH_FILE_READ: ResultCode = 213;
/// The file or its folder cannot be written.
pub const DEFENDERAUTH_FILE_WRITE: ResultCode = 214;
/// What an earlier run of a session has saved cannot be used; begin without it.
pub const DEFENDERAUTH_SNAPSHOT: ResultCode = 221;
/// The key is not valid base64.
pub const DEFENDERAUTH_KEY_BASE64: ResultCode = 301;
/// The key has an invalid length.
pub const DEFENDERAUTH_KEY_LENGTH: ResultCode = 302;
/// A required key is missing.
pub const DEFENDERAUTH_KEY_ABSENT: ResultCode = 303;

/// The service rejected the request: any 4xx status without its own result.
pub const DEFENDERAUTH_SERVICE_REJECTED: ResultCode = 400;
/// The service rejected the credential.
pub const DEFENDERAUTH_SERVICE_UNAUTHORIZED: ResultCode = 401;
/// The credential does not permit the operation.
pub const DEFENDERAUTH_SERVICE_FORBIDDEN: ResultCode = 403;
/// The device, module or enrollment does not exist.
pub const DEFENDERAUTH_SERVICE_NOT_FOUND: ResultCode = 404;
/// The service is throttling requests.
pub const DEFENDERAUTH_SERVICE_THROTTLED: ResultCode = 429;
/// The service is temporarily unavailable (408, 5xx).
pub const DEFENDERAUTH_SERVICE_UNAVAILABLE: ResultCode = 440;
/// The provisioning service failed to assign the device.
pub const DEFENDERAUTH_REGISTRATION_FAILED: ResultCode = 441;
/// The enrollment is disabled.
pub const DEFENDERAUTH_REGISTRATION_DISABLED: ResultCode = 442;
/// The device has not been registered yet.
pub const DEFENDERAUTH_REGISTRATION_UNASSIGNED: ResultCode = 443;

/// A message from the service violates the protocol.
pub const DEFENDERAUTH_PROTOCOL_MESSAGE: ResultCode = 450;
/// A message from the service exceeds a size limit.
pub const DEFENDERAUTH_PROTOCOL_LIMIT: ResultCode = 451;
/// The module has no usable credential in the hub's registry.
pub const DEFENDERAUTH_PROTOCOL_NO_CREDENTIAL: ResultCode = 452;
/// The TPM rejected a command; `defenderauth_error_tpm_code` has its response code.
pub const DEFENDERAUTH_TPM_COMMAND: ResultCode = 501;
/// The TPM cannot be accessed.
pub const DEFENDERAUTH_TPM_ACCESS: ResultCode = 502;
/// The key blob from the service is malformed.
pub const DEFENDERAUTH_TPM_BLOB: ResultCode = 503;

/// A certificate or private key cannot be parsed or used.
pub const DEFENDERAUTH_CERTIFICATE_FORMAT: ResultCode = 601;
/// The private key does not belong to the certificate.
pub const DEFENDERAUTH_CERTIFICATE_KEY: ResultCode = 602;
/// A required certificate or private key is missing.
pub const DEFENDERAUTH_CERTIFICATE_ABSENT: ResultCode = 603;
/// This kind of certificate is not supported here.
pub const DEFENDERAUTH_CERTIFICATE_RULE: ResultCode = 604;
/// The private key of the certificate did not sign; `defenderauth_error_is_retryable` says whether a retry may help.
pub const DEFENDERAUTH_PRIVATE_KEY: ResultCode = 605;
/// TLS cannot be configured, or the server's certificate was rejected.
pub const DEFENDERAUTH_TLS: ResultCode = 650;

/// The ready-made token has expired; obtain a new one from its source.
pub const DEFENDERAUTH_TOKEN_EXPIRED: ResultCode = 700;
/// The attempt exceeded its time limit; start a new one.
pub const DEFENDERAUTH_OUT_OF_TIME: ResultCode = 701;
/// The device's clock is outside of the validity of the server's certificate, or of the client's; set the clock.
pub const DEFENDERAUTH_CLOCK: ResultCode = 702;
/// No response arrived to any of the requests, or the proxy carries none.
pub const DEFENDERAUTH_NO_RESPONSE: ResultCode = 801;
/// The call exceeded its own time limit; call it again to continue.
pub const DEFENDERAUTH_TIMEOUT: ResultCode = 802;
/// The call was cancelled.
pub const DEFENDERAUTH_CANCELLED: ResultCode = 803;
/// There is no connection to the hub, or it broke before an acknowledgement arrived; send again after the next one.
pub const DEFENDERAUTH_NOT_CONNECTED: ResultCode = 804;

/// Send the request; report with `_handle_response` or `_handle_no_response`.
pub const DEFENDERAUTH_ACTION_SEND: i32 = 1;
/// Wait; report with `_handle_elapsed`.
pub const DEFENDERAUTH_ACTION_WAIT: i32 = 2;
/// Activate `_tpm_input` in the TPM; report with `_handle_activated`.
pub const DEFENDERAUTH_ACTION_ACTIVATE: i32 = 3;
/// Sign `_tpm_input`; report with `_handle_signature`.
pub const DEFENDERAUTH_ACTION_SIGN: i32 = 4;
/// The authentication succeeded; read the outcome.
pub const DEFENDERAUTH_ACTION_DONE: i32 = 5;
/// The authentication failed; read `_failure`.
pub const DEFENDERAUTH_ACTION_FAILED: i32 = 6;
/// Send the request to a daemon of this device, at `_request_address`; report with `_handle_response`, `_handle_no_response` or
/// `_handle_not_reached`.
pub const DEFENDERAUTH_ACTION_ASK: i32 = 7;
/// Open the certificate that certd has and its private key in keyd: `defenderauth_authenticator_run` and
/// `defenderauth_session_exchange` do it. Or report your own with `_handle_certificate`.
pub const DEFENDERAUTH_ACTION_OPEN: i32 = 8;

/// A daemon has no socket at its path (`ENOENT`).
pub const DEFENDERAUTH_OBSTACLE_ABSENT: i32 = 1;
/// This user may not connect to a daemon's socket (`EACCES`).
pub const DEFENDERAUTH_OBSTACLE_DENIED: i32 = 2;
/// Another kind of file is at the path of a daemon's socket (`ECONNREFUSED`, and `stat` shows no socket).
pub const DEFENDERAUTH_OBSTACLE_NOT_A_SOCKET: i32 = 3;

/// No credential yet.
pub const DEFENDERAUTH_CREDENTIAL_NONE: i32 = 0;
/// A key that creates tokens, or a ready-made token.
pub const DEFENDERAUTH_CREDENTIAL_KEY: i32 = 1;
/// A certificate, presented in the TLS handshake.
pub const DEFENDERAUTH_CREDENTIAL_CERTIFICATE: i32 = 2;
/// A key held elsewhere, such as in a TPM.
pub const DEFENDERAUTH_CREDENTIAL_TPM: i32 = 3;

/// The module, or the device of a connection string, with no request.
pub const DEFENDERAUTH_IDENTITY_MODULE: i32 = 1;
/// The device, which requests its module's identity from the hub (Device mode).
pub const DEFENDERAUTH_IDENTITY_DEVICE: i32 = 2;
/// The device, whose hub the provisioning service assigns.
pub const DEFENDERAUTH_IDENTITY_DPS: i32 = 3;
/// What a daemon of this device knows and signs for: a module of IoT Edge, or what the identity service tells.
pub const DEFENDERAUTH_IDENTITY_DAEMON: i32 = 4;

/// The key of this registration only; it stays transient in the TPM.
pub const DEFENDERAUTH_KEY_USE_REGISTRATION: i32 = 1;
/// The key for the hub; it is persistent in the TPM.
pub const DEFENDERAUTH_KEY_USE_HUB: i32 = 2;

/// Each ID is percent-encoded once: the default.
pub const DEFENDERAUTH_AUDIENCE_ENCODED: i32 = 0;
/// Only the whole is percent-encoded, not the IDs.
pub const DEFENDERAUTH_AUDIENCE_RAW: i32 = 1;
/// Each ID is percent-encoded, and then the whole.
pub const DEFENDERAUTH_AUDIENCE_ENCODED_TWICE: i32 = 2;

/// What a signing function returns when it has written a signature.
pub const DEFENDERAUTH_SIGN_DONE: i32 = 0;
/// What a signing function returns when it cannot sign now: the same may succeed later.
pub const DEFENDERAUTH_SIGN_BUSY: i32 = 1;
/// What a signing function returns when it cannot sign until something is changed. Any other number means the same.
pub const DEFENDERAUTH_SIGN_FAILED: i32 = 2;

/// ECDSA on P-256 with SHA-256. The numbers of schemes are those of TLS.
pub const DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256: u16 = 0x0403;
/// ECDSA on P-384 with SHA-384.
pub const DEFENDERAUTH_SCHEME_ECDSA_P384_SHA384: u16 = 0x0503;
/// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
pub const DEFENDERAUTH_SCHEME_RSA_PSS_SHA256: u16 = 0x0804;
/// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
pub const DEFENDERAUTH_SCHEME_RSA_PSS_SHA384: u16 = 0x0805;
/// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
pub const DEFENDERAUTH_SCHEME_RSA_PSS_SHA512: u16 = 0x0806;
/// RSASSA-PKCS1-v1_5 with SHA-256: TLS 1.2 and certificate requests only.
pub const DEFENDERAUTH_SCHEME_RSA_PKCS1_SHA256: u16 = 0x0401;
/// RSASSA-PKCS1-v1_5 with SHA-384: TLS 1.2 and certificate requests only.
pub const DEFENDERAUTH_SCHEME_RSA_PKCS1_SHA384: u16 = 0x0501;
/// RSASSA-PKCS1-v1_5 with SHA-512: TLS 1.2 and certificate requests only.
pub const DEFENDERAUTH_SCHEME_RSA_PKCS1_SHA512: u16 = 0x0601;

/// Parsing of certificates.
pub const DEFENDERAUTH_FEATURE_X509: u32 = 1;
/// Reading of agent configurations.
pub const DEFENDERAUTH_FEATURE_AGENT: u32 = 2;
/// The built-in HTTPS driver.
pub const DEFENDERAUTH_FEATURE_HTTPS: u32 = 4;
/// TPM support.
pub const DEFENDERAUTH_FEATURE_TPM: u32 = 8;
/// Device mode and provisioning: authenticators that send requests.
pub const DEFENDERAUTH_FEATURE_FLOWS: u32 = 16;
/// Sessions: agents that stay authenticated.
pub const DEFENDERAUTH_FEATURE_SESSION: u32 = 32;
/// The built-in driver of sessions, with an MQTT client.
pub const DEFENDERAUTH_FEATURE_MQTT: u32 = 64;
/// Private keys that sign where they are, and requests for certificates.
pub const DEFENDERAUTH_FEATURE_PRIVATE_KEY: u32 = 128;
/// Private keys in PKCS#11 tokens.
pub const DEFENDERAUTH_FEATURE_PKCS11: u32 = 256;
/// Certificates that are issued at a registration, kept, and renewed through the hub.
pub const DEFENDERAUTH_FEATURE_OPERATIONAL: u32 = 512;
/// The built-in client for daemons of the device that sign.
pub const DEFENDERAUTH_FEATURE_LOCAL_SIGNER: u32 = 1024;
/// Twins of security modules.
pub const DEFENDERAUTH_FEATURE_TWIN: u32 = 2048;

/// A certificate of the chain has expired.
pub const DEFENDERAUTH_FINDING_EXPIRED: u32 = 1;
/// A certificate of the chain is not yet valid.
pub const DEFENDERAUTH_FINDING_NOT_YET_VALID: u32 = 2;
/// It does not allow client authentication.
pub const DEFENDERAUTH_FINDING_NO_CLIENT_AUTH: u32 = 4;
/// Its common name is not the expected one.
pub const DEFENDERAUTH_FINDING_NAME_MISMATCH: u32 = 8;
/// The certificates were not in order; they have been sorted.
pub const DEFENDERAUTH_FINDING_CHAIN_ORDER: u32 = 16;
/// A certificate was not issued by the next one, or one is missing.
pub const DEFENDERAUTH_FINDING_CHAIN_BROKEN: u32 = 32;
/// The leaf is a CA certificate.
pub const DEFENDERAUTH_FINDING_CA_LEAF: u32 = 64;
/// A key or signature is too weak for the services.
pub const DEFENDERAUTH_FINDING_WEAK: u32 = 128;
/// The TLS of this library cannot use the certificate. Another TLS library may.
pub const DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS: u32 = 256;
/// Nothing was checked: there is no certificate, or it is held elsewhere.
pub const DEFENDERAUTH_FINDING_UNCHECKED: u32 = 512;

/// A buffer of this size holds any text that is written to one, except PEM and the secret of a snapshot.
pub const DEFENDERAUTH_TEXT_CAPACITY: usize = 4096;
/// A buffer of this size holds the secret of any snapshot.
pub const DEFENDERAUTH_SNAPSHOT_SECRET_CAPACITY: usize = 12_288;
/// A buffer of this size holds any public key of a TPM.
pub const DEFENDERAUTH_PUBLIC_CAPACITY: usize = 1024;
/// A buffer of this size holds any signature.
pub const DEFENDERAUTH_SIGNATURE_CAPACITY: usize = 64;
/// The largest number of headers in a request.
pub const DEFENDERAUTH_REQUEST_HEADER_LIMIT: usize = 8;
/// The largest response body that is accepted, in bytes; stop reading there.
pub const DEFENDERAUTH_BODY_LIMIT: usize = 65_536;
/// The port of MQTT over TLS.
pub const DEFENDERAUTH_MQTT_PORT: u16 = 8883;
/// The port of HTTPS, to which requests are sent, and of MQTT over WebSocket.
pub const DEFENDERAUTH_HTTPS_PORT: u16 = 443;
/// The usual lifetime of a token, in seconds.
pub const DEFENDERAUTH_DEFAULT_TOKEN_SECONDS: u64 = 3600;

/// The version of this header: major << 16 | minor << 8 | patch.
pub const DEFENDERAUTH_VERSION_NUMBER: u32 = 0x0000_0200;
