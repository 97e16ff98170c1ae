use crate::{dps, login, tpm};
use std::fmt;

/// Why a login or a request is refused. The real services keep this to themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no user name, or it has another shape than `hub/client id/?api-version=…`.
    UserName,
    /// The user name or the `Host` header names a hub that is not played here.
    UnknownHub,
    /// There is no api-version, or one that no SDK sends.
    ApiVersion,
    /// The client id is not the one in the user name.
    ClientId,
    /// There is no such device.
    UnknownDevice,
    /// The device may not connect.
    DeviceDisabled,
    /// The device has no such module.
    UnknownModule,
    /// It does not log in or register with a key.
    NotByKey,
    /// It does not log in or register with a certificate.
    NotByCertificate,
    /// There is no client certificate.
    NoCertificate,
    /// It does not register with a TPM.
    NotByTpm,
    /// There is neither a token nor a TPM's keys in the body.
    NoTpm,
    /// A key of the TPM that is named in the body cannot be used.
    TpmKey {
        /// Which member of the body.
        member: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The TPM is not the one that is enrolled, or that was challenged.
    AnotherTpm,
    /// A token came from a TPM that has no challenge, or none of the last hour.
    NoChallenge,
    /// The token is not signed with the key of the latest challenge.
    ChallengeSignature,
    /// A TPM cannot register over MQTT.
    TpmOverMqtt,
    /// A TPM cannot look its registration up.
    LookupByTpm,
    /// The system has no random bytes to make keys of.
    NoRandomness,
    /// There is a token as well as a client certificate.
    TwoCredentials,
    /// Neither thumbprint is the certificate's.
    Thumbprint {
        /// The certificate's thumbprint, of the same kind as those that are known.
        presented: String,
    },
    /// The certificate is for another name.
    CommonName {
        /// The device id, `device/module`, the registration id or the verification code.
        expected: String,
        /// What stands there.
        found: Option<String>,
    },
    /// The chain ends without a known authority.
    UnknownAuthority {
        /// Who issued its last certificate.
        issuer: String,
    },
    /// The authority is known, but nobody has proved to have its key.
    UnverifiedAuthority {
        /// Its common name.
        name: String,
    },
    /// A certificate of the chain is over.
    CertificateExpired {
        /// Whose certificate.
        subject: String,
        /// Since how many seconds.
        seconds: u64,
    },
    /// A certificate of the chain is not in force yet.
    CertificateNotYetValid {
        /// Whose certificate.
        subject: String,
        /// For how many seconds.
        seconds: u64,
    },
    /// The client's certificate is an authority's.
    AuthorityAsLeaf,
    /// The client's certificate is not for clients.
    Usage,
    /// The chain cannot be verified.
    Chain {
        /// What is wrong with it.
        fault: String,
    },
    /// A device that has a certificate of an authority does not read its modules with it.
    AuthorityAtRest,
    /// There is no password.
    NoPassword,
    /// The password or the `Authorization` header is not a SAS token.
    NoToken,
    /// The token's expiry is not a number.
    Expiry,
    /// The token is over.
    Expired {
        /// Since how many seconds.
        seconds: u64,
    },
    /// The token is good for something else.
    Resource,
    /// The token names a policy that there is not.
    UnknownPolicy,
    /// Neither of the keys signed the token.
    Signature,
    /// No provisioning service is played here, or not under this host name.
    UnknownDps,
    /// The provisioning service has another id scope.
    UnknownScope,
    /// There is neither an enrollment for this registration id nor a group.
    UnknownEnrollment,
    /// There is no such operation, or it was followed by another.
    UnknownOperation,
    /// The body is not what was asked for.
    Body,
    /// More registrations than the emulator keeps.
    TooMany,
    /// The twin does not take the patch.
    Patch,
}

impl Refusal {
    /// The return code of the CONNACK: 4 for what cannot be understood, 5 for what is not believed.
    #[must_use]
    pub const fn return_code(&self) -> u8 {
        match self {
            Self::UserName | Self::ApiVersion | Self::NoPassword | Self::NoToken | Self::Expiry => 4,
            _ => 5,
        }
    }
}

impl From<tpm::NoRandomness> for Refusal {
    fn from(_: tpm::NoRandomness) -> Self {
        Self::NoRandomness
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [oldest, newest] = login::VERSIONS;
        let [first, second] = dps::VERSIONS;
        match self {
            Self::UserName => f.write_str("the user name is not `hub/client id/?api-version=...`"),
            Self::UnknownHub => f.write_str("the hub that it names is not played here"),
            Self::ApiVersion => write!(
                f,
                "there is no api-version that is in use; for hubs these are {oldest} to {newest}, for provisioning \
                 {first} and {second}"
            ),
            Self::ClientId => f.write_str("the client id is not the one in the user name"),
            Self::UnknownDevice => f.write_str("there is no such device"),
            Self::DeviceDisabled => f.write_str("the device is disabled"),
            Self::UnknownModule => f.write_str("the device has no such module"),
            Self::NotByKey => f.write_str("it does not prove itself with a key"),
            Self::NotByCertificate => f.write_str("it does not prove itself with a certificate"),
            Self::NoCertificate => f.write_str("there is no client certificate"),
            Self::NotByTpm => f.write_str("it does not register with a TPM"),
            Self::NoTpm => f.write_str("it registers with a TPM, whose keys are not in the body: send `tpm`"),
            Self::TpmKey { member, fault } => write!(f, "the {member} in the body cannot be used: {fault}"),
            Self::AnotherTpm => f.write_str("the keys in the body are another TPM's than the one that is known"),
            Self::NoChallenge => {
                f.write_str("it registers with a TPM, which was not challenged in the last hour: begin without a token")
            }
            Self::ChallengeSignature => f.write_str("the key of the TPM's latest challenge did not sign the token"),
            Self::TpmOverMqtt => f.write_str("a TPM registers over HTTPS; over MQTT it cannot be challenged"),
            Self::LookupByTpm => f.write_str("a TPM's registration cannot be looked up; it has to register"),
            Self::NoRandomness => f.write_str("the system has no random bytes to make keys of"),
            Self::TwoCredentials => f.write_str("there is a token as well as a client certificate; send one of them"),
            Self::Thumbprint { presented } => {
                write!(f, "the certificate's thumbprint {presented} is not the one that is known")
            }
            Self::CommonName { expected, found: Some(found) } => {
                write!(f, "the certificate's common name is {found:?} and not {expected:?}")
            }
            Self::CommonName { expected, found: None } => {
                write!(f, "the certificate has no common name; it should be {expected:?}")
            }
            Self::UnknownAuthority { issuer } => write!(
                f,
                "the chain does not lead to a known authority: the certificate of {issuer:?} was not sent and is not \
                 known"
            ),
            Self::UnverifiedAuthority { name } => {
                write!(f, "nobody has proved to have the key of the authority {name:?}")
            }
            Self::CertificateExpired { subject, seconds } => {
                write!(f, "the certificate of {subject:?} ended {seconds} s ago")
            }
            Self::CertificateNotYetValid { subject, seconds } => {
                write!(f, "the certificate of {subject:?} begins in {seconds} s")
            }
            Self::AuthorityAsLeaf => f.write_str("the client's certificate is an authority's, not a device's"),
            Self::Usage => f.write_str("the client's certificate is not for clients, by its extended key usage"),
            Self::Chain { fault } => write!(f, "the certificates cannot be verified: {fault}"),
            Self::AuthorityAtRest => {
                f.write_str("a certificate of an authority is documented not to do for reading a module's identity")
            }
            Self::NoPassword => f.write_str("there is no password"),
            Self::NoToken => f.write_str("what should be a SAS token is none"),
            Self::Expiry => f.write_str("the token's expiry is not a number"),
            Self::Expired { seconds } => write!(f, "the token ended {seconds} s ago"),
            Self::Resource => f.write_str("the token is good for another resource"),
            Self::UnknownPolicy => f.write_str("there is no policy of the name in the token"),
            Self::Signature => f.write_str("neither key signed the token"),
            Self::UnknownDps => f.write_str("no provisioning service is played here, or it has another host name"),
            Self::UnknownScope => f.write_str("the provisioning service has another id scope"),
            Self::UnknownEnrollment => f.write_str("there is no enrollment for the registration id, and no group"),
            Self::UnknownOperation => f.write_str("there is no such operation, or a later one took its place"),
            Self::Body => f.write_str("the body is not JSON, or is about another registration id"),
            Self::TooMany => f.write_str("there are more registrations than the emulator keeps"),
            Self::Patch => f.write_str("the patch is not a JSON object, or makes the twin too large"),
        }
    }
}
