//! Packets that the server acknowledges.

use crate::{EARLY_LIMIT, Error, Session, packets};
use mqtt_protocol_core::mqtt::{
    packet::{Packet, Qos, SubEntry, SubOpts},
    result_code::MqttError,
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
                break Err(self.link.too_many());
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
        let packet = packets::subscribe(self.link.version, entry, id).map_err(unsendable("topic"))?;
        let answered = |answer: &Packet| packets::granted(answer).filter(|(answered, _)| *answered == id);
        let (_, is_granted) = self.exchange(packet, answered)?;
        if !is_granted {
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
        if topic.is_empty() || topic.len() > usize::from(u16::MAX) || topic.contains(['#', '+', '\0']) {
            return Err(Error::Unsendable { field: "topic" });
        }
        let id = match qos {
            Qos::AtMostOnce => None,
            _ => Some(self.link.mqtt.acquire_packet_id().map_err(unsendable("message"))?),
        };
        let packet = packets::publish(self.link.version, topic, payload, id).map_err(unsendable("message"))?;
        Ok((packet, id))
    }
}

#[cfg(feature = "driver")]
impl Session {
    pub(crate) fn unsubscribe(&mut self, topic: &str) -> Result<(), Error> {
        let id = self.link.mqtt.acquire_packet_id().map_err(unsendable("topic"))?;
        let packet = packets::unsubscribe(self.link.version, topic, id).map_err(unsendable("topic"))?;
        self.exchange(packet, |answer| packets::unsubscribed(answer).filter(|answered| *answered == id)).map(drop)
    }

    /// Publishes, and waits for the acknowledgement that `QoS` 1 has.
    pub(crate) fn publish_at(&mut self, topic: &str, payload: &[u8], qos: Qos) -> Result<(), Error> {
        let (packet, id) = self.publication(topic, payload, qos)?;
        if id.is_none() {
            self.link.begin();
            return self.link.send(packet);
        }
        match self.exchange(packet, |it| packets::acknowledged(it).filter(|(answered, _)| Some(*answered) == id))? {
            (_, None) => Ok(()),
            (_, Some(reason)) => Err(Error::NotPublished { place: self.link.place.clone(), reason }),
        }
    }

    /// Sends a PINGREQ, without waiting for the answer.
    pub(crate) fn ping(&mut self) -> Result<(), Error> {
        self.link.begin();
        self.link.send(packets::ping(self.link.version))
    }
}
