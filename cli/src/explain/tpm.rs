//! Response codes of a TPM 2.0. The library decodes them; what the common ones mean is here.
//!
//! Source: TPM 2.0 library specification, part 2, "`TPM_RC` (Response Codes)".

use super::{
    Entry,
    cause::{self as c, Cause},
    number::{Family, Number},
};
use defender_auth::error::{Layer, Place, ResponseCode};
use std::ops::RangeInclusive;

/// The entry of a code that has a name, or that another layer of software returned.
pub(crate) fn entry(value: u32) -> Option<Entry> {
    let code = ResponseCode::new(value);
    let layer = code.layer();
    let name = match code.name() {
        Some(name) if matches!(layer, Layer::Tpm | Layer::ResourceManager) => name,
        _ => match layer {
            // The layers of the TSS begin at 1.
            Layer::Other(_) => "of software above the TPM",
            _ if value & 0x500 == 0x500 => "of the manufacturer",
            _ => return None,
        },
    };
    let (meaning, causes) = meaning(name);
    let place = match code.place() {
        Some(Place::Parameter(number)) => format!(", about parameter {number} of the command"),
        Some(Place::Handle(number)) => format!(", about handle {number} of the command"),
        Some(Place::Session(number)) => format!(", about session {number} of the command"),
        None => String::new(),
    };
    let layer = match layer {
        Layer::Tpm => String::new(),
        Layer::ResourceManager => ", from the resource manager".into(),
        Layer::Other(layer) => format!(", from layer {layer} of the TPM software stack"),
    };
    Some(Entry {
        number: Number::new(Family::Tpm, value),
        name: if name.contains(' ') || name.starts_with("TPM_") { name.into() } else { format!("TPM_RC_{name}") },
        meaning: format!("{meaning}{place}{layer}"),
        causes: causes.to_vec(),
    })
}

/// Those of Windows (`winerror.h`) in place of a response of the TPM.
const OF_WINDOWS: RangeInclusive<u32> = 0x8028_0400..=0x8028_0401;

/// The codes with a name, without parameter, handle and session: what the page lists.
pub(crate) fn all() -> impl Iterator<Item = Entry> {
    let format_1 = (0..0x40).map(|number| 0x080 | number);
    let format_0 = [0x01e].into_iter().chain(0x100..0x180).chain(0x900..0x980);
    // The reference codes come in sevens of one name.
    let codes = format_0.filter(|code| !matches!(code, 0x911..=0x916 | 0x919..=0x91e)).chain(format_1);
    codes.chain(OF_WINDOWS).filter(|code| ResponseCode::new(*code).name().is_some()).filter_map(entry)
}

const HANDLE_EMPTY: Cause = Cause {
    code: "handle",
    text: "there is no object at the handle: it was never made persistent, was removed, or another program flushed it",
    check: "`tpm2_getcap handles-persistent`",
};
const OTHER_OBJECT: Cause = Cause {
    code: "other-object",
    text: "the object at the handle has another type, scheme or use than the command requires",
    check: "`tpm2_readpublic -c HANDLE`",
};
const FIRMWARE: Cause = Cause {
    code: "firmware",
    text: "the TPM does not implement the command, the algorithm or the curve",
    check: "`tpm2_getcap commands`, `tpm2_getcap algorithms`, `tpm2_getcap ecc-curves`",
};
const LOCKOUT: Cause = Cause {
    code: "lockout",
    text: "too many wrong passwords were given, and the TPM waits (dictionary attack protection)",
    check: "`tpm2_getcap properties-variable` shows TPM2_PT_LOCKOUT_COUNTER and the interval; wait, or `tpm2_dictionarylockout -c`",
};
const AGAIN: Cause = Cause { code: "again", text: "the TPM is busy for the moment", check: "send the command again" };
const STARTUP: Cause = Cause {
    code: "startup",
    text: "the TPM was not started, or has just been reset",
    check: "`tpm2_startup -c`; the kernel's driver does it otherwise",
};
const SPACE: Cause = Cause {
    code: "space",
    text: "the TPM's own memory for persistent objects is full",
    check: "`tpm2_getcap handles-persistent`, `tpm2_getcap handles-nv-index`; remove what is not needed",
};
const DAMAGED: Cause = Cause {
    code: "damaged",
    text: "a text or a transfer has changed what the TPM is to load",
    check: "read the key file again; register again for a blob of the provisioning service",
};
const POLICY: Cause = Cause {
    code: "policy",
    text: "the key may be used only under a policy (PCR values, a command, a time) that is not fulfilled",
    check: "`tpm2_readpublic -c HANDLE` shows the policy",
};
const BROKEN: Cause = Cause {
    code: "broken",
    text: "the TPM's self-test failed",
    check: "switch the device off and on; `tpm2_gettestresult`",
};
const BLOCKED: Cause = Cause {
    code: "blocked",
    text: "Windows permits the command to administrators only, or its policy for blocked TPM commands permits it to nobody",
    check: "run as administrator; then `gpresult /h report.html` shows the policies of the machine",
};
const CALLER: Cause = Cause {
    code: "command",
    text: "the program sends a command that the TPM does not accept",
    check: "`tpm2_rc_decode CODE`",
};

/// What a name means, and why it occurs.
fn meaning(name: &str) -> (&'static str, &'static [Cause]) {
    match name {
        "INITIALIZE" => ("the TPM must be started first", &[STARTUP]),
        "FAILURE" => ("the TPM is in failure mode", &[BROKEN]),
        "NEEDS_TEST" => ("the TPM must be tested first", &[BROKEN, AGAIN]),
        "REBOOT" => ("the TPM must be reset before it continues", &[STARTUP]),
        "UPGRADE" => ("the TPM's firmware is being replaced", &[BROKEN]),
        "BAD_TAG" => (
            "the TPM does not understand the command, as a TPM 1.2 does",
            &[
                Cause {
                    code: "tpm-1.2",
                    text: "the device has a TPM 1.2",
                    check: "`cat /sys/class/tpm/tpm0/tpm_version_major`",
                },
                CALLER,
            ],
        ),
        "LOCKOUT" => ("the TPM accepts no password for now", &[LOCKOUT]),
        "AUTH_FAIL" => ("the password is wrong, and counts towards the lockout", &[c::TPM_PASSWORD, LOCKOUT]),
        "BAD_AUTH" => ("the password is wrong", &[c::TPM_PASSWORD]),
        "AUTH_MISSING" | "AUTH_UNAVAILABLE" | "AUTH_TYPE" | "AUTHSIZE" | "AUTH_CONTEXT" => {
            ("the authorization of the command is missing or not possible", &[c::TPM_PASSWORD, POLICY])
        }
        "POLICY" | "POLICY_FAIL" | "POLICY_CC" | "PCR" | "PCR_CHANGED" | "EXPIRED" | "TICKET" => {
            ("a policy of the key or of the hierarchy is not fulfilled", &[POLICY])
        }
        "HANDLE" | "REFERENCE_H" => ("the handle is empty or not valid", &[HANDLE_EMPTY]),
        "REFERENCE_S" => ("the session of the command is not loaded", &[c::TPM_RESOURCE_MANAGER, AGAIN]),
        "OBJECT_MEMORY" | "OBJECT_HANDLES" | "MEMORY" => {
            ("the TPM has no room for another object", &[c::TPM_RESOURCE_MANAGER])
        }
        "SESSION_MEMORY" | "SESSION_HANDLES" | "CONTEXT_GAP" | "TOO_MANY_CONTEXTS" => {
            ("the TPM has no room for another session", &[c::TPM_RESOURCE_MANAGER, AGAIN])
        }
        "NV_SPACE" => ("the TPM has no room for another persistent object", &[SPACE]),
        "NV_DEFINED" => (
            "there is an object at the handle or index already",
            &[Cause {
                code: "occupied",
                text: "another program has made an object persistent there",
                check: "`tpm2_getcap handles-persistent`; choose another handle",
            }],
        ),
        "NV_RATE" | "NV_UNAVAILABLE" => ("the TPM cannot write its memory for now", &[AGAIN]),
        "NV_RANGE" | "NV_SIZE" | "NV_LOCKED" | "NV_AUTHORIZATION" | "NV_UNINITIALIZED" => {
            ("an index of the TPM's memory cannot be used in this way", &[OTHER_OBJECT, c::TPM_PASSWORD])
        }
        "INTEGRITY" | "SENSITIVE" | "BINDING" => (
            "what is to be loaded was not encrypted for this TPM, or was changed",
            &[c::ENROLLMENT_TPM, c::TPM_CLEARED, DAMAGED],
        ),
        "VALUE" | "SIZE" | "RANGE" | "INSUFFICIENT" | "SELECTOR" | "RESERVED_BITS" | "COMMAND_SIZE" | "TAG"
        | "UNBALANCED" => (
            "a value of the command is outside of what the TPM accepts",
            &[c::TPM_CLEARED, DAMAGED, OTHER_OBJECT, CALLER],
        ),
        "TYPE" | "ATTRIBUTES" | "SCHEME" | "KEY" | "MODE" | "HASH" | "SYMMETRIC" | "ASYMMETRIC" | "KDF" | "MGF"
        | "KEY_SIZE" | "SIGNATURE" | "PARENT" | "NO_RESULT" => {
            ("the key does not fit the command", &[OTHER_OBJECT, FIRMWARE])
        }
        "CURVE" | "ECC_POINT" => ("the TPM does not have the curve, or the point is not on it", &[FIRMWARE, DAMAGED]),
        "TPM_E_COMMAND_BLOCKED" => ("Windows did not pass the command on to the TPM", &[BLOCKED]),
        "TPM_E_INVALID_HANDLE" => ("no object has this handle in this connection to the TPM", &[HANDLE_EMPTY]),
        "COMMAND_CODE" => ("the TPM does not implement the command", &[FIRMWARE]),
        "HIERARCHY" | "DISABLED" => (
            "the hierarchy is switched off",
            &[Cause {
                code: "hierarchy",
                text: "the owner or endorsement hierarchy is switched off, in the firmware's menu or by a program",
                check: "`tpm2_getcap properties-variable` shows ehEnable and shEnable",
            }],
        ),
        "RETRY" | "YIELDED" | "TESTING" | "CANCELED" => ("the TPM asks for the same command again", &[AGAIN]),
        "LOCALITY" | "PP" | "EXCLUSIVE" => (
            "another part of the system has the TPM for itself",
            &[Cause {
                code: "exclusive",
                text: "the firmware or another program holds the TPM",
                check: "`fuser /dev/tpm0`, `dmesg | grep -i tpm`",
            }],
        ),
        "of software above the TPM" => (
            "the software stack above the TPM failed, not the TPM",
            &[
                c::TPM_PERMISSION,
                Cause {
                    code: "tcti",
                    text: "the TCTI names a TPM that is not there",
                    check: "`echo $TPM2TOOLS_TCTI`, `ls -l /dev/tpm*`",
                },
            ],
        ),
        "of the manufacturer" => ("a code of the TPM's manufacturer", &[BROKEN, FIRMWARE]),
        _ => ("the TPM rejected the command", &[CALLER, c::TPM_RESOURCE_MANAGER]),
    }
}
