//! What a failure means, and what is done about it: the second of the two tables.

use super::backoff::Ladder;
use core::fmt;

/// What a failure means. Words and numbers are stable; `Display` is a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Diagnosis {
    /// The hub rejects the credential.
    HubRejected = 901,
    /// A given token has expired.
    TokenExpired = 902,
    /// The client certificate has expired.
    ClientExpired = 903,
    /// The client certificate is not yet valid.
    ClientNotYetValid = 904,
    /// The server rejects the client certificate.
    ClientRejected = 905,
    /// The key of the credential cannot be used.
    KeyUnusable = 906,
    /// No trust anchor leads to the server's certificate.
    ServerUntrusted = 907,
    /// The server's certificate has expired.
    ServerExpired = 908,
    /// The server's certificate is not yet valid.
    ServerNotYetValid = 909,
    /// The server's certificate is for another name.
    ServerWrongName = 910,
    /// The server's certificate is invalid for another reason.
    ServerCertificate = 911,
    /// Client and server have no version or cipher suite of TLS in common.
    Incompatible = 912,
    /// What answers is not a TLS server.
    PlainText = 913,
    /// A proxy inspects TLS.
    Intercepted = 914,
    /// TLS failed in another way.
    TlsFailed = 915,
    /// The clock of the device is likely to be wrong.
    ClockSuspect = 916,
    /// No answer arrived.
    Unreachable = 917,
    /// The run exceeded its time, or its number of requests.
    TimedOut = 918,
    /// The service is busy.
    Busy = 919,
    /// The device is at another hub.
    Moved = 920,
    /// The hub has banned the client.
    Banned = 921,
    /// The hub rejects the protocol.
    ProtocolRejected = 922,
    /// The connection was lost.
    ConnectionLost = 923,
    /// The provisioning service rejects the attestation.
    AttestationRejected = 924,
    /// There is no enrollment.
    EnrollmentMissing = 925,
    /// The enrollment is disabled.
    EnrollmentDisabled = 926,
    /// The hub rejects the provisioning service.
    HubLink = 927,
    /// The registration failed.
    RegistrationFailed = 928,
    /// The device is not registered.
    Unassigned = 929,
    /// The hub rejects the device that looks up its module.
    DeviceRejected = 930,
    /// The hub has no such device or module.
    ModuleMissing = 931,
    /// The module has no authentication that can be used.
    ModuleUnusable = 932,
    /// A message of the service does not follow the protocol.
    InvalidMessage = 933,
    /// The source cannot be used as it is.
    SourceUnusable = 934,
    /// The rate of connections or registrations is exhausted.
    RateLimited = 935,
    /// The credential in use was replaced.
    Rotated = 936,
    /// The key of the credential is busy, or away for now.
    KeyBusy = 937,
    /// The registration has issued no certificate.
    CertificateWithheld = 938,
    /// The issued certificate cannot be used.
    CertificateRefused = 939,
    /// The issued certificate could not be kept.
    CertificateUnsaved = 940,
    /// The service rejects the certificate signing request.
    RequestRejected = 941,
    /// No certificate signing request could be made, or it could not be kept.
    RequestUnusable = 942,
    /// The hub does not renew certificates.
    RenewalUnsupported = 943,
    /// The hub does not accept this version of MQTT: its connection profile is not the one that is known here.
    VersionRejected = 944,
}

/// What is done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The next credential at once. After the last the credentials ladder, and in the end the provisioning service.
    NextCredential,
    /// The same again after the next wait of that ladder.
    Retry(Ladder),
    /// The next credential for another hub, or of another connection profile. After the last of them the provisioning service,
    /// or the hub that is known, once for each loss of the connection; then the slow ladder.
    Provision,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextCredential => f.write_str("next credential"),
            Self::Retry(ladder) => write!(f, "{ladder} ladder"),
            Self::Provision => f.write_str("provision once, slow ladder"),
        }
    }
}

impl Diagnosis {
    /// What is done about it.
    #[must_use]
    pub const fn decision(self) -> Decision {
        match self {
            Self::HubRejected
            | Self::TokenExpired
            | Self::ClientExpired
            | Self::ClientNotYetValid
            | Self::ClientRejected
            | Self::KeyUnusable
            | Self::Incompatible
            | Self::AttestationRejected
            | Self::DeviceRejected => Decision::NextCredential,
            Self::Unreachable
            | Self::TimedOut
            | Self::Busy
            | Self::ConnectionLost
            | Self::PlainText
            | Self::TlsFailed
            | Self::RateLimited
            | Self::Rotated
            | Self::KeyBusy => Decision::Retry(Ladder::Connect),
            Self::ClockSuspect => Decision::Retry(Ladder::Clock),
            Self::Unassigned | Self::InvalidMessage => Decision::Retry(Ladder::Provisioning),
            Self::Moved | Self::ServerWrongName | Self::VersionRejected => Decision::Provision,
            Self::ServerUntrusted
            | Self::ServerExpired
            | Self::ServerNotYetValid
            | Self::ServerCertificate
            | Self::Intercepted
            | Self::Banned
            | Self::ProtocolRejected
            | Self::EnrollmentMissing
            | Self::EnrollmentDisabled
            | Self::HubLink
            | Self::RegistrationFailed
            | Self::ModuleMissing
            | Self::ModuleUnusable
            | Self::SourceUnusable
            | Self::CertificateWithheld
            | Self::CertificateRefused
            | Self::CertificateUnsaved
            | Self::RequestRejected
            | Self::RequestUnusable
            | Self::RenewalUnsupported => Decision::Retry(Ladder::Slow),
        }
    }

    /// The same when a run of an authenticator has failed: the next credential is then the next source, and a network path
    /// or a busy service is waited for on the provisioning ladder.
    #[must_use]
    pub const fn decision_in_run(self) -> Decision {
        match self.decision() {
            Decision::Retry(Ladder::Connect) => Decision::Retry(Ladder::Provisioning),
            Decision::Provision => Decision::Retry(Ladder::Slow),
            other => other,
        }
    }

    /// Whether the device may be at another hub, or log in there in another way. A busy hub is no sign of that: its whole fleet would register.
    #[must_use]
    pub const fn may_have_moved(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::TimedOut
                | Self::ServerUntrusted
                | Self::ServerWrongName
                | Self::Moved
                | Self::ModuleMissing
                | Self::VersionRejected
        )
    }

    /// Every one, in the order of the numbers.
    pub const ALL: [Self; 44] = [
        Self::HubRejected,
        Self::TokenExpired,
        Self::ClientExpired,
        Self::ClientNotYetValid,
        Self::ClientRejected,
        Self::KeyUnusable,
        Self::ServerUntrusted,
        Self::ServerExpired,
        Self::ServerNotYetValid,
        Self::ServerWrongName,
        Self::ServerCertificate,
        Self::Incompatible,
        Self::PlainText,
        Self::Intercepted,
        Self::TlsFailed,
        Self::ClockSuspect,
        Self::Unreachable,
        Self::TimedOut,
        Self::Busy,
        Self::Moved,
        Self::Banned,
        Self::ProtocolRejected,
        Self::ConnectionLost,
        Self::AttestationRejected,
        Self::EnrollmentMissing,
        Self::EnrollmentDisabled,
        Self::HubLink,
        Self::RegistrationFailed,
        Self::Unassigned,
        Self::DeviceRejected,
        Self::ModuleMissing,
        Self::ModuleUnusable,
        Self::InvalidMessage,
        Self::SourceUnusable,
        Self::RateLimited,
        Self::Rotated,
        Self::KeyBusy,
        Self::CertificateWithheld,
        Self::CertificateRefused,
        Self::CertificateUnsaved,
        Self::RequestRejected,
        Self::RequestUnusable,
        Self::RenewalUnsupported,
        Self::VersionRejected,
    ];

    /// Its number, the same in C.
    #[must_use]
    pub const fn as_i32(self) -> i32 {
        self as i32
    }
}
