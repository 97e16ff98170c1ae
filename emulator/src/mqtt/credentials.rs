//! Renewals of a device's certificate.

use super::{
    issuing_topics::{self, ANSWERS, Placed, REQUEST},
    peer::Client,
    session::{Next, Session},
    topic,
};
use crate::{
    fault::{Fault, Operation},
    hub::Identity,
    issuing::Reply,
    journal::Entry,
    service::credentials,
};
use mqtt_protocol_core::mqtt::packet::{Qos, v3_1_1::Publish};

impl Session<'_> {
    /// Takes a request for a certificate. Without a subscription for its answers there is none.
    pub(super) fn issue(&mut self, client: &Client, publish: &Publish) -> Result<Next, String> {
        let identity = &client.admission.identity;
        if !client.admission.renews {
            return Ok(self.end(identity, "it requested a certificate with an api-version that does not have that"));
        }
        let query = topic::query(publish.topic_name(), REQUEST);
        let Some(rid) = query.and_then(|query| topic::value(query, "$rid")) else { return Ok(Next::Listen) };
        if self.subscriptions.granted(ANSWERS).is_none() {
            self.shared.note(Entry::Unheard { topic: issuing_topics::answer(202, rid, Placed::Nowhere) });
            return Ok(Next::Listen);
        }
        let fault = self.shared.meet(Operation::IssueCertificate, &credentials::request_of(identity));
        let fault = fault.map(as_error);
        if fault == Some(Fault::NoAnswer) {
            return Ok(Next::Listen);
        }
        self.version = match fault {
            Some(Fault::VersionFirst) => Placed::First,
            Some(Fault::VersionLast) => Placed::Last,
            _ => Placed::Nowhere,
        };
        let reply = credentials::ask(self.shared, identity, rid, publish.payload().as_slice(), fault.as_ref());
        if fault == Some(Fault::ResetMidBody) {
            return Ok(Next::Close);
        }
        self.answer_issue(&reply)
    }

    /// Sends the answer that is ready now. Without a subscription for it, it is lost.
    pub(super) fn deliver(&mut self, identity: &Identity) -> Result<Next, String> {
        match credentials::reply(self.shared, identity) {
            Some(reply) => self.answer_issue(&reply),
            None => Ok(Next::Listen),
        }
    }

    fn answer_issue(&mut self, Reply { rid, status, body, .. }: &Reply) -> Result<Next, String> {
        self.publish(&issuing_topics::answer(*status, rid, self.version), body)
    }

    /// Goes on with the client's session, if that is not clean and has a subscription for the answers; otherwise its earlier
    /// request has no answer any more. Returns whether the session is an earlier one.
    pub(super) fn resume(&mut self, identity: &Identity, is_clean: bool) -> bool {
        let mut state = self.shared.seen();
        let owner = identity.to_string();
        if is_clean || !state.subscribed.contains(&owner) {
            state.subscribed.remove(&owner);
            state.operations.lose(&owner);
            return false;
        }
        drop(state);
        self.subscriptions.add(ANSWERS, Qos::AtLeastOnce)
    }
}

/// A status is an error with its first code.
fn as_error(fault: Fault) -> Fault {
    let code = |status: u16| u32::from(status) * 1000 + 1;
    match fault {
        Fault::Status(status) => Fault::ErrorCode { code: code(status), retry_after: None },
        Fault::StatusRetryAfter(status, value) => {
            Fault::ErrorCode { code: code(status), retry_after: value.parse().ok() }
        }
        other => other,
    }
}
