//! Packets that the server acknowledges.

use crate::{EARLY_LIMIT, Error, Session};
use mqtt_protocol_core::mqtt::{
    packet::{Packet, Qos, SubEntry, SubOpts, v3_1_1},
    result_code::{MqttError, SubackReturnCode},
};

fn unsendable(field: &'static str) -> impl Fn(MqttError) -> Error {
    move |_| Error::Unsendable { field }
}

impl Session {
    /// Sends a packet and waits for its answer. What arrives meanwhile is kept, also if the connection breaks.
    fn exchange<T>(&mut self, packet: Packet, answer: impl Fn(&Packet) -> Option<T>) -> Result<T, Error> {
        self.link.begin();
        self.link.send(packet)?;
        let mut early = Vec::new();
        let result = loop {
            match self.link.receive() {
                Err(error) => break Err(error),
                Ok(packet) => match answer(&packet) {
                    Some(answer) => break Ok(answer),
                    None => early.push(packet),
                },
            }
            if early.len() > EARLY_LIMIT {
                break Err(self.too_many());
            }
        };
        early.into_iter().rev().for_each(|packet| self.link.inbox.push_front(packet));
        result
    }

    pub(crate) fn subscribe_at(&mut self, topic: &str, qos: Qos) -> Result<(), Error> {
        if topic.is_empty() {
            return Err(Error::Unsendable { field: "topic" });
        }
        let entry = SubEntry::new(topic, SubOpts::new().set_qos(qos)).map_err(unsendable("topic"))?;
        let id = self.link.mqtt.acquire_packet_id().map_err(unsendable("topic"))?;
        let packet = v3_1_1::Subscribe::builder().entries(vec![entry]).packet_id(id).build();
        let codes = self.exchange(packet.map_err(unsendable("topic"))?.into(), |answer| match answer {
            Packet::V3_1_1Suback(answer) if answer.packet_id() == id => Some(answer.return_codes()),
            _ => None,
        })?;
        if codes.contains(&SubackReturnCode::Failure) {
            return Err(Error::NotSubscribed { place: self.link.place.clone(), topic: topic.into() });
        }
        Ok(())
    }

    /// A PUBLISH, and its packet identifier if it is acknowledged.
    pub(crate) fn publication(
        &mut self,
        topic: &str,
        payload: &[u8],
        qos: Qos,
    ) -> Result<(Packet, Option<u16>), Error> {
        // Wildcards are for subscriptions (MQTT 3.1.1, section 4.7.1).
        if topic.is_empty() || topic.contains(['#', '+', '\0']) {
            return Err(Error::Unsendable { field: "topic" });
        }
        let builder = v3_1_1::Publish::builder().topic_name(topic).map_err(unsendable("topic"))?;
        let builder = builder.qos(qos).payload(payload.to_vec());
        let id = match qos {
            Qos::AtMostOnce => None,
            _ => Some(self.link.mqtt.acquire_packet_id().map_err(unsendable("message"))?),
        };
        let builder = match id {
            Some(id) => builder.packet_id(id),
            None => builder,
        };
        Ok((builder.build().map_err(unsendable("message"))?.into(), id))
    }
}

#[cfg(feature = "driver")]
impl Session {
    pub(crate) fn unsubscribe(&mut self, topic: &str) -> Result<(), Error> {
        let id = self.link.mqtt.acquire_packet_id().map_err(unsendable("topic"))?;
        let packet =
            v3_1_1::Unsubscribe::builder().entries([topic]).map_err(unsendable("topic"))?.packet_id(id).build();
        self.exchange(packet.map_err(unsendable("topic"))?.into(), |answer| match answer {
            Packet::V3_1_1Unsuback(answer) if answer.packet_id() == id => Some(()),
            _ => None,
        })
    }

    /// Publishes, and waits for the acknowledgement that `QoS` 1 has.
    pub(crate) fn publish_at(&mut self, topic: &str, payload: &[u8], qos: Qos) -> Result<(), Error> {
        let (packet, id) = self.publication(topic, payload, qos)?;
        if id.is_none() {
            self.link.begin();
            return self.link.send(packet);
        }
        self.exchange(packet, |answer| match answer {
            Packet::V3_1_1Puback(answer) if Some(answer.packet_id()) == id => Some(()),
            _ => None,
        })
    }

    /// Sends a PINGREQ, without waiting for the answer.
    pub(crate) fn ping(&mut self) -> Result<(), Error> {
        self.link.begin();
        self.link.send(v3_1_1::Pingreq::new().into())
    }
}
