//! What ends the connection of a client of a hub.

use super::{
    issuing_topics::ANSWERS,
    peer::{Client, Peer},
    session::{Next, Session},
};
use crate::{
    hub::{Admission, Identity},
    journal::Entry,
    service::Standing,
};

impl Session<'_> {
    /// A client of a hub from now on. It replaces an older connection with the same client ID, as MQTT requires.
    pub(super) fn admit(&self, admission: Admission) -> Peer {
        let number = self.shared.state().connections.open(&admission.identity);
        self.shared.identified(admission.identity.to_string());
        self.shared.note(Entry::Accepted { identity: admission.identity.to_string() });
        Peer::Hub(Client { admission, number })
    }

    /// Sends a client of a hub what it has not requested, or ends its connection.
    pub(super) fn follow(&mut self, client: &Client) -> Result<Next, String> {
        let identity = &client.admission.identity;
        if client.admission.is_expired(self.shared.clock.now().seconds()) {
            return Ok(self.end(identity, "its token expired"));
        }
        // A renewal is ready at a time, and everything else after a change.
        let renewal =
            if self.subscriptions.granted(ANSWERS).is_some() { self.deliver(identity)? } else { Next::Listen };
        let changes = self.shared.changes();
        if changes == self.changes {
            return Ok(renewal);
        }
        self.changes = changes;
        let standing = self.shared.seen().connections.standing(client.number);
        match standing {
            Standing::Replaced => Ok(self.end(identity, "a later connection has the same client ID")),
            Standing::Closing => Ok(self.end(identity, "it was requested")),
            Standing::Open => {
                let twin = self.follow_twin(identity)?;
                self.call(identity)?;
                self.bring(identity)?;
                Ok(renewal.max(twin))
            }
        }
    }

    /// Ends the connection of a client, and writes the reason to the journal.
    pub(super) fn end(&self, identity: &Identity, reason: impl Into<String>) -> Next {
        self.shared.note(Entry::Ended { identity: identity.to_string(), reason: reason.into() });
        Next::Close
    }

    /// A client that has ended no longer counts as connected.
    pub(super) fn leave(&mut self) {
        let Peer::Hub(client) = &self.peer else { return };
        let identity = &client.admission.identity;
        self.keep_session(identity);
        let mut state = self.shared.state();
        state.connections.remove(identity, client.number);
        for (_, letter) in std::mem::take(&mut self.letters).into_iter().rev() {
            state.mail.put_back(identity, letter);
        }
        if let Some(will) = self.will.take() {
            let (properties, bytes) = (will.properties.clone(), will.payload.len());
            state.messages.add(identity, will, self.shared.clock.now());
            drop(state);
            self.shared.note(Entry::Received { identity: identity.to_string(), properties, bytes });
        }
    }
}
