//! Packets in either version of MQTT: what is sent, and what is read of what arrives.

use defender_auth::mqtt::ReasonCode;
use mqtt_protocol_core::mqtt::{
    Version,
    packet::{Packet, Properties, Property, Qos, SubEntry, v3_1_1, v5_0},
    prelude::PropertyValueAccess as _,
    result_code::{MqttError, SubackReturnCode},
};

pub(crate) fn subscribe(version: Version, entry: SubEntry, id: u16) -> Result<Packet, MqttError> {
    Ok(match version {
        Version::V5_0 => v5_0::Subscribe::builder().entries(vec![entry]).packet_id(id).build()?.into(),
        _ => v3_1_1::Subscribe::builder().entries(vec![entry]).packet_id(id).build()?.into(),
    })
}

#[cfg(feature = "driver")]
pub(crate) fn unsubscribe(version: Version, topic: &str, id: u16) -> Result<Packet, MqttError> {
    Ok(match version {
        Version::V5_0 => v5_0::Unsubscribe::builder().entries([topic])?.packet_id(id).build()?.into(),
        _ => v3_1_1::Unsubscribe::builder().entries([topic])?.packet_id(id).build()?.into(),
    })
}

/// A PUBLISH; with a packet identifier at `QoS` 1, without one at `QoS` 0.
pub(crate) fn publish(version: Version, topic: &str, payload: &[u8], id: Option<u16>) -> Result<Packet, MqttError> {
    let payload = payload.to_vec();
    if version == Version::V5_0 {
        return publish_with(topic, payload, id, Vec::new());
    }
    let builder = v3_1_1::Publish::builder().topic_name(topic)?.payload(payload);
    Ok(match id {
        Some(id) => builder.qos(Qos::AtLeastOnce).packet_id(id).build()?.into(),
        None => builder.qos(Qos::AtMostOnce).build()?.into(),
    })
}

/// A PUBLISH of MQTT 5 with properties.
pub(crate) fn publish_with(
    topic: &str,
    payload: Vec<u8>,
    id: Option<u16>,
    properties: Properties,
) -> Result<Packet, MqttError> {
    let builder = v5_0::Publish::builder().topic_name(topic)?.payload(payload).props(properties);
    Ok(match id {
        Some(id) => builder.qos(Qos::AtLeastOnce).packet_id(id).build()?.into(),
        None => builder.qos(Qos::AtMostOnce).build()?.into(),
    })
}

pub(crate) fn ping(version: Version) -> Packet {
    match version {
        Version::V5_0 => v5_0::Pingreq::new().into(),
        _ => v3_1_1::Pingreq::new().into(),
    }
}

/// A DISCONNECT in order.
pub(crate) fn disconnect(version: Version) -> Result<Packet, MqttError> {
    Ok(match version {
        Version::V5_0 => v5_0::Disconnect::builder().build()?.into(),
        _ => v3_1_1::Disconnect::builder().build()?.into(),
    })
}

/// A message that has arrived.
pub(crate) struct Published<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    /// Of MQTT 5 only.
    pub(crate) properties: &'a [Property],
    qos: Qos,
    id: Option<u16>,
    version: Version,
}

impl<'a> Published<'a> {
    pub(crate) fn of(packet: &'a Packet) -> Option<Self> {
        Some(match packet {
            Packet::V3_1_1Publish(it) => Self {
                topic: it.topic_name(),
                payload: it.payload().as_slice(),
                properties: &[],
                qos: it.qos(),
                id: it.packet_id(),
                version: Version::V3_1_1,
            },
            Packet::V5_0Publish(it) => Self {
                topic: it.topic_name(),
                payload: it.payload().as_slice(),
                properties: it.props(),
                qos: it.qos(),
                id: it.packet_id(),
                version: Version::V5_0,
            },
            _ => return None,
        })
    }

    /// The PUBACK that it requires. An error for `QoS` 2, which nothing is subscribed to at, and for the packet identifier 0.
    pub(crate) fn acknowledgement(&self) -> Result<Option<Packet>, MqttError> {
        match (self.qos, self.id) {
            (Qos::AtMostOnce, _) => Ok(None),
            (Qos::AtLeastOnce, Some(id)) => Ok(Some(match self.version {
                Version::V5_0 => v5_0::Puback::builder().packet_id(id).build()?.into(),
                _ => v3_1_1::Puback::builder().packet_id(id).build()?.into(),
            })),
            _ => Err(MqttError::QosNotSupported),
        }
    }

    /// The value of the first user property of this name.
    pub(crate) fn user_property(&self, name: &str) -> Option<&'a str> {
        let pairs = self.properties.iter().filter_map(Property::as_key_value);
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(crate) fn correlation(&self) -> Option<&'a [u8]> {
        self.properties.iter().find_map(|property| match property {
            Property::CorrelationData(data) => Some(data.val()),
            _ => None,
        })
    }
}

/// The packet identifier of a SUBACK, and whether it grants everything.
pub(crate) fn granted(packet: &Packet) -> Option<(u16, bool)> {
    match packet {
        Packet::V3_1_1Suback(it) => Some((it.packet_id(), !it.return_codes().contains(&SubackReturnCode::Failure))),
        Packet::V5_0Suback(it) => {
            let is_granted = |code: &_| !ReasonCode::new(*code as u8).is_error();
            Some((it.packet_id(), it.reason_codes().iter().all(is_granted)))
        }
        _ => None,
    }
}

/// The packet identifier of an UNSUBACK.
#[cfg(feature = "driver")]
pub(crate) fn unsubscribed(packet: &Packet) -> Option<u16> {
    match packet {
        Packet::V3_1_1Unsuback(it) => Some(it.packet_id()),
        Packet::V5_0Unsuback(it) => Some(it.packet_id()),
        _ => None,
    }
}

/// The packet identifier of a PUBACK, and why the message is rejected, if it is.
#[cfg(feature = "driver")]
pub(crate) fn acknowledged(packet: &Packet) -> Option<(u16, Option<ReasonCode>)> {
    match packet {
        Packet::V3_1_1Puback(it) => Some((it.packet_id(), None)),
        Packet::V5_0Puback(it) => {
            let reason = it.reason_code().map(|code| ReasonCode::new(code as u8));
            Some((it.packet_id(), reason.filter(|reason| reason.is_error())))
        }
        _ => None,
    }
}

/// The reason of a DISCONNECT, which servers of MQTT 5 send.
pub(crate) fn ended(packet: &Packet) -> Option<ReasonCode> {
    match packet {
        Packet::V5_0Disconnect(it) => Some(ReasonCode::new(it.reason_code().map_or(0, |code| code as u8))),
        _ => None,
    }
}
