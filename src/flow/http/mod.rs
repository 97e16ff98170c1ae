//! Requests and answers as values. Any HTTP client can carry them, and MQTT can carry those of a registration.

use crate::{
    base::{encode, time::UnixTime, wait::RetryAfter},
    credential::ClientCertificate,
    identity::{HostName, IdScope, Identity, ModuleId, RegistrationId, is_folder},
    sas::SasToken,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::fmt;

/// The longest body of an answer that is read, in bytes. A driver stops reading there.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The version of a service's interface, as it stands behind `api-version=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiVersion(Box<str>);

impl ApiVersion {
    /// A version by its name: 1 to 32 letters, digits, `-` and `.`. `None` for anything else.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        ((1..=32).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }

    /// `2019-03-31`, which every SDK but two sends to the provisioning service.
    pub(crate) fn provisioning() -> Self {
        Self("2019-03-31".into())
    }
}

/// What the provisioning service calls a registration that is under way. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationId(Box<str>);

impl OperationId {
    /// It goes into a path and a topic, and must not change either.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(allowed) && !is_folder(text);
        fits.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request is for: enough for a carrier that is not HTTP, and for a line of progress.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Register a device with the provisioning service.
    Register,
    /// Ask how a registration stands.
    RegistrationStatus(OperationId),
    /// Ask where a device is registered, without registering it.
    LookUpRegistration,
    /// Read a module's identity at the hub.
    ReadModule,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "registering the device",
            Self::RegistrationStatus(_) => "asking how the registration stands",
            Self::LookUpRegistration => "looking up the registration",
            Self::ReadModule => "reading the module's identity",
        })
    }
}

/// Who registers where: a carrier other than HTTP has no path to read it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registrant {
    pub(crate) scope: IdScope,
    pub(crate) id: RegistrationId,
    pub(crate) version: ApiVersion,
}

/// How a request proves who sends it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// Not at all: the first request of a TPM, which wants to be challenged.
    None,
    Token(SasToken),
    Certificate(ClientCertificate),
}

/// One HTTPS request, complete. Send it to [`host`](Self::host), port 443, and nowhere else: do not follow redirects,
/// they would carry the credential away.
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
            Operation::Register | Operation::ReadModule => "/register".into(),
        };
        let target = format!("/{scope}/registrations/{id}{rest}?api-version={}", version.as_str()).into();
        Self { operation, registrant: Some(registrant), host, target, authorization, body }
    }

    /// Source: `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c`.
    pub(crate) fn module(device: &Identity, module: &ModuleId, authorization: Authorization) -> Self {
        let device_id = encode::percent(device.device_id().as_str());
        let module = encode::percent(module.as_str());
        let target = format!("/devices/{device_id}/modules/{module}?api-version=2018-06-30").into();
        let host = device.hub().clone();
        Self { operation: Operation::ReadModule, registrant: None, host, target, authorization, body: Vec::new() }
    }

    /// What it is for.
    #[must_use]
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Where it goes: the name that the server's certificate must bear.
    #[must_use]
    pub const fn host(&self) -> &HostName {
        &self.host
    }

    /// `GET`, `PUT` or `POST`.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self.operation {
            Operation::Register => "PUT",
            Operation::LookUpRegistration => "POST",
            Operation::RegistrationStatus(_) | Operation::ReadModule => "GET",
        }
    }

    /// Path and query, encoded.
    #[must_use]
    pub const fn target(&self) -> &str {
        &self.target
    }

    /// The headers to send. `Host` and `Content-Length` are the client's.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let json = (!self.body.is_empty()).then_some(("content-type", "application/json; charset=utf-8"));
        let token = self.token().map(|token| ("authorization", token.expose()));
        core::iter::once(("accept", "application/json")).chain(json).chain(token)
    }

    /// The token, if one proves it: the `Authorization` header over HTTPS, the password over MQTT.
    #[must_use]
    pub const fn token(&self) -> Option<&SasToken> {
        match &self.authorization {
            Authorization::Token(token) => Some(token),
            Authorization::None | Authorization::Certificate(_) => None,
        }
    }

    /// The client certificate for the TLS handshake, if one proves it.
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
        write!(f, "Request({} https://{}{}, ..)", self.method(), self.host, self.target)
    }
}

/// What came back: a status, a body, and the two headers that matter.
#[derive(Clone, Copy)]
#[must_use]
pub struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) retry_after: Option<RetryAfter>,
    pub(crate) date: Option<UnixTime>,
}

impl<'a> Response<'a> {
    /// Status and body. A body of more than [`BODY_LIMIT`] bytes is refused, so stop reading there.
    pub const fn new(status: u16, body: &'a [u8]) -> Self {
        Self { status, body, retry_after: None, date: None }
    }

    /// Takes a header. Offer them all: `Retry-After` and `Date` are kept.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("retry-after") {
            self.retry_after = RetryAfter::parse(value);
        } else if name.eq_ignore_ascii_case("date") {
            self.date = UnixTime::from_http_date(value);
        }
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The service's clock, if it told.
    #[must_use]
    pub const fn date(&self) -> Option<UnixTime> {
        self.date
    }
}

/// A body may hold keys.
impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes, ..)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_1_to_32_characters_that_a_query_can_hold() {
        let longest = "1".repeat(32);
        for text in ["1", "2019-03-31", "2021-10-01-preview", "1.0", &longest] {
            assert_eq!(ApiVersion::new(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a&b", "a/b", "2019_03", "é", &"1".repeat(33)] {
            assert_eq!(ApiVersion::new(text), None, "{text}");
        }
    }

    #[test]
    fn an_operation_has_1_to_256_characters_and_leads_nowhere_else() {
        let longest = "a".repeat(256);
        for text in ["4.d3ef2cb3.0b1f-7c_a", "...", &longest] {
            assert_eq!(OperationId::new(text).unwrap().as_str(), text);
        }
        for text in ["", ".", "..", "..?", "a/b", "a?b", "a#b", "a&b", "a+b", "%2e", "é", &"a".repeat(257)] {
            assert_eq!(OperationId::new(text), None, "{text}");
        }
    }
}
