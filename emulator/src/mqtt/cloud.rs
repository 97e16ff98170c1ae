//! What a hub sends to its clients on behalf of a back end: direct methods and messages from the cloud.
//!
//! Source: "Communicate with an IoT hub using the MQTT protocol directly".

use super::{
    session::{Next, Session},
    topic,
};
use crate::{hub::Identity, journal::Entry};
use mqtt_protocol_core::mqtt::packet::{Qos, v3_1_1::Publish};
use percent_encoding::percent_decode_str;

impl Session<'_> {
    /// Sends the calls of methods that wait for this client. They wait until it has subscribed.
    pub(super) fn call(&mut self, identity: &Identity) -> Result<(), String> {
        let Some(qos) = self.subscriptions.granted("$iothub/methods/POST/") else { return Ok(()) };
        loop {
            let Some(call) = self.shared.seen().methods.next(identity) else { return Ok(()) };
            let topic = format!("$iothub/methods/POST/{}/?$rid={}", call.name, call.rid);
            self.publish_at(qos, &topic, call.payload.as_bytes())?;
        }
    }

    /// Takes the answer to a method, whose topic has this rest: `status/?$rid=…`. One that nothing waits for is ignored.
    pub(super) fn answered_method(&self, identity: &Identity, rest: &str, publish: &Publish) -> Next {
        let status = rest.split_once("/?").and_then(|(status, query)| {
            let rid = topic::value(query, "$rid")?;
            let rid = percent_decode_str(rid).decode_utf8().ok()?.parse().ok()?;
            Some((status.parse().ok()?, rid))
        });
        let Some((status, rid)) = status else {
            return self.end(identity, "the topic of its answer to a method has no status and `$rid`");
        };
        let taken = self.shared.state().methods.answer(identity, rid, status, publish.payload().as_slice());
        let outcome = if taken { "answered the method" } else { "no call of a method has this `$rid`" };
        self.shared.note(Entry::answered(&format!("method of {identity}"), 200, &format!("{outcome}: {status}")));
        Next::Listen
    }

    /// Sends the messages from the cloud that wait for this client. At `QoS` 1 each waits for its acknowledgement.
    pub(super) fn bring(&mut self, identity: &Identity) -> Result<(), String> {
        let base = format!("devices/{}/messages/devicebound/", identity.device);
        let Some(qos) = self.subscriptions.granted(&base).filter(|_| identity.module.is_none()) else { return Ok(()) };
        while qos == Qos::AtMostOnce || self.letters.len() < IN_FLIGHT {
            let Some(letter) = self.shared.seen().mail.take(identity) else { break };
            let topic = format!("{base}{}", letter.properties(identity));
            if let Some(id) = self.publish_at(qos, &topic, &letter.payload)? {
                self.letters.push((id, letter));
            }
        }
        Ok(())
    }
}

/// How many messages from the cloud may be without an acknowledgement.
const IN_FLIGHT: usize = 16;
