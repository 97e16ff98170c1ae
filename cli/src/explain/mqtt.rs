//! How an MQTT server refuses a login or ends a connection. The meanings are the library's.

use super::{
    Entry,
    cause::{self, Cause},
    number::{Family, Number},
};
use defender_auth::mqtt::{ConnectRefused, ReasonCode};

/// A CONNACK's return code.
pub(crate) fn connack(code: u8) -> Option<Entry> {
    let refused = ConnectRefused::from_code(code)?;
    let (name, causes): (_, &[Cause]) = match refused {
        ConnectRefused::ProtocolVersion => (
            "UNACCEPTABLE_PROTOCOL_VERSION",
            &[
                cause::CONNECTION_PROFILE,
                Cause {
                    code: "not-a-hub",
                    text: "the server is not an IoT hub",
                    check: "`defenderauth inspect FILE` shows the host name",
                },
            ],
        ),
        ConnectRefused::ClientId => ("IDENTIFIER_REJECTED", &[cause::WRONG_USER_NAME]),
        ConnectRefused::ServerUnavailable => {
            ("SERVER_UNAVAILABLE", &[cause::BUSY, cause::QUOTA, cause::UNKNOWN_OR_DISABLED])
        }
        ConnectRefused::UserNameOrPassword => (
            "BAD_USER_NAME_OR_PASSWORD",
            &[
                cause::WRONG_USER_NAME,
                Cause {
                    code: "token-format",
                    text: "the password is not a SAS token: a connection string, a key, or a token that was cut",
                    check: "`defenderauth verify-token --key-file KEYFILE TOKENFILE`",
                },
                cause::OTHER_KEYS,
                cause::CLOCK,
            ],
        ),
        ConnectRefused::NotAuthorized => ("NOT_AUTHORIZED", CREDENTIAL),
        _ => return None,
    };
    let number = Number::new(Family::Connack, code.into());
    Some(Entry { number, name: name.into(), meaning: refused.to_string(), causes: causes.to_vec() })
}

/// Why a hub rejects a credential.
const CREDENTIAL: &[Cause] = &[
    cause::OTHER_KEYS,
    cause::CLOCK,
    cause::OTHER_CERTIFICATE,
    cause::OTHER_AUTHENTICATION,
    cause::UNKNOWN_OR_DISABLED,
    cause::WRONG_USER_NAME,
];

/// A reason code of MQTT 5. Only an error needs an explanation.
pub(crate) fn reason(code: u8) -> Option<Entry> {
    let reason = ReasonCode::new(code);
    let name = match code {
        0x80 => "UNSPECIFIED_ERROR",
        0x81 => "MALFORMED_PACKET",
        0x82 => "PROTOCOL_ERROR",
        0x83 => "IMPLEMENTATION_SPECIFIC_ERROR",
        0x84 => "UNSUPPORTED_PROTOCOL_VERSION",
        0x85 => "CLIENT_IDENTIFIER_NOT_VALID",
        0x86 => "BAD_USER_NAME_OR_PASSWORD",
        0x87 => "NOT_AUTHORIZED",
        0x88 => "SERVER_UNAVAILABLE",
        0x89 => "SERVER_BUSY",
        0x8a => "BANNED",
        0x8b => "SERVER_SHUTTING_DOWN",
        0x8c => "BAD_AUTHENTICATION_METHOD",
        0x8d => "KEEP_ALIVE_TIMEOUT",
        0x8e => "SESSION_TAKEN_OVER",
        0x8f => "TOPIC_FILTER_INVALID",
        0x90 => "TOPIC_NAME_INVALID",
        0x91 => "PACKET_IDENTIFIER_IN_USE",
        0x92 => "PACKET_IDENTIFIER_NOT_FOUND",
        0x93 => "RECEIVE_MAXIMUM_EXCEEDED",
        0x94 => "TOPIC_ALIAS_INVALID",
        0x95 => "PACKET_TOO_LARGE",
        0x96 => "MESSAGE_RATE_TOO_HIGH",
        0x97 => "QUOTA_EXCEEDED",
        0x98 => "ADMINISTRATIVE_ACTION",
        0x99 => "PAYLOAD_FORMAT_INVALID",
        0x9a => "RETAIN_NOT_SUPPORTED",
        0x9b => "QOS_NOT_SUPPORTED",
        0x9c => "USE_ANOTHER_SERVER",
        0x9d => "SERVER_MOVED",
        0x9e => "SHARED_SUBSCRIPTIONS_NOT_SUPPORTED",
        0x9f => "CONNECTION_RATE_EXCEEDED",
        0xa0 => "MAXIMUM_CONNECT_TIME",
        0xa1 => "SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED",
        0xa2 => "WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED",
        _ => return None,
    };
    let number = Number::new(Family::Mqtt5, code.into());
    Some(Entry { number, name: name.into(), meaning: reason.to_string(), causes: reason_causes(code).to_vec() })
}

const fn reason_causes(code: u8) -> &'static [Cause] {
    match code {
        0x84 => &[cause::CONNECTION_PROFILE],
        0x85 => &[cause::WRONG_USER_NAME, cause::UNKNOWN_OR_DISABLED],
        0x86 | 0x87 => &[
            cause::OTHER_CERTIFICATE,
            cause::UNKNOWN_OR_DISABLED,
            cause::OTHER_AUTHENTICATION,
            cause::CERTIFICATE_EXPIRED,
            cause::OTHER_KEYS,
        ],
        0x8c => &[
            Cause {
                code: "no-certificate",
                text: "a hub with the connection profile `mqttV5` accepts client certificates only",
                check: "`defenderauth inspect FILE` shows the kind of credential",
            },
            cause::CONNECTION_PROFILE,
        ],
        0x88 | 0x89 | 0x8b | 0xa0 => &[cause::BUSY],
        0x8a | 0x98 => &[cause::BANNED, cause::OTHER_CONNECTION],
        0x8d => &[Cause {
            code: "keep-alive",
            text: "the program sent no packet for one and a half times the keep-alive interval, or the network lost them",
            check: "call the driver more often; choose a shorter interval behind NAT",
        }],
        0x8e => &[cause::OTHER_CONNECTION],
        0x8f | 0x90 | 0x9a..=0x9b | 0x9e | 0xa1 | 0xa2 => &[Cause {
            code: "topic",
            text: "the topic, or how it is used, is none that a hub offers to this identity",
            check: "compare it with the topics of the hub's documentation; the device and module ID in it must be the client's own",
        }],
        0x93 | 0x96 | 0x97 | 0x9f => &[cause::TOO_MANY, cause::QUOTA],
        0x95 => &[cause::TOO_LARGE],
        0x9c | 0x9d => &[cause::MOVED],
        _ => &[
            Cause {
                code: "client",
                text: "the client does not follow the protocol, or a proxy or gateway changes what it sends",
                check: "try `mosquitto_pub` from the same device with the settings of `defenderauth login FILE --for mosquitto-pub`",
            },
            cause::CONNECTION_PROFILE,
        ],
    }
}
