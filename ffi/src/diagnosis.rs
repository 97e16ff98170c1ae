//! Diagnoses of a session: the number and the texts of each.

use crate::guard;
use core::ffi::{CStr, c_char};

/// The hub rejects the credential.
pub const DEFENDERAUTH_DIAGNOSIS_HUB_REJECTED: i32 = 901;
/// A given token has expired.
pub const DEFENDERAUTH_DIAGNOSIS_TOKEN_EXPIRED: i32 = 902;
/// The client certificate has expired.
pub const DEFENDERAUTH_DIAGNOSIS_CLIENT_EXPIRED: i32 = 903;
/// The client certificate is not yet valid.
pub const DEFENDERAUTH_DIAGNOSIS_CLIENT_NOT_YET_VALID: i32 = 904;
/// The server rejects the client certificate.
pub const DEFENDERAUTH_DIAGNOSIS_CLIENT_REJECTED: i32 = 905;
/// The key of the credential cannot be used.
pub const DEFENDERAUTH_DIAGNOSIS_KEY_UNUSABLE: i32 = 906;
/// No trust anchor leads to the server's certificate.
pub const DEFENDERAUTH_DIAGNOSIS_SERVER_UNTRUSTED: i32 = 907;
/// The server's certificate has expired.
pub const DEFENDERAUTH_DIAGNOSIS_SERVER_EXPIRED: i32 = 908;
/// The server's certificate is not yet valid.
pub const DEFENDERAUTH_DIAGNOSIS_SERVER_NOT_YET_VALID: i32 = 909;
/// The server's certificate is for another name.
pub const DEFENDERAUTH_DIAGNOSIS_SERVER_WRONG_NAME: i32 = 910;
/// The server's certificate is invalid for another reason.
pub const DEFENDERAUTH_DIAGNOSIS_SERVER_CERTIFICATE: i32 = 911;
/// Client and server have no version or cipher suite of TLS in common.
pub const DEFENDERAUTH_DIAGNOSIS_INCOMPATIBLE: i32 = 912;
/// What answers is not a TLS server.
pub const DEFENDERAUTH_DIAGNOSIS_PLAIN_TEXT: i32 = 913;
/// A proxy inspects TLS.
pub const DEFENDERAUTH_DIAGNOSIS_INTERCEPTED: i32 = 914;
/// TLS failed in another way.
pub const DEFENDERAUTH_DIAGNOSIS_TLS_FAILED: i32 = 915;
/// The clock of the device is likely to be wrong.
pub const DEFENDERAUTH_DIAGNOSIS_CLOCK_SUSPECT: i32 = 916;
/// No answer arrived.
pub const DEFENDERAUTH_DIAGNOSIS_UNREACHABLE: i32 = 917;
/// The run exceeded its time, or its number of requests.
pub const DEFENDERAUTH_DIAGNOSIS_TIMED_OUT: i32 = 918;
/// The service is busy.
pub const DEFENDERAUTH_DIAGNOSIS_BUSY: i32 = 919;
/// The device is at another hub.
pub const DEFENDERAUTH_DIAGNOSIS_MOVED: i32 = 920;
/// The hub has banned the client.
pub const DEFENDERAUTH_DIAGNOSIS_BANNED: i32 = 921;
/// The hub rejects the protocol.
pub const DEFENDERAUTH_DIAGNOSIS_PROTOCOL_REJECTED: i32 = 922;
/// The connection was lost.
pub const DEFENDERAUTH_DIAGNOSIS_CONNECTION_LOST: i32 = 923;
/// The provisioning service rejects the attestation.
pub const DEFENDERAUTH_DIAGNOSIS_ATTESTATION_REJECTED: i32 = 924;
/// There is no enrollment.
pub const DEFENDERAUTH_DIAGNOSIS_ENROLLMENT_MISSING: i32 = 925;
/// The enrollment is disabled.
pub const DEFENDERAUTH_DIAGNOSIS_ENROLLMENT_DISABLED: i32 = 926;
/// The hub rejects the provisioning service.
pub const DEFENDERAUTH_DIAGNOSIS_HUB_LINK: i32 = 927;
/// The registration failed.
pub const DEFENDERAUTH_DIAGNOSIS_REGISTRATION_FAILED: i32 = 928;
/// The device is not registered.
pub const DEFENDERAUTH_DIAGNOSIS_UNASSIGNED: i32 = 929;
/// The hub rejects the device that looks up its module.
pub const DEFENDERAUTH_DIAGNOSIS_DEVICE_REJECTED: i32 = 930;
/// The hub has no such device or module.
pub const DEFENDERAUTH_DIAGNOSIS_MODULE_MISSING: i32 = 931;
/// The module has no authentication that can be used.
pub const DEFENDERAUTH_DIAGNOSIS_MODULE_UNUSABLE: i32 = 932;
/// A message of the service does not follow the protocol.
pub const DEFENDERAUTH_DIAGNOSIS_INVALID_MESSAGE: i32 = 933;
/// The source cannot be used as it is.
pub const DEFENDERAUTH_DIAGNOSIS_SOURCE_UNUSABLE: i32 = 934;
/// The rate of connections or registrations is exhausted.
pub const DEFENDERAUTH_DIAGNOSIS_RATE_LIMITED: i32 = 935;
/// The credential in use was replaced.
pub const DEFENDERAUTH_DIAGNOSIS_ROTATED: i32 = 936;
/// The key of the credential is busy, or away for now.
pub const DEFENDERAUTH_DIAGNOSIS_KEY_BUSY: i32 = 937;
/// The registration has issued no certificate.
pub const DEFENDERAUTH_DIAGNOSIS_CERTIFICATE_WITHHELD: i32 = 938;
/// The issued certificate cannot be used.
pub const DEFENDERAUTH_DIAGNOSIS_CERTIFICATE_REFUSED: i32 = 939;
/// The issued certificate could not be kept.
pub const DEFENDERAUTH_DIAGNOSIS_CERTIFICATE_UNSAVED: i32 = 940;
/// The service rejects the certificate signing request.
pub const DEFENDERAUTH_DIAGNOSIS_REQUEST_REJECTED: i32 = 941;
/// No certificate signing request could be made, or it could not be kept.
pub const DEFENDERAUTH_DIAGNOSIS_REQUEST_UNUSABLE: i32 = 942;
/// The hub does not renew certificates.
pub const DEFENDERAUTH_DIAGNOSIS_RENEWAL_UNSUPPORTED: i32 = 943;
/// The hub does not accept this version of MQTT: its connection profile is not the one that is known here.
pub const DEFENDERAUTH_DIAGNOSIS_VERSION_REJECTED: i32 = 944;

/// What a diagnosis means, in one line. Static and never NULL; `unknown` for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_diagnosis_string(diagnosis: i32) -> *const c_char {
    guard::get(c"".as_ptr(), || texts(diagnosis).sentence.as_ptr())
}

/// The stable word for a diagnosis, such as `hub-rejected`: for metrics and programs. Static and never NULL; `unknown` for
/// any other number.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_diagnosis_word(diagnosis: i32) -> *const c_char {
    guard::get(c"".as_ptr(), || texts(diagnosis).word.as_ptr())
}

/// The texts of one diagnosis.
#[derive(Clone, Copy)]
struct Texts {
    word: &'static CStr,
    sentence: &'static CStr,
}

const UNKNOWN: Texts = Texts { word: c"unknown", sentence: c"unknown" };

#[cfg(not(feature = "session"))]
const fn texts(_: i32) -> Texts {
    UNKNOWN
}

/// The library's texts with a terminating NUL, made when one is first asked for.
#[cfg(feature = "session")]
fn texts(diagnosis: i32) -> Texts {
    use defender_auth::session::Diagnosis;
    use std::{ffi::CString, sync::OnceLock};

    static MADE: OnceLock<Vec<(i32, CString, CString)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let text = |text: String| CString::new(text).unwrap_or_default();
        Diagnosis::ALL.map(|it| (it.as_i32(), text(it.as_str().to_owned()), text(it.to_string()))).into()
    });
    let found = made.iter().find(|(number, ..)| *number == diagnosis);
    found.map_or(UNKNOWN, |(_, word, sentence)| Texts { word, sentence })
}
