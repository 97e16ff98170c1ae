//! What the clients of a hub publish.

use super::{
    issuing_topics,
    peer::Client,
    session::{Next, Session},
};
use crate::{
    fault::{Fault, Operation},
    hub::Identity,
    journal::Entry,
    service::Message,
};
use mqtt_protocol_core::mqtt::packet::{Qos, v3_1_1::Publish};

impl Session<'_> {
    /// Takes a message, or a request for the twin. Anything else ends the connection, as at a hub.
    pub(super) fn published(&mut self, client: &Client, publish: &Publish) -> Result<Next, String> {
        let identity = &client.admission.identity;
        if publish.qos() == Qos::ExactlyOnce {
            return Ok(self.end(identity, "it published at QoS 2, which hubs do not support"));
        }
        let topic = publish.topic_name();
        if let Some(properties) = properties(identity, topic) {
            return self.message(identity, properties, publish);
        }
        if !topic.starts_with("$iothub/") {
            return Ok(self.end(identity, format!("it published to {topic:?}, which is not a topic of its own")));
        }
        self.acknowledge(publish)?;
        if topic.starts_with(issuing_topics::PREFIX) {
            return self.issue(client, publish);
        }
        self.twin_request(identity, publish)
    }

    fn message(&mut self, identity: &Identity, properties: &str, publish: &Publish) -> Result<Next, String> {
        match self.shared.meet(Operation::SendMessage, &format!("send a message from {identity}")) {
            Some(Fault::Stall(time)) => self.shared.wait(time),
            Some(Fault::Status(_) | Fault::StatusRetryAfter(..) | Fault::Truncated | Fault::ResetMidBody) => {
                return Ok(Next::Close);
            }
            _ => {}
        }
        let (properties, payload) = (properties.to_owned(), publish.payload().as_slice().to_vec());
        let bytes = payload.len();
        let message = Message { properties: properties.clone(), payload };
        self.shared.state().messages.add(identity, message);
        // The journal first: a client that has the acknowledgement finds the entry.
        self.shared.note(Entry::Received { identity: identity.to_string(), properties, bytes });
        self.acknowledge(publish)
    }
}

/// The properties in the topic of a message, if it is one of this identity.
fn properties<'a>(identity: &Identity, topic: &'a str) -> Option<&'a str> {
    let rest = topic.strip_prefix("devices/")?.strip_prefix(identity.device.as_str())?;
    let rest = match &identity.module {
        Some(module) => rest.strip_prefix("/modules/")?.strip_prefix(module.as_str())?,
        None => rest,
    };
    let rest = rest.strip_prefix("/messages/events")?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_recognized_by_their_topics() {
        let device = Identity { host: "h".into(), device: "d".into(), module: None };
        let module = Identity { module: Some("m".into()), ..device.clone() };
        assert_eq!(properties(&device, "devices/d/messages/events/a=b%20c&d"), Some("a=b%20c&d"));
        assert_eq!(properties(&device, "devices/d/messages/events"), Some(""));
        assert_eq!(properties(&module, "devices/d/modules/m/messages/events/"), Some(""));
        for other in [
            "devices/d/modules/m/messages/events/",
            "devices/dd/messages/events/",
            "devices/e/messages/events/",
            "devices/d/messages/eventsx",
            "devices/d/messages/devicebound/",
            "/devices/d/messages/events/",
        ] {
            assert_eq!(properties(&device, other), None, "{other}");
        }
        assert_eq!(properties(&module, "devices/d/messages/events/"), None);
    }
}
