//! What a registration over MQTT needs: the login, the topics, and the answers.

use super::{AGENT, Connect};
use crate::{
    base::encode,
    flow::http::{Operation, Registrant, Request, Response},
};
use alloc::{
    format,
    string::{String, ToString as _},
};

impl Connect {
    /// To the provisioning service, for a request of a registration. `None` when MQTT cannot carry it: a lookup, the
    /// challenge of a TPM, and what is for a hub.
    #[must_use]
    pub fn provisioning(request: &Request) -> Option<Self> {
        Self::provisioning_as(request, AGENT)
    }

    /// The same for a client with a name of its own, such as `contoso-agent/2.1`.
    #[must_use]
    pub fn provisioning_as(request: &Request, user_agent: &str) -> Option<Self> {
        let Registrant { scope, id, version } = carried(request)?;
        let agent = encode::percent(user_agent);
        // No `?` before the query, unlike the hub's.
        let user_name = format!("{scope}/registrations/{id}/api-version={}&ClientVersion={agent}", version.as_str());
        Some(Self { host: request.host().clone(), client_id: id.to_string(), user_name })
    }
}

/// The one subscription that a registration over MQTT requires.
pub const PROVISIONING_ANSWERS: &str = "$dps/registrations/res/#";

/// The topic to publish a request's [`body`](Request::body) to; the number `rid` comes back with the answer. `None` when
/// MQTT cannot carry it.
///
/// Source: `Azure/azure-iot-sdk-c:provisioning_client/src/prov_transport_mqtt_common.c`.
#[must_use]
pub fn provisioning_topic(request: &Request, rid: u32) -> Option<String> {
    carried(request)?;
    match request.operation() {
        Operation::Register => Some(format!("$dps/registrations/PUT/iotdps-register/?$rid={rid}")),
        Operation::RegistrationStatus(id) => {
            let id = id.as_str();
            Some(format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid={rid}&operationId={id}"))
        }
        Operation::LookUpRegistration | Operation::ReadModule | Operation::CreateModule => None,
    }
}

/// An answer of the provisioning service, and the `rid` that it answers. `None` for any other topic, and for an answer whose
/// `rid` is no number.
///
/// ```
/// use defender_auth::mqtt::provisioning_answer;
///
/// let (rid, answer) = provisioning_answer("$dps/registrations/res/202/?$rid=7&retry-after=3", b"{}").unwrap();
/// assert_eq!((rid, answer.status()), (7, 202));
/// assert!(provisioning_answer("$iothub/twin/res/200/?$rid=7", b"{}").is_none());
/// ```
#[must_use]
pub fn provisioning_answer<'a>(topic: &'a str, payload: &'a [u8]) -> Option<(u32, Response<'a>)> {
    let (status, query) = topic.strip_prefix("$dps/registrations/res/")?.split_once("/?")?;
    let status = encode::number(status).filter(|status| (100..600).contains(status))?;
    let mut response = Response::new(status, payload);
    let mut rid = None;
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "$rid" => rid = encode::number(value),
            _ => response = response.header(name, value),
        }
    }
    rid.map(|rid| (rid, response))
}

/// The registrant of a request that MQTT can carry. A TPM's challenge needs a 401 with a body, which MQTT does not have.
fn carried(request: &Request) -> Option<&Registrant> {
    let is_lookup = matches!(request.operation(), Operation::LookUpRegistration);
    request.registrant().filter(|_| !request.is_unproved() && !is_lookup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_digits() {
        let status = |topic: &str| provisioning_answer(topic, b"").map(|(_, answer)| answer.status());
        assert_eq!(status("$dps/registrations/res/202/?$rid=7"), Some(202));
        for topic in ["+202", "-202", "", "99", "600", "65738", "2O2"] {
            assert_eq!(status(&format!("$dps/registrations/res/{topic}/?$rid=7")), None, "{topic}");
        }
    }
}
