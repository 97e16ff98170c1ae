//! The will of a CONNECT: a message that a hub takes when the connection ends without a DISCONNECT.
//!
//! Source: "Communicate with an IoT hub using the MQTT protocol directly", on the Will message.

use super::own_topics::properties;
use crate::{hub::Identity, journal::Refusal, service::Message};
use mqtt_protocol_core::mqtt::packet::{Qos, v3_1_1::Connect};

/// The property of the message, by which a back end distinguishes it.
const TYPE: &str = "iothub-MessageType=Will";

/// The message of a will, if the CONNECT has one. It is refused for another topic than that of the client's own messages, and
/// with `QoS` 2, as any message is.
pub(super) fn of(connect: &Connect, identity: &Identity) -> Result<Option<Message>, Refusal> {
    let Some(topic) = connect.will_topic() else { return Ok(None) };
    let refused = |fault| Err(Refusal::Will { fault });
    let Some(properties) = properties(identity, topic) else {
        return refused("its topic is not the one of the client's messages");
    };
    if connect.will_qos() == Qos::ExactlyOnce {
        return refused("hubs do not support QoS 2");
    }
    let properties = [properties, TYPE].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
    Ok(Some(Message::new(properties, connect.will_payload().unwrap_or_default().to_vec())))
}
