//! The diagnoses of a session. Numbers, names and meanings are the library's.

use super::{
    Entry,
    cause::{self as c, Cause},
    number::{Family, Number},
};
use defender_auth::session::Diagnosis;

/// All of them, in the order of the numbers.
pub(crate) fn all() -> impl Iterator<Item = Entry> {
    Diagnosis::ALL.into_iter().map(|diagnosis| Entry {
        number: Number::new(Family::Library, diagnosis.as_i32().unsigned_abs()),
        name: diagnosis.as_str().into(),
        meaning: diagnosis.to_string(),
        causes: causes(diagnosis).to_vec(),
    })
}

const STORE: Cause =
    Cause { code: "store", text: "the folder of the state cannot be written", check: "`df -h DIR`, `namei -l DIR`" };
const ISSUANCE: Cause = Cause {
    code: "issuance-policy",
    text: "the enrollment has no policy for the issuance of certificates",
    check: "`az iot dps enrollment show`",
};
const NETWORK: &[Cause] = &[c::FIREWALL, c::DNS, c::PROXY, c::BUSY];

const fn causes(diagnosis: Diagnosis) -> &'static [Cause] {
    use Diagnosis as D;
    match diagnosis {
        D::HubRejected | D::DeviceRejected => {
            &[c::OTHER_KEYS, c::CLOCK, c::OTHER_CERTIFICATE, c::OTHER_AUTHENTICATION, c::UNKNOWN_OR_DISABLED]
        }
        D::TokenExpired => &[c::TOKEN_EXPIRED, c::CLOCK],
        D::ClientExpired => &[c::CERTIFICATE_EXPIRED, c::CLOCK],
        D::ClientNotYetValid | D::ClockSuspect => &[c::CLOCK],
        D::ClientRejected => &[c::OTHER_CERTIFICATE, c::CERTIFICATE_EXPIRED, c::OTHER_AUTHENTICATION],
        D::KeyUnusable | D::SourceUnusable => &[c::KEY_PAIR, c::KEY_HOLDER, c::PERMISSION],
        D::KeyBusy => &[c::KEY_HOLDER],
        D::ServerUntrusted => &[c::TRUST_ANCHORS, c::INSPECTION],
        D::Intercepted => &[c::INSPECTION],
        D::ServerExpired | D::ServerNotYetValid => &[c::CLOCK, c::INSPECTION],
        D::ServerWrongName => &[c::WRONG_NAME, c::PROXY],
        D::ServerCertificate => &[c::INSPECTION, c::TRUST_ANCHORS],
        D::Incompatible | D::TlsFailed => &[
            c::INSPECTION,
            Cause {
                code: "tls-version",
                text: "the server offers TLS 1.0 or 1.1 only, or no cipher suite that is known here",
                check: "`openssl s_client -connect HOST:8883 -tls1_2`",
            },
        ],
        D::PlainText => &[
            c::CAPTIVE_PORTAL,
            Cause {
                code: "port",
                text: "another service listens at this port",
                check: "`openssl s_client -connect HOST:8883 -servername HOST`",
            },
        ],
        D::Unreachable | D::TimedOut => NETWORK,
        D::ConnectionLost => &[
            Cause {
                code: "network",
                text: "the network was interrupted, or a NAT has forgotten an idle connection",
                check: "`ping HOST`; choose a shorter keep-alive interval",
            },
            c::OTHER_CONNECTION,
            c::BUSY,
        ],
        D::Busy => &[c::BUSY, c::TOO_MANY, c::QUOTA],
        D::Moved => &[c::MOVED],
        D::Banned => &[c::BANNED, c::OTHER_CONNECTION],
        D::ProtocolRejected | D::VersionRejected => &[c::CONNECTION_PROFILE, c::WRONG_USER_NAME],
        D::AttestationRejected => &[
            c::ENROLLMENT_KEY,
            c::CLOCK,
            c::ENROLLMENT_CERTIFICATE,
            c::ENROLLMENT_TPM,
            c::ENROLLMENT_MISSING,
            c::ID_SCOPE,
        ],
        D::EnrollmentMissing => &[c::ENROLLMENT_MISSING, c::ID_SCOPE],
        D::EnrollmentDisabled => &[c::ENROLLMENT_DISABLED],
        D::HubLink => &[c::HUB_LINK],
        D::RegistrationFailed => &[c::ALLOCATION],
        D::Unassigned => &[c::UNREGISTERED],
        D::ModuleMissing => &[c::MODULE_MISSING, c::UNKNOWN_OR_DISABLED],
        D::ModuleUnusable => &[c::MODULE_AUTHENTICATION],
        D::InvalidMessage => &[c::PROXY, c::DEFECT],
        D::RateLimited => &[Cause {
            code: "rate",
            text: "the session has connected or registered as often as its policy allows",
            check: "wait; look for the failures before this one",
        }],
        D::Rotated => {
            &[Cause { code: "rotated", text: "the agent has replaced its credentials", check: "this is no failure" }]
        }
        D::CertificateWithheld => &[ISSUANCE],
        D::CertificateRefused => &[
            Cause {
                code: "issued",
                text: "the issued certificate is for another name or key, or its chain is not complete",
                check: "`defenderauth certificate check --cert-file PEM`",
            },
            c::CLOCK,
        ],
        D::CertificateUnsaved => &[STORE],
        D::RequestRejected => &[
            Cause {
                code: "request",
                text: "the authority does not accept the request's key or name",
                check: "`openssl req -in PEM -noout -text`",
            },
            ISSUANCE,
        ],
        D::RequestUnusable => &[STORE, c::KEY_HOLDER],
        D::RenewalUnsupported => &[Cause {
            code: "renewal",
            text: "the hub does not issue certificates",
            check: "register again with a new request",
        }],
        _ => &[],
    }
}
