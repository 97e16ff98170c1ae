//! The version and the features of this library.

use crate::{
    abi::ResultCode,
    code::{
        self, DEFENDERAUTH_FEATURE_AGENT, DEFENDERAUTH_FEATURE_FLOWS, DEFENDERAUTH_FEATURE_HTTPS,
        DEFENDERAUTH_FEATURE_LOCAL_SIGNER, DEFENDERAUTH_FEATURE_MQTT, DEFENDERAUTH_FEATURE_OPERATIONAL,
        DEFENDERAUTH_FEATURE_PKCS11, DEFENDERAUTH_FEATURE_PRIVATE_KEY, DEFENDERAUTH_FEATURE_SESSION,
        DEFENDERAUTH_FEATURE_TPM, DEFENDERAUTH_FEATURE_TWIN, DEFENDERAUTH_FEATURE_X509,
    },
    guard, input, output,
};
use core::ffi::{CStr, c_char, c_void};

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The version of the library as text, such as `0.2.0`. Static.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_version() -> *const c_char {
    guard::get(c"".as_ptr(), || VERSION.as_ptr())
}

/// The version of the library as a number; compare it with the header's `DEFENDERAUTH_VERSION_NUMBER`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_version_number() -> u32 {
    guard::get(0, || code::DEFENDERAUTH_VERSION_NUMBER)
}

/// The features of this build: `DEFENDERAUTH_FEATURE_` bits. Without its feature a function returns
/// `DEFENDERAUTH_UNSUPPORTED`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_features() -> u32 {
    guard::get(0, || {
        let bit = |has: bool, bit: u32| if has { bit } else { 0 };
        bit(cfg!(feature = "flows"), DEFENDERAUTH_FEATURE_FLOWS)
            | bit(cfg!(feature = "x509"), DEFENDERAUTH_FEATURE_X509)
            | bit(cfg!(feature = "agent"), DEFENDERAUTH_FEATURE_AGENT)
            | bit(cfg!(feature = "https"), DEFENDERAUTH_FEATURE_HTTPS)
            | bit(cfg!(feature = "tpm"), DEFENDERAUTH_FEATURE_TPM)
            | bit(cfg!(feature = "session"), DEFENDERAUTH_FEATURE_SESSION)
            | bit(cfg!(feature = "mqtt"), DEFENDERAUTH_FEATURE_MQTT)
            | bit(cfg!(feature = "private-key"), DEFENDERAUTH_FEATURE_PRIVATE_KEY)
            | bit(cfg!(feature = "pkcs11"), DEFENDERAUTH_FEATURE_PKCS11)
            | bit(cfg!(feature = "operational"), DEFENDERAUTH_FEATURE_OPERATIONAL)
            | bit(cfg!(feature = "local-signer"), DEFENDERAUTH_FEATURE_LOCAL_SIGNER)
            | bit(cfg!(feature = "twin"), DEFENDERAUTH_FEATURE_TWIN)
    })
}

/// The name of a result, such as `DEFENDERAUTH_KEY_BASE64`. Static and never NULL; `UNKNOWN` for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_result_string(code: ResultCode) -> *const c_char {
    guard::get(c"".as_ptr(), || name(code).as_ptr())
}

/// The length of a text that ends with a NUL, for `DEFENDERAUTH_TEXT`; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_text_length(text: *const c_char) -> usize {
    guard::get(0, || input::length(text))
}

/// Overwrites memory with zeros in a way that the compiler cannot optimise away. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_wipe(buf: *mut c_void, len: usize) {
    guard::get((), || output::wipe(buf.cast(), len));
}

// With a second NUL, because a text with one at its end is put into the section of all such texts, and a linker that drops what a
// program does not use keeps that as a whole.
macro_rules! names {
    ($($name:ident)*) => {
        const NAMES: &[(ResultCode, &CStr)] = &[$((
            code::$name,
            match CStr::from_bytes_until_nul(concat!(stringify!($name), "\0\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => c"",
            },
        )),*];
    };
}

names! {
    DEFENDERAUTH_OK
    DEFENDERAUTH_NULL
    DEFENDERAUTH_UTF8
    DEFENDERAUTH_BUFFER_TOO_SMALL
    DEFENDERAUTH_STATE
    DEFENDERAUTH_ARGUMENT
    DEFENDERAUTH_NOT_APPLICABLE
    DEFENDERAUTH_UNSUPPORTED
    DEFENDERAUTH_PANIC
    DEFENDERAUTH_CONNECTION_STRING
    DEFENDERAUTH_IDENTIFIER
    DEFENDERAUTH_SAS_TOKEN
    DEFENDERAUTH_CONFIG
    DEFENDERAUTH_PAYLOAD
    DEFENDERAUTH_FILE_NOT_FOUND
    DEFENDERAUTH_FILE_PERMISSION
    DEFENDERAUTH_FILE_READ
    DEFENDERAUTH_FILE_WRITE
    DEFENDERAUTH_SNAPSHOT
    DEFENDERAUTH_KEY_BASE64
    DEFENDERAUTH_KEY_LENGTH
    DEFENDERAUTH_KEY_ABSENT
    DEFENDERAUTH_SERVICE_REJECTED
    DEFENDERAUTH_SERVICE_UNAUTHORIZED
    DEFENDERAUTH_SERVICE_FORBIDDEN
    DEFENDERAUTH_SERVICE_NOT_FOUND
    DEFENDERAUTH_SERVICE_THROTTLED
    DEFENDERAUTH_SERVICE_UNAVAILABLE
    DEFENDERAUTH_REGISTRATION_FAILED
    DEFENDERAUTH_REGISTRATION_DISABLED
    DEFENDERAUTH_REGISTRATION_UNASSIGNED
    DEFENDERAUTH_PROTOCOL_MESSAGE
    DEFENDERAUTH_PROTOCOL_LIMIT
    DEFENDERAUTH_PROTOCOL_NO_CREDENTIAL
    DEFENDERAUTH_TPM_COMMAND
    DEFENDERAUTH_TPM_ACCESS
    DEFENDERAUTH_TPM_BLOB
    DEFENDERAUTH_CERTIFICATE_FORMAT
    DEFENDERAUTH_CERTIFICATE_KEY
    DEFENDERAUTH_CERTIFICATE_ABSENT
    DEFENDERAUTH_CERTIFICATE_RULE
    DEFENDERAUTH_PRIVATE_KEY
    DEFENDERAUTH_TLS
    DEFENDERAUTH_TOKEN_EXPIRED
    DEFENDERAUTH_OUT_OF_TIME
    DEFENDERAUTH_CLOCK
    DEFENDERAUTH_NO_RESPONSE
    DEFENDERAUTH_TIMEOUT
    DEFENDERAUTH_CANCELLED
    DEFENDERAUTH_NOT_CONNECTED
}

fn name(code: ResultCode) -> &'static CStr {
    NAMES.iter().find(|(known, _)| *known == code).map_or(c"UNKNOWN", |(_, name)| name)
}
