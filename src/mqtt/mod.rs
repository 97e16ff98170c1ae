//! What an MQTT client needs to connect to a hub, or to carry a registration: the fields of its CONNECT, topics, and the
//! meaning of a refusal. The library has no client itself; any one can be used.

mod connack;
pub mod presence;
mod presence_payload;
#[cfg(feature = "flows")]
mod provisioning;
mod reason_code;

pub use connack::ConnectRefused;
#[cfg(feature = "flows")]
pub use provisioning::{PROVISIONING_ANSWERS, provisioning_answer, provisioning_topic};
pub use reason_code::ReasonCode;

use crate::{
    base::encode,
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
        Self::to_hub(identity, model_id, user_agent, API_VERSION)
    }

    /// The same with another version of the hub's interface, such as
    /// [`ApiVersion::certificate_renewal`](crate::http::ApiVersion::certificate_renewal).
    #[cfg(feature = "flows")]
    #[must_use]
    pub fn hub_at(identity: &Identity, model_id: Option<&str>, version: &crate::flow::http::ApiVersion) -> Self {
        Self::hub_as_at(identity, model_id, AGENT, version)
    }

    /// The same for a client with a name of its own.
    #[cfg(feature = "flows")]
    #[must_use]
    pub fn hub_as_at(
        identity: &Identity,
        model_id: Option<&str>,
        user_agent: &str,
        version: &crate::flow::http::ApiVersion,
    ) -> Self {
        Self::to_hub(identity, model_id, user_agent, version.as_str())
    }

    fn to_hub(identity: &Identity, model_id: Option<&str>, user_agent: &str, version: &str) -> Self {
        let client_id = match identity.module_id() {
            Some(module) => format!("{}/{module}", identity.device_id()),
            None => identity.device_id().to_string(),
        };
        let agent = encode::percent(user_agent);
        let mut user_name = format!("{}/{client_id}/?api-version={version}&DeviceClientType={agent}", identity.hub());
        if let Some(model) = model_id {
            user_name.push_str("&model-id=");
            encode::percent_into(model, &mut user_name);
        }
        Self { host: identity.endpoint().clone(), client_id, user_name }
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
}
