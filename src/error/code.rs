use crate::key::KeyError;

/// The number of an error, the same in C. A number keeps its meaning in all versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Code {
    /// The state does not allow this call.
    State = 104,
    /// An argument is not valid.
    Argument = 105,
    /// This credential does not have what was asked for, such as a token of a certificate.
    NotApplicable = 106,
    /// Not supported by this build.
    Unsupported = 107,
    /// A connection string is not valid.
    ConnectionString = 201,
    /// A name, such as a device ID, is not valid.
    Identifier = 202,
    /// A SAS token is not valid.
    SasToken = 203,
    /// A setting is missing or not valid.
    Config = 204,
    /// A payload is not JSON, or too long.
    Payload = 205,
    /// A file does not exist.
    FileNotFound = 211,
    /// The permission to read a file is missing.
    FilePermission = 212,
    /// A file cannot be read, or is of another kind than expected.
    FileRead = 213,
    /// A key is not base64.
    KeyBase64 = 301,
    /// The length of a key is not valid.
    KeyLength = 302,
    /// A key is missing.
    KeyAbsent = 303,
    /// A service rejected the request: any 3xx or 4xx without a number of its own.
    ServiceRejected = 400,
    /// 401
    ServiceUnauthorized = 401,
    /// 403
    ServiceForbidden = 403,
    /// 404
    ServiceNotFound = 404,
    /// 429
    ServiceThrottled = 429,
    /// 408 and 5xx
    ServiceUnavailable = 440,
    /// The registration failed.
    RegistrationFailed = 441,
    /// The enrollment is disabled.
    RegistrationDisabled = 442,
    /// The device is not registered.
    RegistrationUnassigned = 443,
    /// A message of a service does not follow the protocol.
    ProtocolMessage = 450,
    /// A message of a service is too long.
    ProtocolLimit = 451,
    /// The module has no authentication that can be used.
    ProtocolNoCredential = 452,
    /// A TPM refused a command, or another object is at the handle of one of the keys.
    TpmCommand = 501,
    /// A TPM cannot be reached.
    TpmAccess = 502,
    /// A wrapped key is not valid.
    TpmBlob = 503,
    /// A certificate or a key cannot be read or used.
    CertificateFormat = 601,
    /// The private key belongs to another certificate.
    CertificateKey = 602,
    /// A certificate or a key is missing.
    CertificateAbsent = 603,
    /// The documentation does not allow the certificate here.
    CertificateRule = 604,
    /// The private key of a certificate did not sign.
    PrivateKey = 605,
    /// The TLS settings cannot be used.
    Tls = 650,
    /// A SAS token has expired.
    TokenExpired = 700,
    /// The time limit of the attempt has passed.
    OutOfTime = 701,
    /// The clock of this device is outside of the validity of a certificate.
    Clock = 702,
    /// No answer arrived.
    NoResponse = 801,
}

impl Code {
    /// The number.
    #[must_use]
    pub const fn as_i32(self) -> i32 {
        self as i32
    }

    /// That of an HTTP status with which a request is rejected.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::ServiceUnauthorized,
            403 => Self::ServiceForbidden,
            404 => Self::ServiceNotFound,
            429 => Self::ServiceThrottled,
            408 | 500..=599 => Self::ServiceUnavailable,
            _ => Self::ServiceRejected,
        }
    }
}

/// The number of a key's error.
pub(super) const fn of_key(error: KeyError) -> Code {
    match error {
        KeyError::Empty => Code::KeyAbsent,
        KeyError::TooLong | KeyError::EntropyLength { .. } | KeyError::EntropyUnfilled => Code::KeyLength,
        KeyError::Masked
        | KeyError::Quoted
        | KeyError::ConnectionString
        | KeyError::LineBreak { .. }
        | KeyError::UrlSafe { .. }
        | KeyError::PercentEncoded { .. }
        | KeyError::NotBase64 { .. }
        | KeyError::Truncated
        | KeyError::ExcessPadding => Code::KeyBase64,
    }
}
