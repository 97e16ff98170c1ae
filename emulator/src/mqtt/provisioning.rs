use super::{
    peer::Peer,
    session::{Next, Session},
    topic,
};
use crate::{
    answer::Ending,
    dps::{Asked, Carrier, Wanted},
    service,
};
use mqtt_protocol_core::mqtt::packet::v3_1_1::Publish;

const REGISTER: &str = "$dps/registrations/PUT/iotdps-register";
const STATUS: &str = "$dps/registrations/GET/iotdps-get-operationstatus";

impl Session<'_> {
    /// Answers a request to the provisioning service.
    pub(super) fn provision(&mut self, publish: &Publish) -> Result<Next, String> {
        let Peer::Dps(registrant) = &self.peer else { return Ok(Next::Listen) };
        let Some((rid, wanted)) = request(publish.topic_name()) else {
            return Err(format!("the provisioning service has no topic {:?}", publish.topic_name()));
        };
        let asked = Asked {
            scope: &registrant.scope,
            registration_id: &registrant.id,
            wanted,
            carrier: Carrier::Mqtt,
            api_version: &registrant.api_version,
            token: registrant.token.as_deref(),
            chain: &registrant.chain,
            body: publish.payload().as_slice(),
        };
        let answer = service::provision(self.shared, &asked);
        self.shared.wait(answer.delay);
        let retry_after = answer.retry_after.as_ref().map(|value| format!("&retry-after={value}")).unwrap_or_default();
        let topic = format!("$dps/registrations/res/{}/?$rid={rid}{retry_after}", answer.status);
        match answer.ending {
            Ending::Whole => self.publish(&topic, &answer.body),
            Ending::Half => self.publish(&topic, answer.half()),
            Ending::HalfAndReset => Ok(Next::Close),
        }
    }
}

/// The request ID and the operation.
fn request(name: &str) -> Option<(&str, Wanted<'_>)> {
    if let Some(query) = topic::query(name, REGISTER) {
        return Some((topic::value(query, "$rid")?, Wanted::Register));
    }
    let query = topic::query(name, STATUS)?;
    Some((topic::value(query, "$rid")?, Wanted::Status(topic::value(query, "operationId")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_from_their_topics() {
        let register = request("$dps/registrations/PUT/iotdps-register/?$rid=7");
        assert_eq!(register, Some(("7", Wanted::Register)));
        let status = request("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=8&operationId=5.a.b");
        assert_eq!(status, Some(("8", Wanted::Status("5.a.b"))));
        for nothing in ["$dps/registrations/PUT/iotdps-register/?", "devices/d/messages/events/", STATUS] {
            assert_eq!(request(nothing), None);
        }
    }
}
