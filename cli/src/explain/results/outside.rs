//! Results of services, TPMs, certificates, TLS, time and network: 400 and above.

use super::{
    super::cause::{self as c, Cause},
    Row, result,
};

const CERTIFICATE: &[Cause] = &[
    Cause {
        code: "format",
        text: "the file is in another format (PKCS#12, DER, an encrypted key without its passphrase)",
        check: "`defenderauth certificate check --cert-file PEM --key-file KEYFILE`",
    },
    c::COPIED_IN_PART,
];

const NO_ANSWER: &[Cause] = &[c::FIREWALL, c::DNS, c::PROXY, c::BUSY];

pub(super) const ROWS: [Row; 28] = [
    result(
        400,
        "SERVICE_REJECTED",
        "The service rejected the request: any 4xx status without its own result.",
        &[
            Cause {
                code: "request",
                text: "the service does not accept an ID, the payload or the version of the interface",
                check: "explain the service's own number in the text of the error",
            },
            c::PROXY,
        ],
    ),
    result(
        401,
        "SERVICE_UNAUTHORIZED",
        "The service rejected the credential.",
        &[
            c::OTHER_KEYS,
            c::ENROLLMENT_KEY,
            c::CLOCK,
            c::ENROLLMENT_CERTIFICATE,
            c::OTHER_AUTHENTICATION,
            c::ID_SCOPE,
            c::ENROLLMENT_TPM,
        ],
    ),
    result(
        403,
        "SERVICE_FORBIDDEN",
        "The credential does not permit the operation.",
        &[
            c::IP_FILTER,
            Cause {
                code: "policy",
                text: "the shared access policy does not include this permission",
                check: "`az iot hub policy list`",
            },
            c::QUOTA,
            c::UNKNOWN_OR_DISABLED,
        ],
    ),
    result(
        404,
        "SERVICE_NOT_FOUND",
        "The device, module or enrollment does not exist.",
        &[c::MODULE_MISSING, c::UNKNOWN_OR_DISABLED, c::ENROLLMENT_MISSING, c::ID_SCOPE],
    ),
    result(429, "SERVICE_THROTTLED", "The service is throttling requests.", &[c::TOO_MANY, c::QUOTA]),
    result(440, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable (408, 5xx).", &[c::BUSY, c::PROXY]),
    result(
        441,
        "REGISTRATION_FAILED",
        "The provisioning service failed to assign the device.",
        &[c::ALLOCATION, c::HUB_LINK],
    ),
    result(442, "REGISTRATION_DISABLED", "The enrollment is disabled.", &[c::ENROLLMENT_DISABLED]),
    result(443, "REGISTRATION_UNASSIGNED", "The device has not been registered yet.", &[c::UNREGISTERED]),
    result(450, "PROTOCOL_MESSAGE", "A message from the service violates the protocol.", &[c::PROXY, c::DEFECT]),
    result(451, "PROTOCOL_LIMIT", "A message from the service exceeds a size limit.", &[c::PROXY, c::DEFECT]),
    result(
        452,
        "PROTOCOL_NO_CREDENTIAL",
        "The module has no usable credential in the hub's registry.",
        &[c::MODULE_AUTHENTICATION],
    ),
    result(
        501,
        "TPM_COMMAND",
        "The TPM rejected a command; `defenderauth_error_tpm_code` has its response code.",
        &[
            Cause {
                code: "response-code",
                text: "the response code in the text of the error has the cause",
                check: "`defenderauth explain tpm:0x9A2`",
            },
            c::TPM_PASSWORD,
            c::TPM_RESOURCE_MANAGER,
        ],
    ),
    result(
        502,
        "TPM_ACCESS",
        "The TPM cannot be accessed.",
        &[
            c::TPM_PERMISSION,
            Cause {
                code: "no-tpm",
                text: "there is no TPM, or it is switched off in the firmware",
                check: "`ls /dev/tpm*`, `dmesg | grep -i tpm`",
            },
            Cause {
                code: "in-use",
                text: "another program holds `/dev/tpm0`",
                check: "use `/dev/tpmrm0`; `fuser /dev/tpm0`",
            },
        ],
    ),
    result(503, "TPM_BLOB", "The key blob from the service is malformed.", &[c::PROXY, c::TPM_CLEARED]),
    result(601, "CERTIFICATE_FORMAT", "A certificate or private key cannot be parsed or used.", CERTIFICATE),
    result(602, "CERTIFICATE_KEY", "The private key does not belong to the certificate.", &[c::KEY_PAIR]),
    result(603, "CERTIFICATE_ABSENT", "A required certificate or private key is missing.", CERTIFICATE),
    result(
        604,
        "CERTIFICATE_RULE",
        "This kind of certificate is not supported here.",
        &[
            c::ENROLLMENT_CERTIFICATE,
            Cause {
                code: "device-mode",
                text: "Device mode accepts self-signed certificates only",
                check: "`defenderauth certificate check --cert-file PEM`",
            },
        ],
    ),
    result(
        605,
        "PRIVATE_KEY",
        "The private key of the certificate did not sign; `defenderauth_error_is_retryable` says whether a retry may help.",
        &[c::KEY_HOLDER, c::TPM_PASSWORD],
    ),
    result(
        650,
        "TLS",
        "TLS cannot be configured, or the server's certificate was rejected.",
        &[c::TRUST_ANCHORS, c::INSPECTION, c::CLOCK, c::WRONG_NAME],
    ),
    result(
        700,
        "TOKEN_EXPIRED",
        "The ready-made token has expired; obtain a new one from its source.",
        &[c::TOKEN_EXPIRED, c::CLOCK],
    ),
    result(
        701,
        "OUT_OF_TIME",
        "The attempt exceeded its time limit; start a new one.",
        &[
            c::BUSY,
            c::FIREWALL,
            Cause {
                code: "limit",
                text: "the time limit is shorter than what the service takes",
                check: "call again with more time",
            },
        ],
    ),
    result(
        702,
        "CLOCK",
        "The device's clock is outside of the validity of the server's certificate, or of the client's; set the clock.",
        &[c::CLOCK, c::CERTIFICATE_EXPIRED],
    ),
    result(801, "NO_RESPONSE", "No response arrived to any of the requests, or the proxy carries none.", NO_ANSWER),
    result(
        802,
        "TIMEOUT",
        "The call exceeded its own time limit; call it again to continue.",
        &[Cause {
            code: "limit",
            text: "nothing happened within the limit of the call",
            check: "this is no failure; call again",
        }],
    ),
    result(
        803,
        "CANCELLED",
        "The call was cancelled.",
        &[Cause {
            code: "cancelled",
            text: "the program has cancelled it, or was asked to end",
            check: "this is no failure",
        }],
    ),
    result(
        804,
        "NOT_CONNECTED",
        "There is no connection to the hub, or it broke before an acknowledgement arrived; send again after the next one.",
        NO_ANSWER,
    ),
];
