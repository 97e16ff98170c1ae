//! The services' own numbers, six digits: an HTTP status and three more.
//!
//! Sources: `Azure/azure-iot-sdk-csharp:iothub/service/src/Exceptions/IotHubServiceErrorCode.cs`; "Understand and resolve
//! Azure IoT Hub errors" of the documentation; for the provisioning service, those of `src/error/service_text.rs`; for the
//! issuance of certificates, `Azure/azure-iot-sdk`.

use super::{
    Entry,
    cause::{self as c, Cause},
    http,
    number::{Family, Number},
};

type Row = (u32, &'static str, &'static str, &'static [Cause]);

const REQUEST: Cause = Cause {
    code: "request",
    text: "a member of the body is missing, of another type or of another device",
    check: "the service's message names it; compare with the version of the interface (`--dps-api-version`)",
};
const NO_HUB: Cause = Cause {
    code: "no-hub",
    text: "no hub is linked, or none is selected in the enrollment",
    check: "`az iot dps linked-hub list`, `az iot dps enrollment show`",
};

/// The provisioning service.
pub(crate) const DPS: [Row; 16] = [
    (
        400_004,
        "argument",
        "the service does not accept a value of the request, such as the registration ID",
        &[
            Cause {
                code: "registration-id",
                text: "the registration ID has characters that are not allowed, or is not that of the enrollment or of the certificate",
                check: "`defenderauth inspect FILE`",
            },
            REQUEST,
        ],
    ),
    (400_006, "json", "the body of the request is not JSON", &[REQUEST, c::DEFECT]),
    (400_207, "request", "the service cannot read the request", &[REQUEST]),
    (400_208, "no-hub", "the enrollment has no IoT hub", &[NO_HUB]),
    (
        400_209,
        "unauthorized",
        "the registration failed: the credential or the allocation function rejects the device",
        &[c::ALLOCATION, c::ENROLLMENT_KEY, c::ENROLLMENT_CERTIFICATE],
    ),
    (401_000, "unauthorized", "the service rejects the credential", CREDENTIAL),
    (401_001, "hub-link", "a hub rejects the provisioning service", &[c::HUB_LINK]),
    (401_002, "unauthorized", "the service rejects the credential", CREDENTIAL),
    (403_000, "forbidden", "the service denies access", &[c::IP_FILTER, c::ENROLLMENT_DISABLED]),
    (
        404_000,
        "not-found",
        "the service does not know the ID scope, the enrollment, or the hub that it selects",
        &[c::ENROLLMENT_MISSING, c::ID_SCOPE, NO_HUB],
    ),
    (404_201, "enrollment-not-found", "there is no such enrollment", &[c::ENROLLMENT_MISSING, c::ID_SCOPE]),
    (404_202, "not-registered", "the device is not registered", &[c::UNREGISTERED]),
    (409_203, "precondition", "the enrollment was changed in the meantime", &[c::ETAG]),
    (429_000, "throttled", "the limit of registrations is reached", &[c::TOO_MANY]),
    (429_001, "throttled", "the limit of requests is reached", &[c::TOO_MANY]),
    (500_000, "internal", "an error inside the service or the allocation function", &[c::BUSY, c::ALLOCATION]),
];

const CREDENTIAL: &[Cause] =
    &[c::ENROLLMENT_KEY, c::CLOCK, c::ENROLLMENT_CERTIFICATE, c::ENROLLMENT_TPM, c::ENROLLMENT_MISSING, c::ID_SCOPE];

const ISSUANCE: Cause = Cause {
    code: "csr",
    text: "the authority does not accept the request's key or name",
    check: "`openssl req -in PEM -noout -text`; P-256, P-384 and RSA of 2048 bits or more are usual",
};
const ACTIVE: Cause = Cause {
    code: "active",
    text: "an earlier request for a certificate is still under way",
    check: "wait for its end, or replace it",
};

/// An IoT hub.
pub(crate) const HUB: [Row; 39] = [
    (400_000, "bad-request", "the hub or its authority rejects the request", &[REQUEST, ISSUANCE]),
    (400_001, "InvalidProtocolVersion", "the hub does not support the version of the interface", &[c::WRONG_USER_NAME]),
    (400_003, "InvalidOperation", "the operation is not valid here", &[REQUEST]),
    (400_004, "ArgumentInvalid", "a value in the request is not valid", &[REQUEST]),
    (400_005, "ArgumentNull", "a value in the request is missing", &[REQUEST]),
    (400_006, "IotHubFormatError", "the body of the request is not JSON", &[REQUEST]),
    (400_011, "DeviceDefinedMultipleTimes", "a bulk operation names a device twice", &[REQUEST]),
    (400_013, "BulkRegistryOperationFailure", "a bulk operation on the registry failed", &[REQUEST]),
    (
        400_020,
        "IotHubSuspended",
        "the hub is suspended",
        &[Cause {
            code: "suspended",
            text: "the subscription has reached its spending limit, or was disabled",
            check: "`az account show --query state`",
        }],
    ),
    (
        400_027,
        "ConnectionForcefullyClosedOnNewConnection",
        "the connection was closed because the same identity connected again",
        &[c::OTHER_CONNECTION],
    ),
    (400_037, "credential-request", "the authority rejects the certificate signing request", &[ISSUANCE]),
    (400_040, "credential-request", "the authority rejects the certificate signing request", &[ISSUANCE]),
    (
        400_103,
        "InvalidContentEncodingOrType",
        "the hub does not accept the content type or encoding of a message",
        &[REQUEST],
    ),
    (401_001, "unauthorized", "the hub rejects the credential", HUB_CREDENTIAL),
    (401_002, "IotHubUnauthorizedAccess", "the hub rejects the credential", HUB_CREDENTIAL),
    (401_003, "IotHubUnauthorized", "the hub cannot verify the token, or it has expired", HUB_CREDENTIAL),
    (403_001, "JobQuotaExceeded", "too many jobs run at once", &[c::TOO_MANY]),
    (403_002, "IotHubQuotaExceeded", "the daily number of messages is used up", &[c::QUOTA]),
    (
        403_004,
        "DeviceMaximumQueueDepthExceeded",
        "too many messages wait for the device",
        &[Cause {
            code: "queue",
            text: "the device does not take its cloud-to-device messages",
            check: "let the device subscribe to `devices/ID/messages/devicebound/#`",
        }],
    ),
    (
        403_006,
        "DeviceMaximumActiveFileUploadLimitExceeded",
        "too many uploads of the device are under way",
        &[c::TOO_MANY],
    ),
    (
        404_001,
        "DeviceNotFound",
        "the hub has no such device",
        &[
            c::UNKNOWN_OR_DISABLED,
            Cause {
                code: "other-hub",
                text: "the device is at another hub",
                check: "`defenderauth inspect FILE` shows the host name",
            },
        ],
    ),
    (404_002, "JobNotFound", "the hub has no such job", &[REQUEST]),
    (404_010, "ModuleNotFound", "the device has no such module", &[c::MODULE_MISSING]),
    (
        404_103,
        "DeviceNotOnline",
        "the device is not connected, or does not listen for methods",
        &[Cause {
            code: "offline",
            text: "the device is not connected, or not subscribed to its methods",
            check: "`az iot hub device-identity show --query connectionState`",
        }],
    ),
    (
        404_104,
        "DeviceConnectionClosedRemotely",
        "the connection of the device was closed before it answered",
        &[c::OTHER_CONNECTION, c::FIREWALL],
    ),
    (409_001, "DeviceAlreadyExists", "the device exists already", &[REQUEST]),
    (409_002, "LinkCreationConflict", "the same identity opened a second link", &[c::OTHER_CONNECTION]),
    (409_004, "credential-operation-active", "another request for a certificate is active", &[ACTIVE]),
    (409_005, "credential-operation-active", "another request for a certificate is active", &[ACTIVE]),
    (409_301, "ModuleAlreadyExistsOnDevice", "the module exists already", &[REQUEST]),
    (
        412_001,
        "PreconditionFailed",
        "the object was changed in the meantime, or there is no operation to replace",
        &[c::ETAG],
    ),
    (
        412_002,
        "DeviceMessageLockLost",
        "a message was acknowledged after its time",
        &[Cause {
            code: "lock",
            text: "the device took longer than the lock of the message lasts",
            check: "acknowledge within 60 s",
        }],
    ),
    (413_001, "MessageTooLarge", "a message has more than 256 KiB", &[c::TOO_LARGE]),
    (429_001, "ThrottlingException", "the hub limits the rate of requests", &[c::TOO_MANY, c::QUOTA]),
    (429_002, "ThrottleBacklogLimitExceeded", "too many requests wait for the hub", &[c::TOO_MANY]),
    (429_003, "ThrottlingBacklogTimeout", "a request waited too long in the hub", &[c::TOO_MANY]),
    (500_001, "ServerError", "an error inside the hub", &[c::BUSY]),
    (503_001, "ServiceUnavailable", "the hub is busy or down", &[c::BUSY]),
    (
        504_101,
        "GatewayTimeout",
        "the device did not answer in time",
        &[Cause {
            code: "method",
            text: "the device took longer for a method than the caller waits",
            check: "answer sooner, or give the call more time",
        }],
    ),
];

const HUB_CREDENTIAL: &[Cause] = &[
    c::OTHER_KEYS,
    c::CLOCK,
    Cause {
        code: "other-resource",
        text: "the token is for another resource than the device or module",
        check: "`defenderauth verify-token --key-file KEYFILE TOKENFILE` shows the resource",
    },
    c::OTHER_AUTHENTICATION,
    c::UNKNOWN_OR_DISABLED,
];

/// The entry of a number. One that is not known has the causes of its HTTP status.
pub(crate) fn entry(family: Family, value: u32) -> Option<Entry> {
    let rows: &[Row] = if family == Family::Dps { &DPS } else { &HUB };
    let number = Number::new(family, value);
    if let Some((_, name, meaning, causes)) = rows.iter().find(|(known, ..)| *known == value) {
        return Some(Entry { number, name: (*name).into(), meaning: (*meaning).into(), causes: causes.to_vec() });
    }
    if !(400_000..=599_999).contains(&value) {
        return None;
    }
    let known = http::status(value / 1000)?;
    let meaning = format!("{} (a number of HTTP status {} that is not known here)", known.meaning, value / 1000);
    Some(Entry { number, meaning, ..known })
}

/// Whether the number itself is known.
pub(crate) fn is_known(family: Family, value: u32) -> bool {
    let rows: &[Row] = if family == Family::Dps { &DPS } else { &HUB };
    rows.iter().any(|(known, ..)| *known == value)
}
