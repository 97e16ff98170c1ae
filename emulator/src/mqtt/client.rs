//! What ends the connection of a client of a hub.

use super::{
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
        self.shared.note(Entry::Accepted { identity: admission.identity.to_string() });
        Peer::Hub(Client { admission, number })
    }

    /// Sends a client of a hub what it has not requested, or ends its connection.
    pub(super) fn follow(&mut self, client: &Client) -> Result<Next, String> {
        let identity = &client.admission.identity;
        let now = self.shared.clock.now().seconds();
        let standing = self.shared.state().connections.standing(client.number);
        match standing {
            Standing::Replaced => Ok(self.end(identity, "a later connection has the same client ID")),
            Standing::Closing => Ok(self.end(identity, "it was requested")),
            Standing::Open if client.admission.is_expired(now) => Ok(self.end(identity, "its token expired")),
            Standing::Open => Ok(self.follow_twin(identity)?.max(self.deliver(identity)?)),
        }
    }

    /// Ends the connection of a client, and writes the reason to the journal.
    pub(super) fn end(&self, identity: &Identity, reason: impl Into<String>) -> Next {
        self.shared.note(Entry::Ended { identity: identity.to_string(), reason: reason.into() });
        Next::Close
    }

    /// A client that has ended no longer counts as connected.
    pub(super) fn leave(&self) {
        if let Peer::Hub(client) = &self.peer {
            self.keep_session(&client.admission.identity);
            self.shared.state().connections.remove(&client.admission.identity, client.number);
        }
    }
}
