use super::name::{ApiVersion, OperationId};
use crate::{
    base::encode,
    credential::ClientCertificate,
    identity::{HostName, IdScope, Identity, ModuleId, RegistrationId},
    sas::SasToken,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::fmt;

/// What a request is for: enough for a transport other than HTTP, and for a line of progress.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Register a device with the provisioning service.
    Register,
    /// Poll the status of a registration.
    RegistrationStatus(OperationId),
    /// Look up where a device is registered, without registering it.
    LookUpRegistration,
    /// Read a module's identity at the hub.
    ReadModule,
    /// Create a module of the device at the hub.
    CreateModule,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "registering the device",
            Self::RegistrationStatus(_) => "polling the registration status",
            Self::LookUpRegistration => "looking up the registration",
            Self::ReadModule => "reading the module's identity",
            Self::CreateModule => "creating the module",
        })
    }
}

/// Which registration: a transport other than HTTP has no path to read it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registrant {
    pub(crate) scope: IdScope,
    pub(crate) id: RegistrationId,
    pub(crate) version: ApiVersion,
}

/// What authenticates a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// Nothing: the first request of a TPM, which the service answers with a challenge.
    None,
    Token(SasToken),
    Certificate(ClientCertificate),
}

/// One HTTPS request, complete. Send it to [`host`](Self::host), port 443, and to no other place: do not follow redirects,
/// which would disclose the credential.
#[derive(PartialEq, Eq)]
pub struct Request {
    operation: Operation,
    registrant: Option<Registrant>,
    host: HostName,
    target: Box<str>,
    authorization: Authorization,
    body: Vec<u8>,
}

impl Request {
    /// Source of paths and methods: `Azure/azure-iot-sdk-csharp`, `provisioning/transport/http/src/Generated`.
    pub(crate) fn registration(
        operation: Operation,
        host: HostName,
        registrant: Registrant,
        authorization: Authorization,
        body: Vec<u8>,
    ) -> Self {
        let Registrant { scope, id, version } = &registrant;
        let rest = match &operation {
            Operation::RegistrationStatus(operation) => format!("/operations/{}", operation.as_str()),
            Operation::LookUpRegistration => String::new(),
            Operation::Register | Operation::ReadModule | Operation::CreateModule => "/register".into(),
        };
        let target = format!("/{scope}/registrations/{id}{rest}?api-version={}", version.as_str()).into();
        Self { operation, registrant: Some(registrant), host, target, authorization, body }
    }

    /// Without a proof yet.
    ///
    /// Source: `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c`.
    pub(crate) fn module(device: &Identity, module: &ModuleId) -> Self {
        Self::of_module(Operation::ReadModule, device, module, "2018-06-30", Vec::new())
    }

    /// Without a proof yet. The version is the one with which a device's own credential is known to create a module.
    ///
    /// Source: `Azure/iot-identity-service:iotedge-hub-client`, which `aziot-identityd` uses.
    pub(crate) fn module_creation(device: &Identity, module: &ModuleId) -> Self {
        // Neither name has a character that JSON escapes.
        let body = format!(r#"{{"moduleId":"{module}","deviceId":"{}"}}"#, device.device_id());
        Self::of_module(Operation::CreateModule, device, module, "2017-11-08-preview", body.into())
    }

    fn of_module(operation: Operation, device: &Identity, module: &ModuleId, version: &str, body: Vec<u8>) -> Self {
        let device_id = encode::percent(device.device_id().as_str());
        let module = encode::percent(module.as_str());
        let target = format!("/devices/{device_id}/modules/{module}?api-version={version}").into();
        let host = device.given_hub().clone();
        Self { operation, registrant: None, host, target, authorization: Authorization::None, body }
    }

    /// The same request with another proof.
    pub(crate) fn authorized(self, authorization: Authorization) -> Self {
        Self { authorization, ..self }
    }

    /// What it is for.
    #[must_use]
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The host it is sent to, which is the name that the server's certificate must have.
    #[must_use]
    pub const fn host(&self) -> &HostName {
        &self.host
    }

    /// `GET`, `PUT` or `POST`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self.operation {
            Operation::Register | Operation::CreateModule => "PUT",
            Operation::LookUpRegistration => "POST",
            Operation::RegistrationStatus(_) | Operation::ReadModule => "GET",
        }
    }

    /// Path and query, encoded.
    #[must_use]
    pub const fn target(&self) -> &str {
        &self.target
    }

    /// The version of the service's interface that it is written for.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.target.rsplit_once("api-version=").map_or("", |(_, version)| version)
    }

    /// The whole URL: `https://`, host and target.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}{}", self.host, self.target)
    }

    /// The headers to send. `Host` and `Content-Length` are the client's.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let json = (!self.body.is_empty()).then_some(("content-type", "application/json; charset=utf-8"));
        let token = self.token().map(|token| ("authorization", token.expose()));
        core::iter::once(("accept", "application/json")).chain(json).chain(token)
    }

    /// The token, if one authenticates it: the `Authorization` header over HTTPS, the password over MQTT.
    #[must_use]
    pub const fn token(&self) -> Option<&SasToken> {
        match &self.authorization {
            Authorization::Token(token) => Some(token),
            Authorization::None | Authorization::Certificate(_) => None,
        }
    }

    /// The client certificate for the TLS handshake, if one authenticates it.
    #[must_use]
    pub const fn certificate(&self) -> Option<&ClientCertificate> {
        match &self.authorization {
            Authorization::Certificate(certificate) => Some(certificate),
            Authorization::None | Authorization::Token(_) => None,
        }
    }

    /// The body; empty when there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) const fn registrant(&self) -> Option<&Registrant> {
        self.registrant.as_ref()
    }

    pub(crate) const fn is_unproved(&self) -> bool {
        matches!(self.authorization, Authorization::None)
    }

    pub(crate) fn into_authorization(self) -> Authorization {
        self.authorization
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {}, ..)", self.method(), self.url())
    }
}
