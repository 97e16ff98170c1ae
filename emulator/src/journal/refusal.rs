use crate::base::{DPS_VERSIONS, HUB_VERSIONS, RENEWING_VERSION};

/// Why a login or a request is refused. The real services do not tell a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The CONNECT has no user name, or one of another format.
    #[error("the user name is not `hub/client ID`, with or without `/?api-version=...`")]
    UserName,
    /// The CONNECT of MQTT 5 has no user name, or one of another format.
    #[error(
        "the user name is not `correlationId=HEX&clientVersion=TEXT` with the 32 digits of a UUID of version 4, all in lower \
         or all in upper case"
    )]
    CorrelatedUserName,
    /// The version of MQTT is not that of the hub's connection profile.
    #[error(
        "hubs with the connection profile `mqttV5` take MQTT 5, classic hubs and the provisioning service take MQTT 3.1.1"
    )]
    Profile,
    /// A CONNECT of MQTT 5 has a password.
    #[error("the hub has the connection profile `mqttV5`, which has no passwords; send a client certificate")]
    NotByPassword,
    /// A CONNECT of MQTT 5 has a client ID that is no device ID.
    #[error("the client ID is not a device ID; the connection profile `mqttV5` has no logins of modules")]
    NotDeviceId,
    /// The user name or the `Host` header names a hub that the emulator does not have.
    #[error("the emulator has no hub of this name")]
    UnknownHub,
    /// The api-version is missing or not supported.
    #[error(
        "the api-version is missing or not supported; hubs support {} to {} and {}, the provisioning service {}, {}, {} and {}",
        HUB_VERSIONS[0],
        HUB_VERSIONS[1],
        RENEWING_VERSION,
        DPS_VERSIONS[0],
        DPS_VERSIONS[1],
        DPS_VERSIONS[2],
        DPS_VERSIONS[3]
    )]
    ApiVersion,
    /// The client ID differs from the one in the user name.
    #[error("the client ID differs from the one in the user name")]
    ClientId,
    /// The hub has no such device.
    #[error("the hub has no such device; device IDs are case-sensitive")]
    UnknownDevice,
    /// The device is disabled.
    #[error("the device is disabled")]
    DeviceDisabled,
    /// The device has no such module.
    #[error("the device has no such module; module IDs are case-sensitive")]
    UnknownModule,
    /// The device, module or enrollment does not authenticate with a key.
    #[error("it does not authenticate with a key")]
    NotByKey,
    /// The device, module or enrollment does not authenticate with a certificate.
    #[error("it does not authenticate with a certificate")]
    NotByCertificate,
    /// The client sent no certificate.
    #[error("the client sent no certificate")]
    NoCertificate,
    /// The enrollment's attestation is not a TPM.
    #[error("the enrollment's attestation is not a TPM")]
    NotByTpm,
    /// The request has neither a token nor a TPM's keys in its body.
    #[error("the enrollment's attestation is a TPM: send its keys in the body as `tpm`")]
    NoTpm,
    /// A TPM's key in the body cannot be used.
    #[error("the {member} in the body cannot be used: {fault}")]
    TpmKey {
        /// The member of the body.
        member: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The TPM is not the one that is enrolled, or that was challenged.
    #[error("the keys in the body belong to another TPM than the enrolled one")]
    AnotherTpm,
    /// A token came from a TPM that has not been challenged in the last hour.
    #[error("the TPM was not challenged in the last hour: send the first request without a token")]
    NoChallenge,
    /// The token is not signed with the key of the latest challenge.
    #[error("the token is not signed with the key of the TPM's latest challenge")]
    ChallengeSignature,
    /// A TPM cannot register over MQTT.
    #[error("a TPM requires HTTPS to register; it cannot be challenged over MQTT")]
    TpmOverMqtt,
    /// A TPM's registration cannot be looked up.
    #[error("the registration of a TPM cannot be looked up; register instead")]
    LookupByTpm,
    /// The system has no random bytes.
    #[error("the system has no random bytes to make keys of")]
    NoRandomness,
    /// The client sent a token and a certificate.
    #[error("the client sent a token and a certificate; send one of them")]
    TwoCredentials,
    /// The certificate has neither of the thumbprints.
    #[error("the certificate's thumbprint {presented} is not a registered one")]
    Thumbprint {
        /// The certificate's thumbprint, by the same digest as the registered ones.
        presented: String,
    },
    /// The certificate's common name is another.
    #[error("{}", common_name(expected, found.as_deref()))]
    CommonName {
        /// The device ID, `device/module`, the registration ID or the verification code.
        expected: String,
        /// The certificate's common name.
        found: Option<String>,
    },
    /// The chain does not lead to a trust anchor.
    #[error("the chain does not lead to a trust anchor: the certificate of {issuer:?} was neither sent nor registered")]
    UnknownAuthority {
        /// The issuer of the chain's last certificate.
        issuer: String,
    },
    /// The CA is registered, but proof of possession of its key is missing.
    #[error("the CA {name:?} is not verified: proof of possession of its key is missing")]
    UnverifiedAuthority {
        /// Its common name.
        name: String,
    },
    /// A certificate of the chain has expired.
    #[error("the certificate of {subject:?} expired {seconds} s ago")]
    CertificateExpired {
        /// Its subject.
        subject: String,
        /// The seconds since its expiry.
        seconds: u64,
    },
    /// A certificate of the chain is not yet valid.
    #[error("the certificate of {subject:?} is not yet valid, for another {seconds} s")]
    CertificateNotYetValid {
        /// Its subject.
        subject: String,
        /// The seconds until it is valid.
        seconds: u64,
    },
    /// The client's certificate is a CA certificate.
    #[error("the client's certificate is a CA certificate, not a leaf")]
    AuthorityAsLeaf,
    /// The extended key usage of a certificate does not permit client authentication.
    #[error("a certificate's extended key usage does not include client authentication")]
    Usage,
    /// A certificate of the chain is not permitted to issue the one before it.
    #[error("the certificate of {subject:?} cannot be an issuer: {fault}")]
    Issuer {
        /// Its subject.
        subject: String,
        /// The rule of RFC 5280 that it breaks.
        fault: &'static str,
    },
    /// The chain cannot be verified.
    #[error("the certificates cannot be verified: {fault}")]
    Chain {
        /// What is wrong with it.
        fault: String,
    },
    /// A device with a CA-signed certificate cannot read its modules with it.
    #[error("a CA-signed certificate cannot be used to read a module's identity")]
    AuthorityAtRest,
    /// The CONNECT has no password.
    #[error("the CONNECT has neither a password nor a client certificate")]
    NoPassword,
    /// The password or the `Authorization` header is not a SAS token.
    #[error("the password or `Authorization` header is not a SAS token")]
    NoToken,
    /// The token's expiry is not a number.
    #[error("the token's expiry is not a number of seconds since 1970")]
    Expiry,
    /// The token's expiry is after the year 9999.
    #[error("the token's expiry {expiry} is after the year 9999; it is in seconds since 1970, not in milliseconds")]
    ExpiryTooLate {
        /// The expiry.
        expiry: u64,
    },
    /// The token has expired.
    #[error("the token expired {seconds} s ago")]
    Expired {
        /// The seconds since its expiry.
        seconds: u64,
    },
    /// The token's resource does not cover the identity.
    #[error("the token's resource (`sr`) does not cover this identity")]
    Resource,
    /// The token names a policy that does not exist.
    #[error("the token names a shared access policy (`skn`) that does not exist")]
    UnknownPolicy,
    /// A request of a back end has the token of a device.
    #[error("the token names no shared access policy (`skn`), which a request of a back end requires")]
    NoPolicy,
    /// The token's policy lacks a permission.
    #[error("the token's shared access policy lacks the permission {permission}")]
    Permission {
        /// The permission.
        permission: &'static str,
    },
    /// The token's signature was made with neither of the keys.
    #[error("the token's signature was made with neither of the keys")]
    Signature,
    /// The certificate was issued by the emulator, and revoked.
    #[error("the certificate was revoked")]
    Revoked,
    /// The certificate signing request of a registration cannot be used.
    #[error("the certificate signing request cannot be used: {fault}")]
    SigningRequest {
        /// What is wrong with it.
        fault: String,
    },
    /// The emulator has no provisioning service, or it has another host name.
    #[error("the emulator has no provisioning service of this host name")]
    UnknownDps,
    /// The provisioning service has another ID scope.
    #[error("the provisioning service has another ID scope")]
    UnknownScope,
    /// The registration ID has a character that is not permitted, or a length that is not.
    #[error(
        "the registration ID is not 1 to 128 letters, digits, `-`, `.`, `_` and `:` that end with a letter, a digit or `-`"
    )]
    RegistrationId,
    /// There is neither an enrollment for this registration ID nor an enrollment group.
    #[error("there is neither an enrollment for this registration ID nor an enrollment group")]
    UnknownEnrollment,
    /// There is no such operation, or a later registration replaced it.
    #[error("there is no such operation, or a later registration replaced it")]
    UnknownOperation,
    /// There is no registration of this ID.
    #[error("there is no registration of this ID")]
    UnknownRegistration,
    /// The body has another format than the request requires.
    #[error("the body is not a JSON object, or it names another registration ID")]
    Body,
    /// There are more registrations than the emulator keeps.
    #[error("there are more registrations than the emulator keeps")]
    TooMany,
    /// The body is not that of the module in the path.
    #[error("the body is not a JSON object with the `moduleId` and `deviceId` of the path and keys in base64")]
    ModuleBody,
    /// The body is not that of the identity, the twin, the call or the enrollment in the path.
    #[error("the body is not the JSON object that this request has, or a member of it cannot be used")]
    IdentityBody,
    /// The device exists, and the request has no `If-Match`.
    #[error("the device exists already; a change of it requires `If-Match`")]
    DeviceExists,
    /// The module exists, and the request has no `If-Match`.
    #[error("the module exists already; a change of it requires `If-Match`")]
    ModuleExists,
    /// The module has another etag than `If-Match` names.
    #[error("the module has another etag than `If-Match` names")]
    Precondition,
    /// The twin rejects the patch.
    #[error("the patch is not a JSON object, or it makes the twin too large")]
    Patch,
    /// The twin rejects a name in the patch.
    #[error(
        "the patch has the name {name:?}: names have at most 1024 bytes, and no control character, space, `.` or `$`"
    )]
    PropertyName {
        /// The name.
        name: String,
    },
    /// The twin rejects a value in the patch.
    #[error("the value of {name:?} in the patch is {fault}")]
    PropertyValue {
        /// The nearest name.
        name: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A direct method's name cannot be one level of a topic.
    #[error("the name of the method is empty, or has a `/`, `+`, `#`, `?` or control character")]
    MethodName,
    /// A client that a method is called of is not connected.
    #[error("the device or module is not connected")]
    NotConnected,
    /// A client has not answered a method in time.
    #[error("the device or module has not answered in time")]
    NoAnswer,
    /// The will of a CONNECT cannot be kept.
    #[error("the will cannot be kept: {fault}")]
    Will {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The body of a message is not what its content type says.
    #[error("the body is not a JSON array of messages, as its content type says")]
    MessageBatch,
}

fn common_name(expected: &str, found: Option<&str>) -> String {
    match found {
        Some(found) => format!("the certificate's common name is {found:?}, not {expected:?}"),
        None => format!("the certificate has no common name; it requires {expected:?}"),
    }
}
