//! The words of each diagnosis: one for programs, one for people.

use super::diagnosis::Diagnosis;
use core::fmt;

impl Diagnosis {
    /// A stable word for it, for logs, metrics and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.texts().0
    }

    /// The word, and the sentence.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::HubRejected => ("hub-rejected", "the hub rejects the credential"),
            Self::TokenExpired => ("token-expired", "the given token has expired"),
            Self::ClientExpired => ("client-expired", "the client certificate has expired"),
            Self::ClientNotYetValid => ("client-not-yet-valid", "the client certificate is not yet valid"),
            Self::ClientRejected => ("client-rejected", "the server rejects the client certificate"),
            Self::KeyUnusable => ("key-unusable", "the key of the credential cannot be used"),
            Self::ServerUntrusted => ("server-untrusted", "no trust anchor leads to the server's certificate"),
            Self::ServerExpired => ("server-expired", "the server's certificate has expired"),
            Self::ServerNotYetValid => ("server-not-yet-valid", "the server's certificate is not yet valid"),
            Self::ServerWrongName => ("server-wrong-name", "the server's certificate is for another name"),
            Self::ServerCertificate => ("server-certificate", "the server's certificate is invalid"),
            Self::Incompatible => {
                ("incompatible", "client and server have no version or cipher suite of TLS in common")
            }
            Self::PlainText => {
                ("plain-text", "what answers is not a TLS server; check host, port, and captive portals")
            }
            Self::Intercepted => ("intercepted", "a proxy inspects TLS; exclude this host from the inspection"),
            Self::TlsFailed => ("tls-failed", "TLS failed"),
            Self::ClockSuspect => ("clock-suspect", "the clock of this device is likely to be wrong; set it"),
            Self::Unreachable => ("unreachable", "no answer arrived"),
            Self::TimedOut => ("timed-out", "the answer did not arrive in time"),
            Self::Busy => ("busy", "the service is busy"),
            Self::Moved => ("moved", "the device is at another hub"),
            Self::Banned => ("banned", "the hub has banned this client"),
            Self::ProtocolRejected => ("protocol-rejected", "the hub rejects the protocol"),
            Self::ConnectionLost => ("connection-lost", "the connection was lost"),
            Self::AttestationRejected => {
                ("attestation-rejected", "the provisioning service rejects the device's attestation")
            }
            Self::EnrollmentMissing => ("enrollment-missing", "there is no such enrollment"),
            Self::EnrollmentDisabled => ("enrollment-disabled", "the enrollment is disabled"),
            Self::HubLink => ("hub-link", "the hub rejects the provisioning service; renew the link to the hub there"),
            Self::RegistrationFailed => ("registration-failed", "the registration failed"),
            Self::Unassigned => ("unassigned", "the device is not registered"),
            Self::DeviceRejected => ("device-rejected", "the hub rejects the device's credential"),
            Self::ModuleMissing => ("module-missing", "the hub has no such device or module"),
            Self::ModuleUnusable => ("module-unusable", "the module has no authentication that can be used"),
            Self::InvalidMessage => ("invalid-message", "a message of the service does not follow the protocol"),
            Self::SourceUnusable => ("source-unusable", "a credential source cannot be used as it is"),
            Self::RateLimited => ("rate-limited", "the rate of connections or registrations is exhausted"),
            Self::Rotated => ("rotated", "the credential in use was replaced"),
            Self::KeyBusy => ("key-busy", "the key of the credential is busy, or away for now"),
            Self::CertificateWithheld => {
                ("certificate-withheld", "the enrollment issues no certificate; give it a policy for that")
            }
            Self::CertificateRefused => ("certificate-refused", "the issued certificate cannot be used"),
            Self::CertificateUnsaved => ("certificate-unsaved", "the issued certificate could not be kept"),
            Self::RequestRejected => ("request-rejected", "the service rejects the certificate signing request"),
            Self::RequestUnusable => {
                ("request-unusable", "no certificate signing request could be made, or it could not be kept")
            }
            Self::VersionRejected => (
                "version-rejected",
                "the hub does not accept this version of MQTT; set its connection profile, or register by an api-version \
                 that tells it",
            ),
            Self::RenewalUnsupported => ("renewal-unsupported", "the hub does not renew certificates"),
        }
    }
}

/// The sentence.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().1)
    }
}
