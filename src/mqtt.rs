//! What an MQTT client needs to know to log in at a hub. Any client does; this library has none.

use crate::{
    encode,
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
/// Ids are not percent-encoded here, unlike in a token.
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
    /// What to connect to, and whose name the server's certificate must bear: the gateway if there is one.
    pub host: HostName,
    /// `device` or `device/module`.
    pub client_id: String,
    /// `hub/client id/?api-version=…&DeviceClientType=…`, and the model if one is given.
    pub user_name: String,
}

impl Connect {
    /// To a hub, or to the gateway before it. `model_id` is that of IoT Plug and Play (`dtmi:…`), if the device
    /// implements one.
    #[must_use]
    pub fn hub(identity: &Identity, model_id: Option<&str>) -> Self {
        let client_id = match identity.module_id() {
            Some(module) => format!("{}/{module}", identity.device_id()),
            None => identity.device_id().to_string(),
        };
        let agent = encode::percent(AGENT);
        let mut user_name =
            format!("{}/{client_id}/?api-version={API_VERSION}&DeviceClientType={agent}", identity.hub());
        if let Some(model) = model_id {
            user_name.push_str("&model-id=");
            encode::percent_into(model, &mut user_name);
        }
        Self { host: identity.endpoint().clone(), client_id, user_name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_behind_a_gateway_with_a_model() {
        let identity = Identity::device("h.net".parse().unwrap(), "a+b#".parse().unwrap());
        let connect = Connect::hub(&identity.through("edge.local".parse().unwrap()), Some("dtmi:a:b;1"));
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
}
