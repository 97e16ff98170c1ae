//! What C can read of an authenticator, rebuilt after every transition.

use super::carried::Carried;
use crate::{
    certificate::Certificate,
    code::{
        DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_ASK, DEFENDERAUTH_ACTION_DONE, DEFENDERAUTH_ACTION_FAILED,
        DEFENDERAUTH_ACTION_OPEN, DEFENDERAUTH_ACTION_SEND, DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_WAIT,
    },
    error::Error,
    failure::Failure,
    identity::Names,
    options::Chosen,
    view::View,
};
#[cfg(feature = "messages")]
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;
use defender_auth::{
    Action, Outcome, Password, UnixTime,
    credential::Credential,
    http::{Operation, Request},
    key::KeyUse,
    mqtt::events_topic,
    wait::Wait,
};
use zeroize::Zeroizing;

/// The data of the pending action. Everything else is empty.
#[derive(Default)]
pub(super) struct Views {
    /// Its number.
    pub(super) action: i32,
    pub(super) state: View,
    pub(super) failure: Option<Error>,
    pub(super) host: View,
    /// Of a daemon of this device.
    pub(super) address: View,
    pub(super) method: View,
    pub(super) target: View,
    pub(super) headers: Vec<(View, View)>,
    pub(super) authorization: View,
    /// For a request that MQTT can carry.
    pub(super) carried: Option<Carried>,
    pub(super) body: Zeroizing<Vec<u8>>,
    /// For the TLS handshake of the request or, once done, with the hub.
    pub(super) certificate: Option<Certificate>,
    pub(super) at_least: u64,
    pub(super) at_most: u64,
    pub(super) tpm_input: Vec<u8>,
    pub(super) key_use: Option<KeyUse>,
    /// Of the registration that is under way.
    pub(super) operation: View,
    pub(super) outcome: OutcomeViews,
}

/// The identity, its MQTT login, and what the provisioning service reported.
#[derive(Default)]
pub(super) struct OutcomeViews {
    pub(super) names: Names,
    pub(super) audience: View,
    pub(super) mqtt_host: View,
    pub(super) client_id: View,
    pub(super) user_name: View,
    pub(super) events_topic: View,
    pub(super) profile: View,
    pub(super) payload: View,
    pub(super) substatus: View,
    pub(super) last_updated: View,
}

/// The constant of an action. One that this interface does not know is a failure, as the header says.
pub(crate) const fn number(action: Action<'_>) -> i32 {
    match action {
        Action::Send(_) => DEFENDERAUTH_ACTION_SEND,
        Action::Ask(_) => DEFENDERAUTH_ACTION_ASK,
        Action::Open(_) => DEFENDERAUTH_ACTION_OPEN,
        Action::Wait(_) => DEFENDERAUTH_ACTION_WAIT,
        Action::Activate(_) => DEFENDERAUTH_ACTION_ACTIVATE,
        Action::Sign(..) => DEFENDERAUTH_ACTION_SIGN,
        Action::Done(_) => DEFENDERAUTH_ACTION_DONE,
        _ => DEFENDERAUTH_ACTION_FAILED,
    }
}

impl Views {
    pub(super) fn of(action: Action<'_>, outcome: Option<&Outcome>, chosen: &Chosen) -> Self {
        Self { action: number(action), ..Self::of_its_data(action, outcome, chosen) }
    }

    fn of_its_data(action: Action<'_>, outcome: Option<&Outcome>, chosen: &Chosen) -> Self {
        match action {
            Action::Send(request) => Self::of_request(request, chosen.user_agent.as_deref()),
            Action::Ask(request) => Self {
                state: View::Static(c"asking a daemon of this device"),
                address: View::of(request.endpoint()),
                method: View::new(request.method()),
                target: View::new(request.target()),
                headers: request.headers().map(|(name, value)| (View::new(name), View::new(value))).collect(),
                body: Zeroizing::new(request.body().to_vec()),
                ..Self::default()
            },
            Action::Open(_) => {
                Self { state: View::Static(c"opening the certificate of this device"), ..Self::default() }
            }
            Action::Wait(wait) => Self {
                state: waiting(&wait),
                at_least: milliseconds(wait.at_least),
                at_most: milliseconds(wait.at_most),
                ..Self::default()
            },
            Action::Activate(blob) => Self {
                state: View::Static(c"activating a key in the TPM"),
                tpm_input: blob.as_bytes().into(),
                key_use: Some(blob.key_use()),
                ..Self::default()
            },
            Action::Sign(key_use, string) => Self {
                state: View::Static(c"signing with the TPM"),
                tpm_input: string.as_bytes().into(),
                key_use: Some(key_use),
                ..Self::default()
            },
            Action::Done(original) => {
                let outcome = outcome.unwrap_or(original);
                Self {
                    state: View::Static(c"done"),
                    certificate: outcome.credential().certificate().cloned().map(Certificate::from),
                    outcome: OutcomeViews::of(outcome, chosen),
                    ..Self::default()
                }
            }
            Action::Failed(error) => Self {
                state: View::Static(c"failed"),
                failure: Some(Error::new(&Failure::from(error))),
                ..Self::default()
            },
            _ => Self {
                state: View::Static(c"failed"),
                failure: Some(Error::new(&Failure::unsupported("the pending action"))),
                ..Self::default()
            },
        }
    }

    fn of_request(request: &Request, user_agent: Option<&str>) -> Self {
        let agent = user_agent.map(|agent| ("user-agent", agent));
        let headers = request.headers().chain(agent);
        Self {
            state: View::Static(match request.operation() {
                Operation::Register => c"registering the device",
                Operation::RegistrationStatus(_) => c"polling the registration status",
                Operation::LookUpRegistration => c"looking up the registration",
                Operation::CreateModule => c"creating the module",
                _ => c"reading the module identity",
            }),
            host: View::of(request.host()),
            method: View::new(request.method()),
            target: View::new(request.target()),
            headers: headers.map(|(name, value)| (View::new(name), View::new(value))).collect(),
            authorization: request.token().map(|token| View::new(token.expose())).unwrap_or_default(),
            carried: Carried::of(request, user_agent),
            body: Zeroizing::new(request.body().to_vec()),
            certificate: request.certificate().cloned().map(Certificate::from),
            ..Self::default()
        }
    }
}

impl OutcomeViews {
    fn of(outcome: &Outcome, chosen: &Chosen) -> Self {
        let login = chosen.login(outcome.identity());
        let record = outcome.registration_state();
        // The resource does not depend on the expiry.
        let audience = match outcome.password(UnixTime::LATEST) {
            Password::Token(token) => View::new(token.resource()),
            Password::Sign(string) => View::new(string.resource().as_str()),
            _ => View::EMPTY,
        };
        Self {
            names: Names::of(outcome.identity()),
            audience,
            mqtt_host: View::of(&login.host),
            client_id: View::new(&login.client_id),
            user_name: View::new(&login.user_name),
            events_topic: View::new(&events_topic(outcome.identity())),
            profile: View::new(outcome.connection_profile().as_str()),
            payload: record.and_then(|it| it.payload.as_ref()).map(|it| View::new(it.as_str())).unwrap_or_default(),
            substatus: record.and_then(|it| it.substatus.as_ref()).map(View::of).unwrap_or_default(),
            last_updated: record.and_then(|it| it.last_updated.as_deref()).map(View::new).unwrap_or_default(),
        }
    }
}

/// The constant of a credential.
pub(super) const fn kind(credential: &Credential) -> i32 {
    match credential {
        Credential::Certificate(_) => crate::code::DEFENDERAUTH_CREDENTIAL_CERTIFICATE,
        Credential::ExternalSigner => crate::code::DEFENDERAUTH_CREDENTIAL_TPM,
        _ => crate::code::DEFENDERAUTH_CREDENTIAL_KEY,
    }
}

#[cfg(feature = "messages")]
fn waiting(wait: &Wait) -> View {
    View::new(&["waiting: ", &wait.reason.to_string()].concat())
}

#[cfg(not(feature = "messages"))]
fn waiting(_: &Wait) -> View {
    View::Static(c"waiting")
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
