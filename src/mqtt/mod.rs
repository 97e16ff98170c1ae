//! What an MQTT client needs to connect to a hub, or to carry a registration: the fields of its CONNECT, topics, and the
//! meaning of a refusal. The library has no client itself; any one can be used.

mod connack;

pub use connack::ConnectRefused;

use crate::{
    base::encode,
    flow::http::{Operation, Registrant, Request, Response},
    identity::{HostName, Identity},
};
use alloc::{
    format,
    string::{String, ToString as _},
};

/// The port of MQTT over TLS.
pub const PORT: u16 = 8883;

/// The api-version in the user name, the one that most SDKs send.
const API_VERSION: &str = "2020-09-30";

/// How the library names itself to the hub.
const AGENT: &str = concat!("defender-auth/", env!("CARGO_PKG_VERSION"));

/// Everything in a CONNECT but the password, and where to send it: TLS to [`host`](Self::host), port [`PORT`],
/// MQTT 3.1.1.
///
/// IDs are not percent-encoded here, unlike in a token.
///
/// ```
/// use defender_auth::{identity::Identity, mqtt::Connect};
///
/// let identity = Identity::module("contoso.azure-devices.net".parse()?, "dev-01".parse()?, "m".parse()?);
/// let connect = Connect::hub(&identity, None);
/// assert_eq!(connect.client_id, "dev-01/m");
/// assert!(connect.user_name.starts_with("contoso.azure-devices.net/dev-01/m/?api-version="));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// Source: `Azure/azure-iot-sdk-c:iothub_client/src/iothubtransport_mqtt_common.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connect {
    /// The host to connect to, whose name the server's certificate must have: the gateway if there is one.
    pub host: HostName,
    /// `device` or `device/module`.
    pub client_id: String,
    /// `hub/client id/?api-version=…&DeviceClientType=…`, and the model if one is given.
    pub user_name: String,
}

impl Connect {
    /// To a hub, or to its gateway. `model_id` is that of IoT Plug and Play (`dtmi:…`), if the device
    /// implements one. A field of an MQTT packet has at most 65,535 bytes: a client refuses a longer user name.
    #[must_use]
    pub fn hub(identity: &Identity, model_id: Option<&str>) -> Self {
        Self::hub_as(identity, model_id, AGENT)
    }

    /// The same for a client with a name of its own, such as `contoso-agent/2.1`.
    #[must_use]
    pub fn hub_as(identity: &Identity, model_id: Option<&str>, user_agent: &str) -> Self {
        let client_id = match identity.module_id() {
            Some(module) => format!("{}/{module}", identity.device_id()),
            None => identity.device_id().to_string(),
        };
        let agent = encode::percent(user_agent);
        let mut user_name =
            format!("{}/{client_id}/?api-version={API_VERSION}&DeviceClientType={agent}", identity.hub());
        if let Some(model) = model_id {
            user_name.push_str("&model-id=");
            encode::percent_into(model, &mut user_name);
        }
        Self { host: identity.endpoint().clone(), client_id, user_name }
    }

    /// To the provisioning service, for a request of a registration. `None` when MQTT cannot carry it: a lookup, the
    /// challenge of a TPM, and what is for a hub.
    #[must_use]
    pub fn provisioning(request: &Request) -> Option<Self> {
        let Registrant { scope, id, version } = carried(request)?;
        let agent = encode::percent(AGENT);
        // No `?` before the query, unlike the hub's.
        let user_name = format!("{scope}/registrations/{id}/api-version={}&ClientVersion={agent}", version.as_str());
        Some(Self { host: request.host().clone(), client_id: id.to_string(), user_name })
    }
}

/// The topic that an identity sends its events to (device-to-cloud messages). Properties of a message, percent-encoded and
/// joined by `&`, are appended to it. An ID with a `+` or a `#` in it makes a topic that MQTT does not allow.
///
/// Source: `Azure/azure-iot-sdk-c:iothub_client/src/iothubtransport_mqtt_common.c`.
///
/// ```
/// use defender_auth::{identity::Identity, mqtt::events_topic};
///
/// let device = Identity::device("contoso.azure-devices.net".parse()?, "dev-01".parse()?);
/// assert_eq!(events_topic(&device), "devices/dev-01/messages/events/");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn events_topic(identity: &Identity) -> String {
    match identity.module_id() {
        Some(module) => format!("devices/{}/modules/{module}/messages/events/", identity.device_id()),
        None => format!("devices/{}/messages/events/", identity.device_id()),
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
        Operation::LookUpRegistration | Operation::ReadModule => None,
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
    fn a_device_behind_a_gateway_with_a_model() {
        let identity = Identity::device("h.net".parse().unwrap(), "a+b#".parse().unwrap());
        let connect = Connect::hub(&identity.with_gateway("edge.local".parse().unwrap()), Some("dtmi:a:b;1"));
        assert_eq!(connect.host.as_str(), "edge.local");
        assert_eq!(connect.client_id, "a+b#");
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            connect.user_name,
            format!(
                "h.net/a+b#/?api-version=2020-09-30&DeviceClientType=defender-auth%2F{version}&model-id=dtmi%3Aa%3Ab%3B1"
            )
        );
    }

    #[test]
    fn a_module_sends_its_events_to_a_topic_of_its_own() {
        let identity = Identity::module("h.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap());
        assert_eq!(events_topic(&identity), "devices/d/modules/m/messages/events/");
        let behind = identity.with_gateway("edge.local".parse().unwrap());
        assert_eq!(events_topic(&behind), "devices/d/modules/m/messages/events/");
    }

    #[test]
    fn a_status_is_digits() {
        let status = |topic: &str| provisioning_answer(topic, b"").map(|(_, answer)| answer.status());
        assert_eq!(status("$dps/registrations/res/202/?$rid=7"), Some(202));
        for topic in ["+202", "-202", "", "99", "600", "65738", "2O2"] {
            assert_eq!(status(&format!("$dps/registrations/res/{topic}/?$rid=7")), None, "{topic}");
        }
    }
}
