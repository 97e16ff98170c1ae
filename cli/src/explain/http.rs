//! HTTP statuses of the services, and of proxies on the way.

use super::{
    Entry,
    cause::{self as c, Cause},
    number::{Family, Number},
};

/// Statuses with a page of their own.
pub(crate) const ALL: [u32; 17] = [301, 302, 307, 400, 401, 403, 404, 407, 408, 409, 412, 429, 500, 502, 503, 504, 511];

/// A status. Those that are unlike the others of their hundred have a text of their own.
pub(crate) fn status(status: u32) -> Option<Entry> {
    let (name, meaning, causes): (_, _, &[Cause]) = match status {
        300..=399 => (
            "redirection",
            "the answer redirects the request to another address, as no service does",
            &[c::CAPTIVE_PORTAL, c::PROXY, c::DNS],
        ),
        401 => (
            "unauthorized",
            "the service rejects the credential",
            &[
                c::OTHER_KEYS,
                c::ENROLLMENT_KEY,
                c::CLOCK,
                c::ENROLLMENT_CERTIFICATE,
                c::OTHER_AUTHENTICATION,
                c::ID_SCOPE,
            ],
        ),
        403 => (
            "forbidden",
            "the credential does not permit the operation",
            &[c::IP_FILTER, c::PROXY, c::UNKNOWN_OR_DISABLED],
        ),
        404 => (
            "not-found",
            "the device, module or enrollment does not exist",
            &[c::UNKNOWN_OR_DISABLED, c::ENROLLMENT_MISSING, c::ID_SCOPE],
        ),
        407 => (
            "proxy-authentication-required",
            "a proxy requires a user name and a password",
            &[Cause {
                code: "proxy-login",
                text: "the proxy's login is missing or wrong",
                check: "give it by `--proxy-login-file FILE`",
            }],
        ),
        408 => ("request-timeout", "the service did not get the request in time", &[c::BUSY, c::PROXY]),
        409 => (
            "conflict",
            "the object exists already, or another operation for it is under way",
            &[Cause {
                code: "conflict",
                text: "an earlier operation has not ended, or the identity exists already",
                check: "try again later",
            }],
        ),
        412 => ("precondition-failed", "the object was changed in the meantime", &[c::ETAG]),
        429 => ("too-many-requests", "there are too many requests", &[c::TOO_MANY, c::QUOTA]),
        400..=499 => (
            "rejected",
            "the service rejects the request",
            &[
                Cause {
                    code: "request",
                    text: "the service does not accept an ID, the payload or the version of the interface",
                    check: "explain the service's own number in its answer",
                },
                c::PROXY,
            ],
        ),
        511 => (
            "network-authentication-required",
            "the network requires a login before it gives access",
            &[c::CAPTIVE_PORTAL],
        ),
        502 | 504 => ("bad-gateway", "a proxy or a front end cannot reach the service", &[c::PROXY, c::BUSY]),
        500..=599 => ("unavailable", "the service is busy or down", &[c::BUSY, c::PROXY]),
        _ => return None,
    };
    Some(Entry {
        number: Number::new(Family::Http, status),
        name: name.into(),
        meaning: meaning.into(),
        causes: causes.to_vec(),
    })
}
