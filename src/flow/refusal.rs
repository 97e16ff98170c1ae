//! What a service says when it rejects a request: read from the body of its answer, and made fit for a log.

use crate::{
    base::{
        one_line::steers,
        time::{ClockSkew, UnixTime},
    },
    credential::Credential,
    error::{AuthenticationMethod, Error, Refusal, ServiceError, ServiceOperation},
    flow::{
        http::{Operation, Response},
        json_members::Members,
    },
    identity::RegistrationId,
};
use alloc::{boxed::Box, string::String};

impl ServiceOperation {
    /// A service's rejection, with what it says about it. Provisioning service and hub spell the members differently.
    pub(crate) fn refused(self, now: UnixTime, response: &Response<'_>) -> Error {
        let read = serde_json::from_slice(response.body);
        let is_unrecognized = !response.body.trim_ascii().is_empty() && read.is_err();
        let body: Members<'_> = read.unwrap_or_default();
        let text = |names: &[&str]| names.iter().find_map(|name| body.text(name));
        let code = ["errorCode", "code"].iter().find_map(|name| body.number(name));
        // The hub hides it in the text of an exception.
        let exception = text(&["ExceptionMessage"]);
        let hidden = exception.as_deref().and_then(|text| text.split_once("Tracking ID:")).map(|(_, id)| id.trim());
        let tracking_id = text(&["trackingId", "TrackingId", "trackingID"]);
        let unauthorized = matches!(response.status, 401 | 403);
        // MQTT has no headers. The provisioning service writes the time into the body, too.
        let date = response.date.or_else(|| text(&["timestampUtc"])?.parse().ok());
        Error::Service(Box::new(ServiceError {
            code: code.and_then(|code| u32::try_from(code).ok()),
            tracking_id: tracking_id.as_deref().or(hidden).map(printable),
            message: text(&["message", "Message", "errorMessage"]).as_deref().map(printable),
            retry_after: response.asked_wait(now),
            clock: date.filter(|_| unauthorized).and_then(|date| ClockSkew::between(now, date)),
            date,
            is_unrecognized,
            ..ServiceError::new(self, Refusal::Status, response.status)
        }))
    }
}

/// What a request was: that of a registration, or of a lookup of a module.
pub(crate) struct Rejected<'a> {
    pub(crate) operation: ServiceOperation,
    pub(crate) method: AuthenticationMethod,
    pub(crate) api_version: &'a str,
    pub(crate) registration_id: Option<&'a RegistrationId>,
}

impl Rejected<'_> {
    /// Completes a service's rejection by what is known about the request.
    pub(crate) fn complete(&self, mut error: Error) -> Error {
        if let Error::Service(error) = &mut error {
            error.asked = self.operation;
            error.method = Some(self.method);
            error.api_version = Some(self.api_version.into());
            error.registration_id = self.registration_id.cloned();
        }
        error
    }
}

impl From<&Operation> for ServiceOperation {
    fn from(operation: &Operation) -> Self {
        match operation {
            Operation::Register => Self::Registration,
            Operation::RegistrationStatus(_) => Self::RegistrationStatus,
            Operation::LookUpRegistration => Self::RegistrationLookup,
            Operation::ReadModule | Operation::CreateModule => Self::Module,
        }
    }
}

impl From<&Credential> for AuthenticationMethod {
    fn from(credential: &Credential) -> Self {
        match credential {
            Credential::SymmetricKeys(_) => Self::SymmetricKey,
            Credential::PolicyKey(_) => Self::PolicyKey,
            Credential::ExternalSigner => Self::ExternalSigner,
            Credential::Token(_) => Self::Token,
            Credential::Certificate(_) => Self::Certificate,
        }
    }
}

/// Words of a service for a log: nothing that moves the cursor or reverses the line, no part of a credential, and at most
/// 256 characters.
pub(crate) fn printable(text: &str) -> String {
    let quotes =
        |what: &str| text.as_bytes().windows(what.len()).any(|part| part.eq_ignore_ascii_case(what.as_bytes()));
    if quotes("SharedAccess") || quotes("sig=") {
        return "(withheld, because it quotes a credential)".into();
    }
    text.chars().map(|c| if steers(c) { ' ' } else { c }).take(256).collect()
}
