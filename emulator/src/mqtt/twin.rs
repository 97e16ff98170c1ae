use super::{
    peer::Peer,
    session::{Next, Session},
    topic,
};
use crate::{
    hub::Identity,
    journal::{Entry, Refusal},
};
use mqtt_protocol_core::mqtt::packet::v3_1_1::Publish;

const GET: &str = "$iothub/twin/GET";
const REPORT: &str = "$iothub/twin/PATCH/properties/reported";

/// Why a client without a twin is disconnected.
const GONE: &str = "it was removed or disabled";

/// The subscription for changes of the desired properties.
pub(super) const DESIRED: &str = "$iothub/twin/PATCH/properties/desired/#";

impl Session<'_> {
    /// Answers a request for a twin. One without a request ID is ignored.
    pub(super) fn twin_request(&mut self, identity: &Identity, publish: &Publish) -> Result<Next, String> {
        let name = publish.topic_name();
        if let Some(rid) = topic::query(name, GET).and_then(|query| topic::value(query, "$rid")) {
            let Some(document) = self.shared.seen().twin_mut(identity).map(|twin| twin.document()) else {
                return Ok(self.end(identity, GONE));
            };
            self.shared.note(Entry::answered(&format!("read the twin of {identity}"), 200, "read"));
            return self.publish(&format!("$iothub/twin/res/200/?$rid={rid}"), &document.to_string());
        }
        if let Some(rid) = topic::query(name, REPORT).and_then(|query| topic::value(query, "$rid")) {
            return self.report(identity, rid, publish.payload().as_slice());
        }
        Ok(Next::Listen)
    }

    fn report(&mut self, identity: &Identity, rid: &str, patch: &[u8]) -> Result<Next, String> {
        let reported = match self.shared.seen().twin_mut(identity) {
            Some(twin) => {
                serde_json::from_slice(patch).map_err(|_| Refusal::Patch).and_then(|patch| twin.report(&patch))
            }
            None => return Ok(self.end(identity, GONE)),
        };
        let request = format!("report to the twin of {identity}");
        let topic = match reported {
            Ok(version) => {
                self.shared.note(Entry::answered(&request, 204, &format!("version {version}")));
                format!("$iothub/twin/res/204/?$rid={rid}&$version={version}")
            }
            Err(reason) => {
                self.shared.note(Entry::denied(&request, 400, reason));
                format!("$iothub/twin/res/400/?$rid={rid}")
            }
        };
        self.publish(&topic, "")
    }

    /// Sends changes of the desired properties from now on.
    pub(super) fn begin_following(&mut self) {
        if let Peer::Hub(client) = &self.peer
            && let Some(twin) = self.shared.seen().twin_mut(&client.admission.identity)
        {
            self.desired = twin.desired_version();
        }
    }

    /// Publishes the changes that the client was not sent. Ends the connection when the identity is removed or disabled.
    pub(super) fn follow_twin(&mut self, identity: &Identity) -> Result<Next, String> {
        let patches = match self.shared.seen().twin_mut(identity) {
            Some(twin) => twin.patches_since(self.desired),
            None => return Ok(self.end(identity, GONE)),
        };
        for (version, patch) in patches {
            self.desired = version;
            let topic = format!("$iothub/twin/PATCH/properties/desired/?$version={version}");
            if self.subscriptions.granted(&topic).is_some() {
                self.publish(&topic, &patch.to_string())?;
            }
        }
        Ok(Next::Listen)
    }
}
