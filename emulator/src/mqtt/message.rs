//! What the clients of a hub publish.

use super::{
    issuing_topics,
    own_topics::{METHOD_ANSWER, may_publish, properties},
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
    /// Takes a message, a request for the twin or for a certificate, or the answer of a method. Anything else ends the connection, as at a hub.
    pub(super) fn published(&mut self, client: &Client, publish: &Publish) -> Result<Next, String> {
        let identity = &client.admission.identity;
        if publish.qos() == Qos::ExactlyOnce {
            return Ok(self.end(identity, "it published at QoS 2, which hubs do not support"));
        }
        let topic = publish.topic_name();
        if let Some(properties) = properties(identity, topic) {
            return self.message(identity, properties, publish);
        }
        if !may_publish(topic) {
            return Ok(self.end(identity, format!("it published to {topic:?}, which is not a topic of its own")));
        }
        self.acknowledge(publish)?;
        if topic.starts_with(issuing_topics::PREFIX) {
            return self.issue(client, publish);
        }
        if let Some(answer) = topic.strip_prefix(METHOD_ANSWER) {
            return Ok(self.answered_method(identity, answer, publish));
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
        let message = Message::new(properties.clone(), payload);
        let now = self.shared.clock.now();
        self.shared.seen().messages.add(identity, message, now);
        // The journal first: a client that has the acknowledgement finds the entry.
        self.shared.note(Entry::Received { identity: identity.to_string(), properties, bytes });
        self.acknowledge(publish)
    }
}
